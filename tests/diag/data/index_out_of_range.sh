# labels from 0 to 9 as rows of a table of 5: the range and the first index that is none are named
cat >table.crl <<'M'
crl 1
data digits = mnist
param words[5, 3] ~ normal(0, 1)
minimize { size = mean(sq(gather(words, digits.label))) }
train { epochs 1  batch 20  optimizer adam() }
M
arguments="table.crl --train --data data --out run --seed 1 --threads 1"
