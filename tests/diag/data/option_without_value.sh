arguments="pair.crl --train --epochs"
