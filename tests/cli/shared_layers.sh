#!/bin/sh
# Applications of a layer to several values are one where there are few rows.
. "${srcdir:-.}/tests/cli/cli.sh"
model=$srcdir/tests/cli/shared_layers.crl
"$builddir/tests/cli/make_digits" "$work/data" 200 50 || exit 1

# products: how many a step makes, of rows with a matrix; stacked: how many of them are of both
products() { grep -c ' matmul  ' "$work/out"; }
stacked() { grep -c ' matmul *\[batch, 2, ' "$work/out"; }

expect 0 "" "$model" --plan
pass_if "four forward and three back" test "$(products) $(stacked)" = "7 7"
expect 0 "" "$model" --plan --batch 100
pass_if "of many rows, apart" test "$(products) $(stacked)" = "14 0"

trains_alike "$model" 24
finish
