#!/bin/sh
# Rules and schedules of the library against PyTorch 2.13 in double: weights after five updates of tests/std/rules.crl,
# and the rates of 20 steps.  LAMB, which PyTorch has not, is the paper's algorithm written with its tensors.
. "${srcdir:-.}/tests/std/std.sh"
cd "$work" || exit 1

# near NAME EXPECTED FOUND: two lists of numbers, to 2 in 100,000.
near() {
  if printf '%s\n%s\n' "$2" "$3" | awk '
    { n[NR] = NF; for (i = 1; i <= NF; i++) v[NR, i] = $i }
    END {
      bad = n[1] != n[2] || !n[1]
      for (i = 1; i <= n[1]; i++) { d = v[1, i] - v[2, i]; if (!(d * d <= 4e-10)) bad = 1 }
      exit bad
    }'; then pass; else fail "$1: expected $2, found $3"; fi
}

while read -r name expected; do
  set -- --variant "$name"
  [ "$name" = sgd ] && set --
  "$crlc" "$srcdir/tests/std/rules.crl" --train --out "$name" --quiet "$@" >out 2>&1 || { cat out; fail "$name"; }
  found=$(sed -n 's/.*"value": \([0-9.e-]*\),.*/\1/p' "$name/metrics.json" | tr '\n' ' ')
  near "$name" "$expected" "$found"
done <<'N'
sgd 0.5958854 -0.8919337 0.3421903 1.9718407
sgd_decay 0.5894800 -0.8950440 0.3363892 1.9454413
nesterov 0.6203068 -0.8939042 0.3037563 1.8926066
adam 0.9724103 0.0074009 0.0108041 2.3430562
adam_decay 0.9636504 0.0069655 0.0113083 1.8128444
adamw 0.9431084 -0.0068652 -0.0025490 2.2394605
adagrad 0.7781008 0.1959559 0.2027951 2.2980881
adagrad_decay 0.7706846 0.1963602 0.2036528 1.9830033
rmsprop 1.0402335 -0.3060264 -0.2080116 1.7605908
rmsprop_decay 0.9904370 -0.3744157 -0.1919105 1.0449791
clip 0.5979296 -0.7827087 0.3394122 1.9600338
clip_adam 0.8481133 0.0098416 0.0984434 2.1353924
lamb 0.7389456 0.2582970 0.2591258 2.9282000
lamb_decay 0.7212454 0.2532739 0.2539607 2.6353800
N

# rates NAME SCHEDULE EXPECTED: the rates of 20 steps of the schedule, in 5 epochs of 4, as the log has them.
rates() {
  cat >schedule.crl <<M
crl 1
data digits = mnist
view x = flatten(digits.image) / 255
enc = dense(2)
minimize { size = mean(sq(enc(x))) weight 0.001 }
train { epochs 5  batch 50  optimizer sgd(lr = $2) }
M
  "$crlc" schedule.crl --train --data data --out "$1" --quiet --log-every 1 >out 2>&1 || { cat out; fail "$1"; }
  near "$1" "$3" "$(sed -n 's/.*"rates": {"optimizer": \([0-9.e-]*\)}.*/\1/p' "$1/log.jsonl" | tr '\n' ' ')"
}
"$make" data 200 60 || exit 1
rates one_cycle 'one_cycle(0.4)' '0.016000 0.052669 0.148669 0.267331 0.363331 0.400000 0.394986 0.380194 0.356366 0.324698 0.286777 0.244505 0.200001 0.155497 0.113224 0.075303 0.043635 0.019808 0.005016 0.000002'
rates longer 'cosine_restarts(0.4, 1, factor = 2, to = 0.04)' '0.400000 0.347279 0.220000 0.092721 0.400000 0.386298 0.347279 0.288883 0.220000 0.151117 0.092721 0.053702 0.400000 0.396541 0.386298 0.369665 0.347279 0.320003 0.288883 0.255116'
rates again 'cosine_restarts(0.4, 2)' '0.400000 0.384776 0.341421 0.276537 0.200000 0.123463 0.058579 0.015224 0.400000 0.384776 0.341421 0.276537 0.200000 0.123463 0.058579 0.015224 0.400000 0.384776 0.341421 0.276537'
list() { awk "BEGIN { pi = atan2(0, -1); for (n = 1; n <= 20; n++) { e = (n - 1) / 4; print $1 } }" | tr '\n' ' '; }
rates cosine 'cosine_decay(0.4, to = 0.1)' "$(list '0.1 + 0.15 * (1 + cos(pi * n / 20))')"
rates exponential 'exponential_decay(0.4, 0.5)' "$(list '0.4 * 0.5 ^ e')"
rates steps 'step_decay(0.4, 2, factor = 0.1)' "$(list '0.4 * 0.1 ^ int(e / 2)')"
rates warm 'warmup(exponential_decay(0.4, 0.5), 10)' "$(list '0.4 * 0.5 ^ e * (n < 10 ? n / 10 : 1)')"
finish
