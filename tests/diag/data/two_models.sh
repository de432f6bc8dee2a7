arguments="pair.crl pair.crl --train"
