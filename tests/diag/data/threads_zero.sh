arguments="pair.crl --train --threads 0"
