#!/bin/sh
# The losses of several views against those by losses.py, which made losses.expected of the same codes.
. "${srcdir:-.}/tests/std/values.sh"
model=$srcdir/tests/std/losses.crl

"$make" "$work/data" 40 30 || exit 1
run
while read -r name expected; do
  value "$name"
  near "$name" "$expected" "$(cat "$work/$name.csv")"
done <"$srcdir/tests/std/losses.expected"

if "$crlc" "$model" --gradcheck >"$work/out" 2>&1; then pass; else
  cat "$work/out"
  fail "gradients of the losses"
fi
finish
