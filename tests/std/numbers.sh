#!/bin/sh
# The library's numbers against the same worked out with awk, in double, from the rows of the test.
. "${srcdir:-.}/tests/std/values.sh"
model=$srcdir/tests/std/numbers.crl

"$make" "$work/data" 40 30 || exit 1
run
value a
value b

# ---- units ----
value moments train
near "standardised" "1,1,1,1,1" "$(cat "$work/moments.csv")"
value apart train
near "in any unit" "$(awk '{ print 0 }' "$work/apart.csv")" "$(cat "$work/apart.csv")"
value constant
near "a constant stays one" "0,0,0,0,0" "$(cat "$work/constant.csv")"
value steady
near "training goes on beside it" "$(awk 'BEGIN { for (i = 1; i <= 30; i++) print "0,0,0,0,0" }')" "$(cat "$work/steady.csv")"
value tiny
near "corr in any unit" "0" "$(cat "$work/tiny.csv")"

# ---- losses ----
check squared 'for (r = 1; r <= n; r++) { s = 0; for (i = 1; i <= 5; i++) s += (P[r,i] - Q[r,i]) ^ 2; print s / 5 }'
check absolute 'for (r = 1; r <= n; r++) { s = 0; for (i = 1; i <= 5; i++) s += abs(P[r,i] - Q[r,i]); print s / 5 }'
check binary 'for (r = 1; r <= n; r++) { s = 0
  for (i = 1; i <= 5; i++) s -= Q[r,i] * log(P[r,i]) + (1 - Q[r,i]) * log(1 - P[r,i]); print s }'
check from_logits 'for (r = 1; r <= n; r++) { s = 0
  for (i = 1; i <= 5; i++) { z = 40 * P[r,i] - 20; s += log(1 + exp(-abs(z))) + (z > 0 ? z : 0) - Q[r,i] * z }; print s }'
value certain
near "certain" "80.590478" "$(sort -u "$work/certain.csv")"

# ---- arrays put together and cut apart ----
check stacked 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) { print P[r,i]; print Q[r,i] }'
check backwards 'for (r = 1; r <= n; r++) { for (i = 5; i > 0; i -= 2) print Q[r,i]; for (i = 5; i > 0; i -= 2) print P[r,i] }'
check parts 'for (r = 1; r <= n; r++) { for (i = 3; i <= 5; i++) print P[r,i]; for (i = 1; i <= 2; i++) print P[r,i] }'
check steps_back 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) print i == 5 ? 1 : i == 3 ? 10 : i == 1 ? 100 : 0'
check crossed_all 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) for (k = 0; k < 3; k++)
  print P[r,i] * k + (i == k + 1)'

# ---- gradients as values ----
check slopes 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) print 3 * P[r,i] ^ 2'
check curved 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) print 36 * P[r,i] ^ 3'
value w
check by_weight "w = $(cat "$work/w.csv")"'; s = 0; for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) s += P[r,i]
  print 2 * w * s / n'

# ---- correlations ----
by_coordinate='t = 0; for (i = 1; i <= 5; i++) { mp = mq = pq = pp = qq = 0
    for (r = 1; r <= n; r++) { mp += P[r,i] / n; mq += Q[r,i] / n }
    for (r = 1; r <= n; r++) { p = P[r,i] - mp; q = Q[r,i] - mq; pq += p * q; pp += p * p; qq += q * q }
    t += pq / sqrt(pp * qq) }; print t'
check by_coordinate "$by_coordinate"
check whole 'mp = mq = pq = pp = qq = 0
  for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) { mp += P[r,i] / n / 5; mq += Q[r,i] / n / 5 }
  for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) {
    p = P[r,i] - mp; q = Q[r,i] - mq; pq += p * q; pp += p * p; qq += q * q }
  print pq / sqrt(pp * qq)'
value same
near "a code and itself, scaled and shifted" 5 "$(cat "$work/same.csv")"
value dead
near "a code that does not vary" 0 "$(cat "$work/dead.csv")"

# ---- softmax of logits in the thousands ----
softmax='m = -1e9; for (i = 1; i <= 5; i++) { l[i] = 4000 * P[r,i] - 2000; if (l[i] > m) m = l[i] }'
check logs "for (r = 1; r <= n; r++) { $softmax
  s = 0; for (i = 1; i <= 5; i++) s += exp(l[i] - m); for (i = 1; i <= 5; i++) print l[i] - m - log(s) }"
value shares
near "shares sum to 1" 1 "$(awk '{ printf "%.4f\n", $1 }' "$work/shares.csv" | sort -u)"
check crossed "for (r = 1; r <= n; r++) { $softmax; if (m < 0) m = 0
  s = 5 * exp(-m); for (i = 1; i <= 5; i++) s += exp(l[i] - m); c = (r - 1) % 10 + 1
  print m + log(s) - (c <= 5 ? l[c] : 0) }"

value at_ends
near "logarithms of sums that are infinite" "0,0,0" "$(sort -u "$work/at_ends.csv")"
value slopes_at_ends
near "their gradients" "0,0,0,0,0,0,0,0,0,0" "$(sort -u "$work/slopes_at_ends.csv")"

# ---- functions of one element ----
check error_function 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) { v = 4 * P[r,i] - 2; t = v; s = 0
  for (k = 0; k < 60; k++) { s += t / (2 * k + 1); t *= -v * v / (k + 1) }; print s * 2 / sqrt(atan2(0, -1)) }'
check sines 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) print sin(40 * P[r,i] - 20)'
check cosines 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) print cos(40 * P[r,i] - 20)'

# ---- triangular matrices ----
check product 'for (i = 1; i <= 5; i++) for (j = 1; j <= 5; j++) {
  s = 0; for (r = 1; r <= n; r++) s += P[r,i] * P[r,j] / n; print s + (i == j) / 10 }'
value white
value returned
near "a triangle solved and multiplied" "$(cat "$work/a.csv")" "$(cat "$work/returned.csv")"
value returned_too
near "its transpose solved and multiplied" "$(cat "$work/a.csv")" "$(cat "$work/returned_too.csv")"
value factor
near "what is above the diagonal" "0 0 0 0 0 0 0 0 0 0" "$(tr ',\n' '  ' <"$work/factor.csv" |
  awk '{ for (i = 0; i < 25; i++) if (i % 5 > int(i / 5)) print $(i + 1) }')"
value turned
near "the lower triangle of a symmetric matrix and its transpose" 0 "$(cat "$work/turned.csv")"
check corner 'for (r = 1; r <= n; r++) if (P[r,1] > 0.15) print sqrt(P[r,1] ^ 2 + 0.01); else print "\"\""'
check chosen 'for (r = 1; r <= n; r++) print(P[r,1] > 0.15 ? sqrt(P[r,1] ^ 2 + 0.01) : P[r,1])'
check chosen_slope 'for (r = 1; r <= n; r++) print(P[r,1] > 0.15 ? P[r,1] / sqrt(P[r,1] ^ 2 + 0.01) : 1)'

# ---- batch normalisation: 40 training rows of 392 elements, one channel, three updates ----
value x train
moments() {
  awk -F, '{ for (i = 1; i <= NF; i++) { s += $i; q += $i * $i; n++ } }
    END { m = s / n; v = q / n - m * m; '"$1"' }' "$work/x.csv"
}
value norm.mu
near "the running mean" "$(moments 'print (1 - 0.9 ^ 3) * m')" "$(cat "$work/norm.mu.csv")"
value norm.var
near "the running variance is the unbiased one" \
  "$(moments 'print 0.9 ^ 3 + (1 - 0.9 ^ 3) * v * n / (n - 1)')" "$(cat "$work/norm.var.csv")"
for name in norm.g norm.b empty empty_in_training; do value $name; done
g=$(cat "$work/norm.g.csv") b=$(cat "$work/norm.b.csv")
value normal train
near "in evaluation, by the running statistics" \
  "$(moments "mu = 0.271 * m; var = 0.729 + 0.271 * v * n / (n - 1); print $g * (m - mu) / sqrt(var + 1e-5) + $b")" \
  "$(awk -F, '{ for (i = 1; i <= NF; i++) { s += $i; n++ } } END { print s / n }' "$work/normal.csv")"
value normal_in_training train
near "in training, by the biased variance of the batch" "$(moments "print $b, $g * sqrt(v / (v + 1e-5))")" \
  "$(awk -F, '{ for (i = 1; i <= NF; i++) { s += $i; q += $i * $i; n++ } }
    END { m = s / n; print m, sqrt(q / n - m * m) }' "$work/normal_in_training.csv")"
near "a zero view, in evaluation" "$b" "$(tr ',' '\n' <"$work/empty.csv" | sort -u)"
near "a zero view, in training" "$b" "$(tr ',' '\n' <"$work/empty_in_training.csv" | sort -u)"

# ---- dropout ----
value dropped
value kept
if paste -d, "$work/kept.csv" "$work/dropped.csv" | awk -F, '
  { for (i = 1; i <= 392; i++) {
      n++
      if ($(392 + i) == 0) zero++
      else if ((d = $(392 + i) - $i / 0.75) > 1e-5 || d < -1e-5) bad = 1 } }
  END { share = zero / n; exit bad || n != 30 * 392 || share < 0.23 || share > 0.27 }'; then pass; else
  fail "dropout leaves out a quarter and scales the rest"
fi
value x
near "dropout in evaluation" "$(awk -F, '{ print $1 + 1 }' "$work/x.csv")" "$(cut -d, -f1 "$work/kept.csv")"

# ---- images made different ----
# places: a line l of 14 numbers that count places, read at 6.5 + (1 + a) (p - 6.5) + b (l - 13.5) + d
for name in places level_places; do
  value $name
  if awk -F, -v shear="$([ $name = places ] && echo 0.1 || echo 1e-5)" '
    function at(l, p) { return $(l * 14 + p + 1) }
    function off(x, most) { return x > most || x < -most }
    { a = at(13, 7) - at(13, 6) - 1; b = at(14, 6) - at(13, 6); d = (at(13, 6) + at(14, 7)) / 2 - 6.5
      if (off(a, 0.1) || off(b, shear) || off(d, 1)) bad = 1
      for (l = 0; l < 28; l++)
        for (p = 4; p < 10; p++)
          if (off(at(l, p) - (6.5 + (1 + a) * (p - 6.5) + b * (l - 13.5) + d), 1e-3)) bad = 1
      if (!seen[a "," b "," d]++) rows++ }
    END { exit bad || rows < 30 }' "$work/$name.csv"; then pass; else fail "random_lines reads $name where it says"; fi
done
value where_it_was
value moved_in_evaluation
value stroke_in_evaluation
for name in where_it_was moved_in_evaluation stroke_in_evaluation; do
  near "$name" "$(tr ',' '\n' <"$work/x.csv")" "$(tr ',' '\n' <"$work/$name.csv")"
done
value strokes
if awk -F, '
  function at(y, x) { return $(y * 4 + x + 1) }
  { t = at(1, 0) > 0 ? at(1, 0) : at(2, 1) - 1
    if (t > 0.8 || t < -0.8) bad = 1
    for (y = 0; y < 5; y++)
      for (x = 0; x < 4; x++) {
        inside = y > 0 && y < 4 && x < 3; middle = y == 2 && x == 1
        want = middle ? 1 + (t < 0 ? t : 0) : inside && t > 0 ? t : 0
        if ((e = at(y, x) - want) > 1e-6 || e < -1e-6) bad = 1
      }
    t > 0 ? thick++ : thin++ }
  END { exit bad || thick < 5 || thin < 5 }' "$work/strokes.csv"; then pass; else
  fail "random_dilation draws thicker and thinner"
fi

for name in quarter half_turn along between; do value $name; done
near "a quarter of a turn" "0.000" "$(awk '{ printf "%.3f\n", $1 }' "$work/quarter.csv" | sort -u)"
near "half a turn" "0.000" "$(awk '{ printf "%.3f\n", $1 }' "$work/half_turn.csv" | sort -u)"
near "between four pixels, and outside" "$(sed 's/$/,0/' "$work/along.csv")" "$(cat "$work/between.csv")"

# ---- gradients by a value that is only moved, or made twice ----
for name in by_part by_turned_sign by_scaled at_zero; do value $name; done
pixels() { awk -F, "{ print $1 }" "$work/x.csv" | tr ' ' '\n'; }
near "a gradient by a slice" "$(pixels '1, 2 * $3 + 1, 2 * $4 + 1')" "$(tr ',' '\n' <"$work/by_part.csv")"
near "a gradient by a negative" "$(pixels '1 - 2 * $1, 1 - 2 * $2, 1 - 2 * $3')" \
  "$(tr ',' '\n' <"$work/by_turned_sign.csv")"
near "a gradient by one of two equal values" "$(pixels '1.4 * $1, 1.4 * $2, 1.4 * $3')" \
  "$(tr ',' '\n' <"$work/by_scaled.csv")"
value by_pooled
near "a gradient by what is pooled" 98 "$(sort -u "$work/by_pooled.csv")"
near "elu and leaky_relu at zero" "$(pixels '1, 1, 0.1, 0.1')" "$(tr ',' '\n' <"$work/at_zero.csv")"

# ---- distances far from zero ----
value close
value far
near "distances of what is moved by 1000, to a thousandth" "$(awk '{ printf "%.0f\n", $1 / 10 }' "$work/close.csv")" \
  "$(awk '{ printf "%.0f\n", $1 / 10 }' "$work/far.csv")"

value to_nobody
near "distances to a view that no row has" 0 "$(awk '{ printf "%.3f\n", $1 }' "$work/to_nobody.csv" | sed s/-0.000/0.000/ | sort -u)"

# ---- optimisers: three steps from 0.5 with the gradient 2 (w - 2) ----
weight() {
  rule=$1 steps=$2
  shift 2
  value w test "$@"
  near "$rule" "$(awk "BEGIN { w = 0.5; $steps; print w }")" "$(cat "$work/w.csv")"
}
weight adam 'for (t = 1; t <= 3; t++) { g = 2 * (w - 2); m = 0.9 * m + 0.1 * g; v = 0.999 * v + 0.001 * g * g
  w -= 0.1 * (m / (1 - 0.9 ^ t)) / (sqrt(v / (1 - 0.999 ^ t)) + 1e-8) }'
value slow.u
near "an average follows the updated weight" "$(awk 'BEGIN { s = w = 0.5; for (t = 1; t <= 3; t++) {
  g = 2 * (w - 2); m = 0.9 * m + 0.1 * g; v = 0.999 * v + 0.001 * g * g
  w -= 0.1 * (m / (1 - 0.9 ^ t)) / (sqrt(v / (1 - 0.999 ^ t)) + 1e-8); s = 0.75 * s + 0.25 * w }; print s }')" \
  "$(cat "$work/slow.u.csv")"
near "accuracy" "1" "$(grep -c '"value": 100' "$work/run/metrics.json")"
run --variant sgd
weight sgd 'for (t = 1; t <= 3; t++) { g = 2 * (w - 2); v = 0.9 * v + g; w -= 0.1 * v }' --variant sgd
value wrong test --variant sgd
near "a saturated unit has the gradient 1" "$(awk 'BEGIN { w = 30; for (t = 1; t <= 3; t++) { v = 0.9 * v + 1; w -= 0.1 * v }
  print w }')" "$(cat "$work/wrong.csv")"
run --variant rmsprop
weight rmsprop 'for (t = 1; t <= 3; t++) { g = 2 * (w - 2); v = 0.9 * v + 0.1 * g * g
  w -= 0.1 * g / (sqrt(v) + 1e-8) }' --variant rmsprop

run --variant own
weight "a rule of its own beside adam" \
  'for (t = 1; t <= 3; t++) { g = 2 * (w - 2); v = 0.9 * v + g; w -= 0.1 * v }' --variant own

# ---- schedules: the steps of a weight whose gradient is 1 ----
rates() {
  run --variant "$1"
  near "$1" "$2" "$(sed -n 's/.*"slope": {"value": \([^,]*\),.*/\1/p' "$work/run/log.jsonl")"
}
rates step_decay "$(awk 'BEGIN { for (t = 0; t < 7; t++) { print w; w -= 0.8 * 0.5 ^ int(t / 2) } }' | sed 's/^$/0/')"
rates cosine_decay "$(awk 'BEGIN { pi = atan2(0, -1); w = 0
  for (t = 1; t <= 8; t++) { print w; w -= 0.8 * 0.5 * (1 + cos(pi * t / 8)) } }')"
rates warmup "$(awk 'BEGIN { w = 0; for (t = 1; t <= 6; t++) { print w; w -= 0.8 * (t < 4 ? t / 4 : 1) } }')"
finish
