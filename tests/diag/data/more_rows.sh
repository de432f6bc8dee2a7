# the header of the images promises 60000 rows
patch train-images-idx3-ubyte 4 '\000\000\352\140'
