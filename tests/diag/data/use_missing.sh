sed 's,^data,use "parts/absent.crl"\ndata,' pair.crl >using.crl
arguments="using.crl"
