# the last image is cut
patch train-images-idx3-ubyte 4 '\000\000\000\311'
