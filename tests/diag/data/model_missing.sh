arguments="absent.crl"
