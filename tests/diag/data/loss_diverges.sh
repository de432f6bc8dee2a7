# a learning rate far too large
sed 's,adam(lr = rate),sgd(lr = 2e32 * rate),' pair.crl >wild.crl
arguments="wild.crl --train --data data --out run --seed 1 --threads 1"
