# an infinity of the data: the column is named
printf 'a,b\n1,2\ninf,3\n' >few.csv
printf 'crl 1\ndata d = table(x = columns(file("few.csv"), "a", "b"))\nenc = dense(2)\nminimize { a = mse(enc(d.x), 1) }\n' >poor.crl
printf 'train { epochs 1  batch 2  optimizer adam }\n' >>poor.crl
arguments="poor.crl --train --out run --seed 1 --threads 1"
