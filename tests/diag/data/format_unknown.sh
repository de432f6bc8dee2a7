arguments="pair.crl --message-format=xml"
