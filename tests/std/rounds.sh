#!/bin/sh
# Losses that take turns in a round: against the same worked out with awk, over threads, and stopped and gone on with.
. "${srcdir:-.}/tests/std/std.sh"
cd "$work" || exit 1
"$make" data 200 60 || exit 1

# Without data a step is a round.  The rule reads the clocks, which are those of the turn.
cat >turns.crl <<'M'
crl 1
rule counted(lr = 0.1)(p, grad) { p <- p - lr * grad + 0.001 * updates / steps }
param a = 0
param b = 2
state s = 0
minimize solve {
  gap = sq(a - b)
  size = sq(a) weight 0.5
}
maximize adapt { gap = -sq(b - a - 1) }
s <- s + a
train {
  epochs 4  batch 1
  3 times solve: a with counted(lr = 0.1)
  adapt: b with sgd(0.25) then b <- min(b, 1.5)
  a <- a + 0.125
}
evaluate {
  last_a = a
  last_b = b
  sum = s
}
M
expected=$(awk 'BEGIN {
  a = 0; b = 2; s = 0; updates = 0
  for (round = 1; round <= 4; round++) {
    for (turn = 1; turn <= 3; turn++) a = a - 0.1 * (2 * (a - b) + a) + 0.001 * ++updates / 12
    b = b - 0.25 * 2 * (b - a - 1)
    if (b > 1.5) b = 1.5
    a += 0.125
    s += a
  }
  printf "%.5f %.5f %.5f", a, b, s }')
"$crlc" turns.crl --train --out turns --quiet --log-every 1 >out || fail "rounds without data"
found=$(sed -n 's/.*"value": \([0-9.e-]*\),.*/\1/p' turns/metrics.json | awk '{ printf("%s%.5f", (NR > 1 ? " " : ""), $1) }')
if [ "$expected" = "$found" ]; then pass; else fail "rounds: expected $expected, found $found"; fi
# A term is logged by the name of its loss, with the value of the last turn: of the first round, a after two turns.
first=$(awk 'BEGIN { a = 0; b = 2; for (k = 1; k <= 2; k++) a = a - 0.1 * (2 * (a - b) + a) + 0.001 * k / 12
  printf "%.5f", (a - b) ^ 2 }')
value=$(sed -n '1s/.*"solve.gap": {"value": \([0-9.e-]*\).*/\1/p' turns/log.jsonl | awk '{ printf "%.5f", $1 }')
if [ "$first" = "$value" ]; then pass; else fail "solve.gap in the log: expected $first, found $value"; fi
if grep -q '"adapt.gap"' turns/log.jsonl; then pass; else fail "adapt.gap is not in the log"; fi
"$crlc" turns.crl --summary >out
if grep -q '^  in a round: 3 times solve, 1 time adapt and writes, 1 time writes' out; then pass; else
  fail "the summary has no round"
fi

# Two networks against each other, of data and draws, with running statistics and a frozen one.
cat >two.crl <<'M'
crl 1
data digits = mnist
view x = digits.image[:, :14, :14] / 255
first = dense(12)
make = dense(12) -> batchnorm -> relu -> dense(12)
judge = dense(8) -> relu -> dense(1)
stage before {
  minimize { size = mean(sq(first(flatten(x)) - 1)) }
  train { epochs 1  batch 50  optimizer adam() }
}
code = first(flatten(x))
e ~ normal(0, 1, like = code[:6])
fake = make(e)
stage play {
  minimize critic {
    real = bce_logits(judge(code), 1)
    made = bce_logits(judge(fake), 0)
  }
  minimize maker { fooled = bce_logits(judge(fake), 1) }
  train {
    epochs 4  batch 50  keep first
    2 times critic: judge with adam(lr = 0.01)
    maker: make with sgd(lr = 0.1, momentum = 0.9)
  }
}
evaluate { right = mean(judge(code)[0] > 0, batch) }
M
train() { "$crlc" two.crl --train --data data --quiet --checkpoint-minutes 0 "$@" >out 2>&1 || { cat out; fail "$*"; }; }
train --out one --threads 1
train --out three --threads 3
last() { ls "$1"/checkpoint-*.crlk | sort -t- -k2n | tail -n 1; }
if cmp "$(last one)" "$(last three)"; then pass; else fail "other results over three threads"; fi
train --out half --threads 1 --stage before
train --out half --resume --stage play --epochs 2
train --out half --resume --stage play
if cmp "$(last one)" "$(last half)"; then pass; else fail "other results of a run that was gone on with"; fi
cut_seconds() { sed 's/"samples_per_s".*//' "$1/log.jsonl"; }
cut_seconds one >one.log
cut_seconds half >half.log
if cmp one.log half.log; then pass; else fail "another log of a run that was gone on with"; fi
"$crlc" two.crl --gradcheck --data data >out || fail "gradcheck"
if [ "$(grep -c '^stage play, ' out)" = 2 ] && ! grep -q 'WRONG' out; then pass; else
  cat out
  fail "the gradients of two losses"
fi
for name in make.dense1.W.sgd.v@play.maker judge.dense1.W.adam.m@play.critic; do
  if grep -aq "$name" "$(last one)"; then pass; else fail "the checkpoint has no $name"; fi
done
"$crlc" two.crl --plan --stage play --data data >out
if grep -q '^critic, 2 times a round:' out && grep -q '^maker, 1 time a round:' out; then pass; else fail "--plan"; fi
# What the frozen instance makes is computed once, for both losses.
if ! grep -q '  first$' out; then pass; else fail "the frozen instance is applied in every round"; fi

# One loss, with what follows its update.
cat >unit.crl <<'M'
crl 1
data digits = mnist
view x = flatten(digits.image) / 255
enc = dense(5)
minimize { rebuilt = mse(enc(x) @ enc.W, x) }
train { epochs 1  batch 50  optimizer adam() then enc.W <- enc.W / spread(sqrt(sum(sq(enc.W), 1)), enc.W) }
evaluate {
  first = sum(sq(enc.W[0]))
  last = sum(sq(enc.W[-1]))
}
M
"$crlc" unit.crl --train --data data --out unit --quiet >out || { cat out; fail "a weight of unit rows"; }
if awk '$1 == "first" || $1 == "last" { n++; if ($2 < 0.9999 || $2 > 1.0001) bad = 1 } END { exit bad || n != 2 }' out
then pass; else cat out; fail "rows are not of length 1"; fi
finish
