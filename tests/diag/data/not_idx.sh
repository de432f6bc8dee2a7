# a text
echo '<html>not found</html>' >data/mnist/train-images-idx3-ubyte
