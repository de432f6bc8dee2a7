#!/bin/sh
# CorrMCNN's loss terms, step by step, against those of the same model in PyTorch from the same weights and batches
# (corrmcnn_twin.py says how and why): in single precision 20 steps at a very low rate, in double the first steps at
# the model's own.  With CRL_LONG=1 also 20 steps in double as the model trains, in batches of 100; that takes some
# minutes.
#
# How close two programs in single precision stay is up to the order in which a processor's kernels add: Adam divides
# a gradient that is nearly zero by its own size, so a rounding error may turn the sign of a whole update, and a tie in
# a pooling window or a unit at zero then changes sides.  Over the first five steps all terms agree to some 2e-6; then
# the correlations (L6, L7), which divide by the spread of units that hardly fire, part by up to some 3e-4, as PyTorch's
# single precision parts from its double.  In five steps the updates move the terms by percents, the
# correlations by more than all of their size, so 1e-4 there tells a wrong gradient or update; 5e-3 over all steps is
# room for any order of adding.  What is exact is checked in double.
set -u
srcdir=${srcdir:-.} builddir=${builddir:-.}
here=$srcdir/tests/reference
model=$srcdir/models/corrmcnn.crl
vectors=$here/corrmcnn_20_steps.json
command -v python3 >/dev/null || { echo "python3 is not there, which makes the data and compares"; exit 77; }
work=$(mktemp -d "$builddir/reference.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# agree RUN LOG STEPS TOLERANCE
agree() {
  if python3 "$here/compare_terms.py" "$vectors" "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAIL $1: a term of the first $3 steps is not within $4 of PyTorch's"
  fi
}

# in_double RUN BATCH STEPS TOLERANCE
in_double() {
  "$builddir/tests/reference/terms_in_double" "$model" "$work/data" 3 "$2" "$3" drop=0 summed=false >"$work/$1.jsonl"
  agree "$1" "$work/$1.jsonl" "$3" "$4"
}

python3 -B "$here/blobs.py" "$work/data" 2000 200 || exit 1

# what is measured and shown at the end takes longer than these steps
sed -e '/^evaluate {/,/^}/d' -e '/^show /d' "$model" >"$work/corrmcnn.crl"
"$builddir/crlc" "$work/corrmcnn.crl" --train --data "$work/data" --out "$work/run" --seed 3 --epochs 1 \
  --threads 1 --log-every 1 --set drop=0 --set summed=false --set rate=0.000002 --quiet >"$work/out" 2>&1 || cat "$work/out"
agree single "$work/run/log.jsonl" 5 1e-4
agree single "$work/run/log.jsonl" 20 5e-3
in_double double 10 6 1e-8
[ "${CRL_LONG:-0}" = 0 ] || in_double whole 100 20 1e-4

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
