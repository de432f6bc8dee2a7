# a place where nobody can make a folder
arguments="pair.crl --train --data data --out pair.crl/run"
