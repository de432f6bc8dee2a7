arguments="pair.crl --train --epochs 99999999999999999999"
