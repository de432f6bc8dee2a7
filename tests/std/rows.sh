#!/bin/sh
# Rows as an axis: products, reductions and their gradients against the same worked out with awk.
. "${srcdir:-.}/tests/std/values.sh"
model=$srcdir/tests/std/rows.crl

"$make" "$work/data" 40 30 || exit 1
run
value a
value b
dot='for (r = 1; r <= n; r++) for (q = 1; q <= n; q++) { S[r,q] = 0; for (i = 1; i <= 5; i++) S[r,q] += P[r,i] * Q[q,i] }'
check scores "$dot for (r = 1; r <= n; r++) for (q = 1; q <= n; q++) print S[r,q]"
check own "$dot for (r = 1; r <= n; r++) print S[r,r]"
check own_too "$dot for (r = 1; r <= n; r++) print S[r,r]"
check moments 'for (i = 1; i <= 5; i++) for (j = 1; j <= 5; j++) {
  s = 0; for (r = 1; r <= n; r++) s += P[r,i] * Q[r,j] / n; print s }'
value moments_too
near "a covariance in two ways" "$(cat "$work/moments_too.csv")" "$(cat "$work/moments.csv")"
value turned
near "a product and its transpose" 0 "$(cat "$work/turned.csv")"
check likely "$dot for (r = 1; r <= n; r++) { s = 0; for (q = 1; q <= n; q++) s += exp(S[r,q])
  for (q = 1; q <= n; q++) print S[r,q] - log(s) }"
check columns "$dot for (q = 1; q <= n; q++) { s = 0; for (r = 1; r <= n; r++) s += exp(S[r,q]); print s }"
value level_too
value level
near "a mean of scores" "$(cat "$work/level_too.csv")" "$(cat "$work/level.csv")"
value sides
near "a mean over the batch's axis" "0 0 0 0 0" "$(tr ',' ' ' <"$work/sides.csv")"
value back
near "rows and back" "$(awk 'BEGIN { for (i = 0; i < 30; i++) print "0,0,0,0,0" }')" "$(cat "$work/back.csv")"
value same
near "rows of what no row changes" "2" "$(tr ',' '\n' <"$work/same.csv" | sort -u)"
check spread_out 'for (r = 1; r <= n; r++) { s = 0; for (i = 1; i <= 5; i++) s += P[r,i]; print s }'
# labels of the made-up rows run from 0 to 9, again and again
check kept 'for (r = 1; r <= n; r++) { s = 0
  for (q = 1; q <= n; q++) for (i = 1; (q - 1) % 10 < 6 && i <= 5; i++) s += P[r,i] * P[q,i]; print s }'

if "$crlc" "$model" --gradcheck >"$work/out" 2>&1; then pass; else
  cat "$work/out"
  fail "gradients through rows as an axis"
fi
finish
