arguments="pair.crl --train --epochs 0"
