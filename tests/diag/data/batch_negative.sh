arguments="$arguments --batch -1"
