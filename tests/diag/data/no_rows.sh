# the header promises nothing
patch train-labels-idx1-ubyte 4 '\000\000\000\000'
