: >empty.crl
arguments="empty.crl"
