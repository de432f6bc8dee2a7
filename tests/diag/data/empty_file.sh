# nothing at all
: >data/mnist/t10k-images-idx3-ubyte
