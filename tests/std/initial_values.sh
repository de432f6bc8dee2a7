#!/bin/sh
# Initial values against the same worked out with awk from what they are made of.
. "${srcdir:-.}/tests/std/std.sh"
model=$srcdir/tests/std/initial_values.crl
"$make" "$work/data" 40 30 || exit 1

# train MODEL OPTION...: in $work/run.
train() {
  model=$1
  shift
  rm -rf "$work/run"
  (cd "$work" && "$crlc" "$model" --train --data data --out run --quiet --threads 1 --seed 1 "$@") >"$work/out" 2>&1 ||
    { cat "$work/out"; fail "training $*"; }
}

value() { # NAME [SPLIT]: $work/NAME.csv; what has no rows is one line
  (cd "$work" && "$crlc" "$model" --compute "$1" --to "$1.csv" --split "${2:-train}" --data data --out run --quiet \
    --threads 1) >"$work/out" 2>&1 || { cat "$work/out"; fail "computing $1"; }
}

# near WHAT PROGRAM FILE...: awk's program over the files must print nothing, and the first file be there.
near() {
  what=$1 program=$2
  shift 2
  found=$(cd "$work" && awk -F, 'function abs(v) { return v < 0 ? -v : v }
    function far(a, b) { return !(abs(a - b) <= 1e-4 * (1 + abs(b))) } '"$program" "$@") || found=broken
  if [ -z "$found" ] && [ -s "$work/$1" ]; then pass; else fail "$what: $(echo "$found" | head -n 3)"; fi
}

# Nothing moves.
sed 's/lr = 0.01/lr = 0/' "$model" >"$work/still.crl"
train "$work/still.crl"
for name in V g R teacher enc.W x u t spread_of_x U; do value $name; done

near 'norms of rows' 'NR == FNR { for (i = 1; i <= NF; i++) s[int((i - 1) / 392) + 1] += $i * $i; next }
  { for (i = 1; i <= 10; i++) if (far($i, sqrt(s[i]))) print i, $i, sqrt(s[i]) }' V.csv g.csv
near 'twice a draw' 'NR == FNR { for (i = 1; i <= NF; i++) v[FNR, i] = $i; next }
  { for (i = 1; i <= NF; i++) if (far($i, 2 * v[FNR, i]) || $i == 0) print $i }' V.csv R.csv
near 'a teacher that starts as its pupil' 'NR == FNR { for (i = 1; i <= NF; i++) v[FNR, i] = $i; next }
  { for (i = 1; i <= NF; i++) if ($i != v[FNR, i]) print $i }' enc.W.csv teacher.csv
near 'over the training split' 'NR == FNR { for (i = 1; i <= NF; i++) s += $i * $i; n += NF; next }
  far($1, sqrt(s / n)) { print $1, sqrt(s / n) }' x.csv spread_of_x.csv
for name in u t; do
  near "mean 0 and deviation 1 of $name" '{ for (i = 1; i <= NF; i++) { s[i] += $i; q[i] += $i * $i } n = NF }
    END { for (i = 1; i <= n; i++) if (far(s[i] / NR, 0) || far(q[i] / NR, 1)) print i, s[i] / NR, q[i] / NR }' $name.csv
done

# An unrolled stack: U is what 'pre' has made of enc.W, not what it was before.
cp "$work/enc.W.csv" "$work/before.csv"
sed '/^stage fine/,$ s/lr = 0.01/lr = 0/' "$srcdir/tests/std/initial_values.crl" >"$work/stack.crl"
train "$work/stack.crl"
for name in enc.W U; do value $name; done
near 'a later stage reads what an earlier one trained' 'NR == FNR { for (i = 1; i <= NF; i++) v[i - 1] = $i; next }
  { for (i = 0; i < NF; i++) if ($(i + 1) != v[(i % 20) * 392 + int(i / 20)]) print $(i + 1) }' enc.W.csv U.csv
grep -q '"stage": "fine".*"apart": {"value": 0[,.}]' "$work/run/log.jsonl" && pass || fail "a stage's own weight starts elsewhere"
cmp -s "$work/before.csv" "$work/enc.W.csv" && fail "'pre' has trained nothing" || pass

# One stage after the other in two runs gives what one run gives.
model=$srcdir/tests/std/initial_values.crl
train "$model"
value U && mv "$work/U.csv" "$work/whole.csv"
train "$model" --stage pre
(cd "$work" && "$crlc" "$model" --train --stage fine --resume --data data --out run --quiet --threads 1) >"$work/out" 2>&1 ||
  { cat "$work/out"; fail 'going on with --stage fine'; }
value U
cmp -s "$work/whole.csv" "$work/U.csv" && pass || fail 'stages trained by two runs differ from those of one'
finish
