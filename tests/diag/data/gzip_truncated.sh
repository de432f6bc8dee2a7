# compressed data ends early
gzip -n data/mnist/train-labels-idx1-ubyte
dd if=data/mnist/train-labels-idx1-ubyte.gz of=short bs=1 count=30 2>/dev/null
mv short data/mnist/train-labels-idx1-ubyte.gz
