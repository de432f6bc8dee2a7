#!/bin/sh
# `make results`: systems of models/results.json run and measure what their rows name; what is finished is not run again;
# another run in a system's place is refused.  Some run, on made-up rows, in the short form; the rows of all compile, and
# the short form of all is CRL_LONG=1.
. "${srcdir:-.}/tests/std/std.sh"
command -v python3 >/dev/null || { echo "skipped: there is no python3"; exit 77; }

results() { python3 -B "$srcdir/models/results.py" --quick --crlc "$crlc" --runs "$work/runs" --out "$work/page.md" "$@"; }
expect() { if [ "$2" = "$3" ]; then pass; else fail "$1: '$2', not '$3'"; fi; }

some="--only pairs_basic --only pairs_shared --only circle --only vae_mvae" number=4
if [ "${CRL_LONG:-0}" != 0 ]; then some= number=$(grep -c '"system"' "$srcdir/models/results.json"); fi

"$make" "$work/data" 2000 2000 || exit 1
if results --data "$work/data" $some >"$work/out" 2>&1; then pass; else fail "results.py"; cat "$work/out"; fi
expect "systems that ran" "$(grep -c ', seed 1: ' "$work/out")" "$number"
expect "systems on the page" "$(grep -c '^| [A-Za-z]' "$work/page.md")" "$((number + 1))"
if grep -q '^\*\*The short form\*\*' "$work/page.md"; then pass; else fail "the short form is not said to be one"; fi
value=$(sed -n 's/.*"value": \([0-9.]*\),.*/\1/p' "$work/runs/quick-pairs_basic/seed-1/metrics.json")
row="^| Pairs of digits, basic | right, % | [^|]* | $(python3 -c "print('%.4g' % $value)") | 55 | test | 1 |"
if grep -q "$row" "$work/page.md"; then pass; else fail "the page has not the value of the run, $value"; fi

results --data "$work/data" $some >"$work/out" 2>&1
expect "runs of finished systems" "$(grep -c ', seed 1: ' "$work/out")" 0

# Systems that are not run keep their lines, those of another version do not.
cp "$work/page.md" "$work/before.md"
results --only pairs_basic >"$work/out" 2>&1
if cmp -s "$work/page.md" "$work/before.md"; then pass; else fail "a system that was not run lost its lines"; fi
sed -i '/^| Pairs of digits, basic/!s/ s, [^|]* |/ s, some other processor, 64 threads |/' "$work/page.md"
cp "$work/page.md" "$work/before.md"
results --only pairs_basic >"$work/out" 2>&1
if cmp -s "$work/page.md" "$work/before.md" && grep -q ' s, some other processor, 64 threads |' "$work/page.md"; then pass; else
  fail "a system that was measured on another processor lost its lines"
fi
sed -i 's/^Written by .*/Written by another version./' "$work/page.md"
results --only pairs_basic >"$work/out" 2>&1
expect "systems on the page of a new version" "$(grep -c '^| [A-Za-z]' "$work/page.md")" 2

echo '["other.crl"]' >"$work/runs/quick-pairs_basic/seed-1/results-words.json"
if results --only pairs_basic >"$work/out" 2>&1; then fail "another run is taken for the system's"; else pass; fi

python3 -c 'import json, sys
for row in json.load(open(sys.argv[1])): print(row["name"], row["model"], *row.get("options", []))' \
  "$srcdir/models/results.json" | sed "s/ --epochs [0-9]*//" >"$work/rows"
while read -r name model options; do
  if "$crlc" "$srcdir/models/$model" $options --summary >"$work/out" 2>&1; then pass; else
    fail "$name: $model $options"
    cat "$work/out"
  fi
done <"$work/rows"
finish
