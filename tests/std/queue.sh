#!/bin/sh
# The queue of rows of earlier batches: a training with it, step by step against the same worked out with awk, whose
# gradient is by differences; the rows that leave, a smaller last batch, rows that lack the value, and going on.
. "${srcdir:-.}/tests/std/values.sh"
cp "$srcdir/tests/std/queue.crl" "$work"
model=queue.crl

# Of each line of the log the value of a term, and the terms number[i] and code[i,j].
terms() { sed 's/"terms"/\n&/; s/[^\n]*\n//' "$work/run/log.jsonl" | grep -o '"[a-z]*\(\[[0-9,]*\]\)*": {"value": [-0-9.e]*' |
  sed 's/"//g; s/: {value://; s/[][,]/ /g'; }

# replay LACKING LEFT: prints the step and what is wrong there, and how many steps and rows it has looked at.
replay() {
  terms | awk -v lacking="$1" -v left="$2" '
    $1 == "contrast" { step++; loss[step] = $2 }
    $1 == "number" { number[step, $2] = $3 }
    $1 == "code" { code[step, $2, $3] = $4 }
    function far(a, b) { return (a > b ? a - b : b - a) > 2e-5 * (1 + (b > 0 ? b : -b)) }
    function product(M, r, i) { return M[i, 0] * sin(r) + M[i, 1] * cos(r) }
    function cosine(a, b, c, d) { return (a * c + b * d) / sqrt(a * a + b * b) / sqrt(c * c + d * d) }
    function contrast(n,    r, q, s, t, e, own, count) { # of the rows R[0..n-1], by W, S and Q
      t = count = 0
      for (q = 0; q < n; q++) {
        r = R[q]
        if (r < lacking) continue
        a = product(W, r, 0); b = product(W, r, 1)
        own = cosine(a, b, product(S, r, 0), product(S, r, 1)) / 0.5
        e = exp(own)
        for (s = 0; s < 7; s++) e += exp(cosine(a, b, Q[s, 0], Q[s, 1]) / 0.5)
        t += log(e) - own
        count++
      }
      return count ? t / count : 0
    }
    END {
      for (i = 0; i < 2; i++) for (j = 0; j < 2; j++) W[i, j] = S[i, j] = i == j
      for (i = 0; i < 7; i++) for (j = 0; j < 2; j++) { Q[i, j] = code[1, i, j]; if (Q[i, j] == 0) print "no draw" }
      for (t = 1; t < step; t++) {
        n = t % 5 ? 5 : left
        for (i = 0; i < n; i++) { R[i] = number[t + 1, i]; rows[R[i]]++ }
        if (far(loss[t], contrast(n))) print "step " t ": the loss is " loss[t] ", not " contrast(n)
        for (i = 0; i < 7; i++) for (j = 0; j < 2; j++)
          if (far(code[t, i, j], Q[i, j])) print "step " t ": code " i " is " code[t, i, j] ", not " Q[i, j]
        for (i = 0; i < 2; i++) for (j = 0; j < 2; j++) {
          w = W[i, j]; W[i, j] = w + 1e-5; up = contrast(n); W[i, j] = w - 1e-5
          G[i, j] = (up - contrast(n)) / 2e-5; W[i, j] = w
        }
        came = 0
        for (i = 0; i < n; i++) if (R[i] >= lacking) {
          N[came, 0] = product(S, R[i], 0); N[came, 1] = product(S, R[i], 1); came++
        }
        for (i = 6; i >= 0; i--) for (j = 0; j < 2; j++) Q[i, j] = i < came ? N[i, j] : Q[i - came, j]
        for (i = 0; i < 2; i++) for (j = 0; j < 2; j++) {
          W[i, j] -= 0.2 * G[i, j]
          S[i, j] = 0.9 * S[i, j] + 0.1 * W[i, j]
        }
      }
      for (r in rows) different++
      print step " steps, " different " rows"
    }'
}

mkdir "$work/data"
run
found=$(replay 0 3)
if [ "$found" = "20 steps, 23 rows" ]; then pass; else fail "with a smaller last batch: $found"; fi
run --set lacking=9 --set rows=25
found=$(replay 9 5)
if [ "$found" = "20 steps, 25 rows" ]; then pass; else fail "where rows lack the code: $found"; fi

# Measuring leaves the queue as training left it, and a batch of more rows than it holds leaves its first.
cp "$work/run/metrics.json" "$work/metrics.json"
(cd "$work" && "$crlc" run --evaluate --quiet >out 2>&1) || fail "measured anew"
if cmp -s "$work/run/metrics.json" "$work/metrics.json"; then pass; else fail "other metrics when measured anew"; fi
run --batch 11 --epochs 2
found=$(terms | awk '$1 == "number" && $2 == 0 { step++ } $1 == "number" && step > 1 && $3 >= 0 && $3 < 23 && $3 == int($3) { row[step, $3]++; n++ }
  END { for (k in row) different++; print step, n, different }')
if [ "$found" = "6 35 35" ]; then pass; else fail "batches of more rows than the queue holds: $found"; fi

# Gone on with within an epoch: the same bits.
train() { (cd "$work" && "$crlc" queue.crl --train --quiet --checkpoint-minutes 0 --log-every 1 "$@") >"$work/out" 2>&1 ||
  { cat "$work/out"; fail "$*"; }; }
last() { ls "$work/$1"/checkpoint-*.crlk | sort -t- -k2n | tail -n 1; }
train --out one --threads 1
train --out three --threads 3
train --out half --epochs 2
train --out half --resume --epochs 4
cmp "$(last one)" "$(last three)" && pass || fail "other results over three threads"
cmp "$(last one)" "$(last half)" && pass || fail "other results of a run that was gone on with"

(cd "$work" && "$crlc" queue.crl --gradcheck >out 2>&1) && pass || { cat "$work/out"; fail "gradients"; }
finish
