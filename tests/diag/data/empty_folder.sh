# a folder for the set, and nothing in it
rm data/mnist/*
