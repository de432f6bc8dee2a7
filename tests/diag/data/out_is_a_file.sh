arguments="pair.crl --train --data data --out pair.crl"
