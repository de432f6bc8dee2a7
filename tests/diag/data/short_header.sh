# the file ends in its header
printf '\000\000\010\003\000\000' >data/mnist/train-images-idx3-ubyte
