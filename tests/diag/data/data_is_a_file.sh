# --data names a file
rm -r data; echo >data
