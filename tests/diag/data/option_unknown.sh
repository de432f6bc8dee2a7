arguments="pair.crl --train --epcohs 3"
