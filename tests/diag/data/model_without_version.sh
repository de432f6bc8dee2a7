echo 'data digits = mnist' >old.crl
arguments="old.crl"
