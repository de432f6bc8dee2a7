# a batch larger than the data
arguments="$arguments --batch 300"
