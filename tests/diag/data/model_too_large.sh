dd if=/dev/zero of=large.crl bs=1024 count=9000 2>/dev/null
arguments="large.crl"
