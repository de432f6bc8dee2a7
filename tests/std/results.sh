#!/bin/sh
# `make results`: every system of models/results.json runs and measures what its row names; what is finished is not run
# again; another run in a system's place is refused.  On made-up rows, in the short form.
. "${srcdir:-.}/tests/std/std.sh"
command -v python3 >/dev/null || { echo "skipped: there is no python3"; exit 77; }

results() { python3 -B "$srcdir/models/results.py" --quick --crlc "$crlc" --runs "$work/runs" --out "$work/page.md" "$@"; }
expect() { if [ "$2" = "$3" ]; then pass; else fail "$1: '$2', not '$3'"; fi; }

"$make" "$work/data" 2000 2000 || exit 1
if results --data "$work/data" >"$work/out" 2>&1; then pass; else fail "results.py"; cat "$work/out"; fi
systems=$(grep -c '"system"' "$srcdir/models/results.json")
expect "systems that ran" "$(grep -c ', seed 1: ' "$work/out")" "$systems"
expect "systems on the page" "$(grep -c '^| [A-Za-z]' "$work/page.md")" "$((systems + 1))"
grep -q '^\*\*The short form\*\*' "$work/page.md" && pass || fail "the short form is not said to be one"
value=$(sed -n 's/.*"value": \([0-9.]*\),.*/\1/p' "$work/runs/quick-pairs_basic/seed-1/metrics.json")
grep -q "^| Pairs of digits, basic | right, % | [^|]* | $(printf '%.4g' "$value") | 55 | test | 1 |" "$work/page.md" &&
  pass || fail "the page has not the value of the run, $value"
results --data "$work/data" --only pairs >"$work/out" 2>&1
expect "runs of finished systems" "$(grep -c ', seed 1: ' "$work/out")" 0
echo '["other.crl"]' >"$work/runs/quick-pairs_basic/seed-1/results-words.json"
results --only pairs_basic >"$work/out" 2>&1 && fail "another run is taken for the system's" || pass
finish
