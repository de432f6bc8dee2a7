# a run directory that is not there
arguments='pair.crl --evaluate --data data --out run'
