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
variable some for digits = 0
variable drawn[3] for digits ~ normal(1, 2)
minimize {
  pull = sq(z - digits.label)
  partly = sq(some - digits.label) where digits.label < 5
  same = sum(stop(drawn))
}
train {
  epochs 3  batch wide
  z, some, drawn with sgd(lr = 0.1, momentum = 0.5)
}
evaluate on train {
  left = mean(abs(z - SHARE * digits.label), batch)
  left_of_some = mean(abs(some - (if digits.label < 5 then SHARE else 0) * digits.label), batch)
  middle = mean(drawn, [batch, 0])
  spread_of = mean(sq(drawn - 1), [batch, 0])
}
M
share=$(awk 'BEGIN { z = v = 0; for (k = 1; k <= 3; k++) { v = 0.5 * v + 2 * (z - 1); z -= 0.1 * v }; printf "%.9f", z }')
sed -i "s/SHARE/$share/" own.crl
for wide in 1 30 200; do
  rm -rf own
  "$crlc" own.crl --train --data data --out own --quiet --set wide=$wide >out 2>&1 || { cat out; fail "batches of $wide"; }
  if awk '$1 ~ /^left/ { n++; if (!($2 < 1e-5)) bad = 1 } $1 == "middle" { n++; if ($2 < 0.7 || $2 > 1.3) bad = 1 }
    $1 == "spread_of" { n++; if ($2 < 3.2 || $2 > 4.8) bad = 1 } END { exit bad || n != 4 }' out
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

# Rows to test on: values found for them after training, which leaves the weights, states and values of training as they
# are.  A row z goes to label / w by momentum from 1, whatever the batch; the last one is smaller.
cat >held.crl <<'M'
crl 1
option wide = 25 "rows of a batch"
data digits = mnist
variable z for digits = 1
param w = 0.5
state seen = 0
block half(v) {
  state steps = 0
  steps <- steps + 1 + 0 * mean(v, batch)
  return if training then 0 * v else v
}
part = half()
minimize {
  pull = sq(z * w - digits.label) + 0 * part(z)
}
seen <- seen + 1
train {
  epochs 2  batch 50
  z, w with sgd(lr = 0.01)
}
stage find {
  minimize { pull = sq(part(z) * w - digits.label) }
  train on test {
    epochs 3  batch wide  keep w
    z with sgd(lr = 0.1, momentum = 0.5)
  }
}
evaluate {
  weight = w
  seen = seen
  steps = part.steps
  left = mean(sq(z * w - digits.label), batch)
}
evaluate on train { trained = mean(z, batch) }
M
held() { "$crlc" held.crl --train --data data --quiet --checkpoint-minutes 0 "$@" >out 2>&1 || { cat out; fail "held: $*"; }; }
metric() { sed -n '/"name": "'"$2"'"/{n;s/.*"value": \([-0-9.e]*\),.*/\1/p;}' "$1/metrics.json"; }
values() { "$crlc" "$1" --compute z --split "$2" --to "$1.$2.csv" --data data --quiet >out 2>&1 || { cat out; fail "z of $2"; }; }
held --out before --stage train
values before train
for wide in 1 25 60; do
  rm -rf held
  held --out held --set wide=$wide
  values held train
  values held test
  if cmp -s before.train.csv held.train.csv; then pass; else fail "the rows to train on are not as they were"; fi
  # labels of the made-up rows run from 0 to 9, again and again
  if awk -v w="$(metric held weight)" '{ z = 1; v = 0; l = (NR - 1) % 10
      for (k = 0; k < 3; k++) { v = 0.5 * v + 2 * w * (z * w - l); z -= 0.1 * v }
      if (($1 > z ? $1 - z : z - $1) > 1e-5 * (1 + l)) { print NR, $1, z; exit 1 } } END { exit NR != 60 }' held.test.csv
  then pass; else fail "rows to test on in batches of $wide"; fi
  if [ "$(metric held seen) $(metric held steps)" = "8.0 8.0" ]; then pass; else
    fail "states are written: $(metric held seen), $(metric held steps)"
  fi
done
held --out whole
held --out threads --threads 3
held --out parts --stage train
held --out parts --resume --stage find --epochs 1
held --out parts --resume
cmp "$(last whole)" "$(last threads)" && pass || fail "rows to test on over three threads"
cmp "$(last whole)" "$(last parts)" && pass || fail "rows to test on, gone on with"
# Found in a run that was trained without the stage.
sed '/^stage find/,/^}/d; s/^  left = .*/  left = wide/' held.crl >alone.crl
"$crlc" alone.crl --train --data data --out later --quiet >out 2>&1 || { cat out; fail "trained alone"; }
held --out later --resume
values whole test
values later test
if cmp -s whole.test.csv later.test.csv; then pass; else fail "rows to test on, found later"; fi
if grep -aq '"z@test"' "$(last whole)" && "$crlc" whole --evaluate --data data --quiet >out 2>&1; then pass; else fail "z@test"; fi
finish
