dd if=/dev/zero of=large.crl bs=1024 count=2048 2>/dev/null
arguments="large.crl"
