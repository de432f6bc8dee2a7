# a label of 10 in row 3
patch train-labels-idx1-ubyte 11 '\012'
