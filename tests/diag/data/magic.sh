# images where labels should be
cp data/mnist/train-images-idx3-ubyte data/mnist/train-labels-idx1-ubyte
