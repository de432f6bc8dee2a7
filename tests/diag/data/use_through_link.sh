# a link that leads out of the model's folder is a way out, too
mkdir model && sed 's,^data,use "part.crl"\ndata,' pair.crl >model/using.crl
printf 'crl 1\n\ndef f(v) = v + nothing\n' >part.crl && ln -s ../part.crl model/part.crl
arguments="model/using.crl"
