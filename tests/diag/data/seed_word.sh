arguments="pair.crl --train --seed x"
