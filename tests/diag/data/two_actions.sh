arguments="pair.crl --train --evaluate"
