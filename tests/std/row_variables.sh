#!/bin/sh
# Row variables: each row's own gradient and states whatever the batch is, kept, gone on with and measured.
. "${srcdir:-.}/tests/std/std.sh"
cd "$work" || exit 1
"$make" data 200 60 || exit 1

# Every row goes to its label by three updates, one an epoch, in batches of which the last is smaller.
cat >own.crl <<'M'
crl 1
option wide = 30 "rows of a batch"
data digits = mnist
variable z for digits = 0
variable drawn[3] for digits ~ normal(1, 2)
minimize {
  pull = sq(z - digits.label)
  same = sum(stop(drawn))
}
train {
  epochs 3  batch wide
  z, drawn with sgd(lr = 0.1, momentum = 0.5)
}
evaluate on train {
  left = mean(abs(z - SHARE * digits.label), batch)
  middle = mean(drawn, [batch, 0])
  spread_of = mean(sq(drawn - 1), [batch, 0])
}
M
share=$(awk 'BEGIN { z = v = 0; for (k = 1; k <= 3; k++) { v = 0.5 * v + 2 * (z - 1); z -= 0.1 * v }; printf "%.9f", z }')
sed -i "s/SHARE/$share/" own.crl
for wide in 1 30 200; do
  rm -rf own
  "$crlc" own.crl --train --data data --out own --quiet --set wide=$wide >out 2>&1 || { cat out; fail "batches of $wide"; }
  if awk '$1 == "left" { n++; if (!($2 < 1e-5)) bad = 1 } $1 == "middle" { n++; if ($2 < 0.7 || $2 > 1.3) bad = 1 }
    $1 == "spread_of" { n++; if ($2 < 3.2 || $2 > 4.8) bad = 1 } END { exit bad || n != 3 }' out
  then pass; else cat out; fail "rows in batches of $wide"; fi
done

# Predictive sparse decomposition in small, over two stages, the second with other states.
cat >psd.crl <<'M'
crl 1
data digits = mnist
view x = flatten(digits.image) / 255
variable z[16] for digits = 0
param D[16, 784] ~ normal(0, 0.05)
guess = dense(16)
pred = tanh(guess(x))
stage learn {
  minimize solve {
    rec = sum(sq(x - z @ D))
    sparse = sum(abs(z)) weight 0.1
    near = sum(sq(z - pred))
  }
  minimize adapt {
    rec = sum(sq(x - z @ D))
    near = sum(sq(z - pred))
  }
  train {
    epochs 3  batch 50
    z <- pred
    5 times solve: z with adam(lr = 0.05) then z <- max(z, -2)
    adapt: D, guess with sgd(lr = 0.001) then D <- D / spread(sqrt(sum(sq(D), 1)), D)
  }
}
stage read {
  minimize { mean_of = mse(z @ D, x) }
  train { epochs 1  batch 50  keep D  z with sgd(lr = 0.1) }
}
evaluate on train { error = mean(sum(sq(x - z @ D)), batch) }
M
train() { "$crlc" psd.crl --train --data data --quiet --checkpoint-minutes 0 "$@" >out 2>&1 || { cat out; fail "$*"; }; }
train --out one --threads 1
cp out one.out
train --out three --threads 3
last() { ls "$1"/checkpoint-*.crlk | sort -t- -k2n | tail -n 1; }
if cmp "$(last one)" "$(last three)"; then pass; else fail "other results over three threads"; fi
train --out half --threads 1 --stage learn --epochs 1
train --out half --threads 1 --resume
if cmp "$(last one)" "$(last half)"; then pass; else fail "other results of a run that was gone on with"; fi
"$crlc" one --evaluate --data data --quiet >out 2>&1
if grep -q '^error' out && [ "$(grep '^error' out)" = "$(grep '^error' one.out)" ]; then pass; else cat out; fail "measured anew"; fi
"$crlc" one --compute z --split train --to z.csv --data data >out 2>&1 || { cat out; fail "--compute z"; }
if [ "$(wc -l <z.csv)" = 200 ] && [ "$(sort -u z.csv | wc -l)" = 200 ]; then pass; else fail "--compute z"; fi
"$crlc" one --compute pred --to p.csv --data data >out 2>&1 && [ "$(wc -l <p.csv)" = 60 ] && pass || fail "--compute pred"
"$crlc" psd.crl --compute z --to t.csv --data data --out one >out 2>&1
grep -q "E0419.*'z' has a value for each row to train on, and is read for the test split" out && pass || { cat out; fail "z of the test split"; }
for name in z z.adam.m@learn.solve z.sgd.v@read; do
  if grep -aq "\"$name\"" "$(last one)"; then pass; else fail "the checkpoint has no $name"; fi
done
"$crlc" psd.crl --gradcheck --data data >out || fail "gradcheck"
if [ "$(grep -c '^z ' out)" = 3 ] && ! grep -q WRONG out; then pass; else cat out; fail "gradients by rows"; fi
"$crlc" psd.crl --summary --data data | grep -q '^z  *variable  *\[batch, 16\]' && pass || fail "--summary"
finish
