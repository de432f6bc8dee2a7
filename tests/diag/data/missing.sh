# no data anywhere; the message lists where it looked
rm -r data
