# not compressed, whatever its name says
mv data/mnist/train-images-idx3-ubyte data/mnist/train-images-idx3-ubyte.gz
patch train-images-idx3-ubyte.gz 4 '\000\000\352\140'
