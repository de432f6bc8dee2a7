arguments="data"
