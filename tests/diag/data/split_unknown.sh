arguments="pair.crl --compute h --to h.npy --out run --split tarin"
