#!/bin/sh
# The bench without its peers: it measures crlc on made-up rows, prints recorded runs as it did, and draws them; and
# the model that it scales is CorrMCNN at its first size.  The parts of a whole run add up.  No time is looked at.
set -u
srcdir=${srcdir:-.} builddir=${builddir:-.}
command -v python3 >/dev/null 2>&1 || { echo "python3 is not here"; exit 77; }
work=$(mktemp -d "$builddir/bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# pass_if NAME CONDITION...
pass_if() {
  name=$1
  shift
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAIL $name: $*"
  fi
}
bench() { python3 -B "$srcdir/bench/bench.py" --build "$builddir" --out "$work" "$@"; }

bench --tables "$srcdir/tests/bench/recorded.json" | grep -v '^plot: ' >"$work/tables"
pass_if "tables of recorded runs" diff "$srcdir/tests/bench/recorded.txt" "$work/tables"
xml="import sys, xml.dom.minidom as x; x.parse(sys.argv[1])"
pass_if "the plot is XML" python3 -c "$xml" "$work/bench-scale.svg"
pass_if "a line for each program and panel" test "$(grep -c '<polyline' "$work/bench-scale.svg")" -eq 12

"$builddir/tests/cli/make_digits" "$work/data" 100 50 || exit 1
bench models --models six_views --no-peers --threads 1 --rounds 1 --seconds 0.1 --data "$work/data" >"$work/out"
pass_if "crlc is measured" grep -qE '^crlc( +[0-9.e-]+){5} +[0-9]+ % +1[.]00 x$' "$work/out"
pass_if "the processor is named" grep -qE '^.+, [0-9]+ processors$' "$work/out"
pass_if "runs are kept" grep -q '"samples_per_s"' "$work/bench.json"

"$builddir/tests/cli/make_digits" "$work/more" 300 120 || exit 1
python3 -B "$srcdir/bench/whole.py" --crlc "$builddir/crlc" --data "$work/more" --epochs 1 >"$work/shares"
for part in data train transfer correlation 'the rest'; do
  pass_if "a share of $part" grep -qE "^$part +[0-9.]+ s +[0-9.]+ %$" "$work/shares"
done
pass_if "shares are of the whole" awk '/ %$/ && / s / { sum += $(NF - 1) } END { exit !(sum > 99 && sum < 101) }' \
  "$work/shares"

work() { "$builddir/crlc" "$1" --plan --batch 100 | grep "^work "; }
pass_if "it scales CorrMCNN" test "$(work "$srcdir/bench/scale.crl")" = "$(work "$srcdir/models/corrmcnn.crl")"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
