# a byte inside compressed data is another one
gzip -n data/mnist/train-images-idx3-ubyte
patch train-images-idx3-ubyte.gz 2000 'XYZ'
