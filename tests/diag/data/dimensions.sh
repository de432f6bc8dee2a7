# images of 28 x 27
patch train-images-idx3-ubyte 12 '\000\000\000\033'
