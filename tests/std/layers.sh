#!/bin/sh
# Layers against PyTorch's with the same inputs and weights, of which layers.py made layers.expected: values, and gradients
# by inputs and weights.
. "${srcdir:-.}/tests/std/values.sh"
model=$srcdir/tests/std/layers.crl

"$make" "$work/data" 40 2 || exit 1
run
while read -r name expected; do
  value "$name"
  near "$name" "$expected" "$(cat "$work/$name.csv")"
done <"$srcdir/tests/std/layers.expected"

if "$crlc" "$model" --gradcheck --data "$work/data" >"$work/out" 2>&1; then pass; else
  cat "$work/out"
  fail "gradients of the layers"
fi
finish
