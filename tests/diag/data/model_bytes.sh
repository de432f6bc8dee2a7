printf '\000\000\010\003' >bytes.crl
arguments="bytes.crl"
