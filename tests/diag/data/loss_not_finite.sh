# the logarithm of negative numbers in one layer: it and the loss term are named
sed 's,^left .*,block risky(out)(v) { v -> dense(out) -> sq -> negative -> log }\ndef negative(v) = 0 - v\nleft = risky(width),' \
  pair.crl >poor.crl
arguments="poor.crl --train --data data --out run --seed 1 --threads 1"
