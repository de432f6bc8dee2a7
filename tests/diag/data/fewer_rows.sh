# bytes after the last row that the header promises
patch train-images-idx3-ubyte 4 '\000\000\000\307'
