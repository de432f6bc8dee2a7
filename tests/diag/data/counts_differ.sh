# 60 labels for 200 images
cp data/mnist/t10k-labels-idx1-ubyte data/mnist/train-labels-idx1-ubyte
