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

# ---- a row's own matrices ----
value query
value key
both() { # NAME PROGRAM: as check, with q[r, i, j] and k[r, i, j] of four rows and three columns
  value "$1"
  expected=$(awk -F, 'NR == FNR { for (i = 0; i < 12; i++) Q[FNR, int(i / 3), i % 3] = $(i + 1); next }
    { for (i = 0; i < 12; i++) K[FNR, int(i / 3), i % 3] = $(i + 1); n = FNR }
    END { for (r = 1; r <= n; r++) { '"$2"' } }' "$work/query.csv" "$work/key.csv")
  near "$1" "$expected" "$(cat "$work/$1.csv")"
}
both attended 'for (i = 0; i < 4; i++) { t = 0
  for (j = 0; j < 4; j++) { s = 0; for (c = 0; c < 3; c++) s += Q[r,i,c] * K[r,j,c]; w[j] = exp(s / sqrt(3)); t += w[j] }
  for (c = 0; c < 3; c++) { s = 0; for (j = 0; j < 4; j++) s += w[j] / t * K[r,j,c]; print s } }'
both by_heads 'for (h = 0; h < 2; h++) for (i = 0; i < 2; i++) for (j = 0; j < 2; j++) { s = 0
  for (c = 0; c < 3; c++) { x = i * 6 + h * 3 + c; y = j * 6 + h * 3 + c
    s += Q[r,int(x / 3),x % 3] * K[r,int(y / 3),y % 3] }; print s }'
both soft 'for (c = 0; c < 3; c++) { s = 0; for (i = 0; i < 4; i++) s += exp(Q[r,i,c]); print log(s) }'
both spread_within 'for (i = 0; i < 4; i++) { m = q = 0
  for (c = 0; c < 3; c++) { m += Q[r,i,c] / 3; q += Q[r,i,c] ^ 2 / 3 }; print q - m * m }'
value seen
near "a matrix times a vector of its row" "$(paste -d, "$work/query.csv" "$work/b.csv" | awk -F, '{
  for (i = 0; i < 4; i++) print $(3 * i + 1) * $13 + $(3 * i + 2) * $14 + $(3 * i + 3) * $15 }')" "$(cat "$work/seen.csv")"
value mixed
near "a vector times a matrix of its row" "$(paste -d, "$work/query.csv" "$work/a.csv" | awk -F, '{
  for (c = 1; c <= 3; c++) print $c * $13 + $(c + 3) * $14 + $(c + 6) * $15 + $(c + 9) * $16 }')" "$(cat "$work/mixed.csv")"

# ---- another row ----
check next 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) print P[r % n + 1,i]'
check turned_round 'for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) print P[r,(i + 2) % 5 + 1]'
value drawn
near "each row once" "$(sort "$work/a.csv")" "$(sort "$work/drawn.csv")"
if cmp -s "$work/a.csv" "$work/drawn.csv"; then fail "rows are not in a drawn order"; else pass; fi

# ---- the largest, orders, indices ----
sorted='for (i = 1; i <= 5; i++) s[i] = P[r,i]
  for (i = 1; i <= 5; i++) for (k = i + 1; k <= 5; k++) if (s[k] < s[i]) { t = s[i]; s[i] = s[k]; s[k] = t }'
check top "for (r = 1; r <= n; r++) { $sorted; print s[5]; print s[4] }"
check low "for (r = 1; r <= n; r++) { $sorted; print s[1] }"
check rising "for (r = 1; r <= n; r++) { $sorted; for (i = 1; i <= 5; i++) print s[i] }"
check most 'for (i = 1; i <= 5; i++) { m = P[1,i]; for (r = 1; r <= n; r++) if (P[r,i] > m) m = P[r,i]; print m }'
check first_six 'for (i = 1; i <= 5; i++) { m = P[1,i]
  for (r = 1; r <= n; r++) if (P[r,i] > m && (r - 1) % 10 < 6) m = P[r,i]; print m }'
check least 'm = P[1,1]; for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) if (P[r,i] < m) m = P[r,i]; print m'
check where_low 'for (r = 1; r <= n; r++) { b = 1; for (i = 2; i <= 5; i++) if (P[r,i] < P[r,b]) b = i; print b - 1 }'
check totals 'for (r = 1; r <= n; r++) { s = 0; for (i = 1; i <= 5; i++) { s += P[r,i]; print s } }'
value looked_up
value looked_up_too
near "rows of a table" "$(cat "$work/looked_up_too.csv")" "$(cat "$work/looked_up.csv")"

# ---- functions ----
check soft_over_rows 'for (i = 1; i <= 5; i++) { s = 0; for (r = 1; r <= n; r++) s += exp(P[r,i]); print log(s) }'
check spread_of 'for (i = 1; i <= 5; i++) { m = q = 0
  for (r = 1; r <= n; r++) { m += P[r,i] / n; q += P[r,i] ^ 2 / n }; print q - m * m }'
lengths='a = b = c = 0; for (i = 1; i <= 5; i++) { a += P[r,i] ^ 2; b += Q[r,i] ^ 2; c += P[r,i] * Q[r,i] }'
check long "for (r = 1; r <= n; r++) { $lengths; print sqrt(a) }"
check angle "for (r = 1; r <= n; r++) { $lengths; print c / sqrt((a + 1e-12) * (b + 1e-12)) }"
each() { check "$1" "for (r = 1; r <= n; r++) for (i = 1; i <= 5; i++) { v = 8 * P[r,i] - 4; $2 }"; }
each kept_between 'p = P[r,i]; print (p < 0.2 ? 0.2 : p > 0.4 ? 0.4 : p)'
each smooth 't = x = v / sqrt(2); s = 0
  for (k = 0; k < 80; k++) { s += t / (2 * k + 1); t *= -x * x / (k + 1) }; print v * (0.5 + s / sqrt(atan2(0, -1)))'
each swished 'print v / (1 + exp(-v))'
each leaking 'print (v > 0 ? v : 0.01 * v)'
each exponential 'print (v > 0 ? v : exp(v) - 1)'
each soft_sign 'print v / (1 + abs(v))'

if "$crlc" "$model" --gradcheck >"$work/out" 2>&1; then pass; else
  cat "$work/out"
  fail "gradients through rows as an axis"
fi
finish
