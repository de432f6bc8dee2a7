#!/bin/sh
# Products over the batch in the order that multiplies less: which that is follows from the rows of a step.
. "${srcdir:-.}/tests/cli/cli.sh"
model=$srcdir/tests/cli/wide_codes.crl
"$builddir/tests/cli/make_digits" "$work/data" 200 50 || exit 1

# made: how many matrices of all pairs of numbers a step makes
made() { grep -c 'matmul_rows *\[40, 40\]' "$work/out"; }

expect 0 "" "$model" --plan
pass_if "of few rows there is none" test "$(made)" -eq 0
pass_if "but a matrix of the rows" grep -q 'matmul *\[batch, 16\]' "$work/out"
expect 0 "" "$model" --plan --batch 100
pass_if "of many rows there is" test "$(made)" -eq 1

trains_alike "$model" 24
finish
