# three of four files
rm data/mnist/train-labels-idx1-ubyte
