# For tests of numbers: the values of a model, $model, against the same worked out with awk, in double.
. "${srcdir:-.}/tests/std/std.sh"

# run OPTION...: trains in $work/run.
run() {
  rm -rf "$work/run"
  if ! (cd "$work" && "$crlc" "$model" --train --data data --out run --quiet --threads 1 --log-every 1 "$@") \
    >"$work/out" 2>&1; then
    cat "$work/out"
    fail "training $*"
  fi
}

# value NAME [SPLIT [OPTION...]]: $work/NAME.csv, one row a line.
value() {
  name=$1 split=${2:-test}
  shift $(($# < 2 ? $# : 2))
  (cd "$work" && "$crlc" "$model" --compute "$name" --to "$name.csv" --split "$split" --data data --out run --quiet \
    --threads 1 "$@") || fail "computing $name"
}

# near NAME EXPECTED FOUND: each of two lists of numbers, to 1 in 100,000 and 1e-5.
near() {
  if printf '%s\n%s\n' "$(echo "$2" | tr '\n,' '  ')" "$(echo "$3" | tr '\n,' '  ')" | awk '
    { n[NR] = NF; for (i = 1; i <= NF; i++) v[NR, i] = $i }
    END {
      bad = n[1] != n[2] || !n[1]
      for (i = 1; i <= n[1]; i++) {
        d = v[1, i] - v[2, i]; m = v[1, i] < 0 ? -v[1, i] : v[1, i]
        if (!((d < 0 ? -d : d) <= 1e-5 + 1e-5 * m) || v[2, i] ~ /nan|inf/) bad = 1
      }
      exit bad
    }'; then pass; else fail "$1: expected $(echo "$2" | head -n 3), found $(echo "$3" | head -n 3)"; fi
}

# against FILE: the values that the file names, one a line with its numbers behind it, and the gradients of the model.
against() {
  while read -r name expected; do
    value "$name"
    near "$name" "$expected" "$(cat "$work/$name.csv")"
  done <"$1"
  if "$crlc" "$model" --gradcheck --data "$work/data" >"$work/out" 2>&1; then pass; else
    cat "$work/out"
    fail "gradients of $model"
  fi
}

# check NAME PROGRAM: awk's END { } over the lines of a.csv and b.csv beside each other (p[i], q[i], n rows of 5) against
# the value.
check() {
  value "$1"
  expected=$(awk -F, '
    NR == FNR { for (i = 1; i <= NF; i++) P[FNR, i] = $i; next }
    { for (i = 1; i <= NF; i++) Q[FNR, i] = $i; n = FNR }
    function abs(v) { return v < 0 ? -v : v }
    END { '"$2"' }' "$work/a.csv" "$work/b.csv")
  near "$1" "$expected" "$(cat "$work/$1.csv")"
}
