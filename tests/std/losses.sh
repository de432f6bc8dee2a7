#!/bin/sh
# The losses of several views and of distributions against those by losses.py, which made losses.expected of the same codes.
. "${srcdir:-.}/tests/std/values.sh"
model=$srcdir/tests/std/losses.crl

"$make" "$work/data" 40 30 || exit 1
run
against "$srcdir/tests/std/losses.expected"

# A low-rank layer is a linear layer of the tensor; the Jacobian of tanh(W v) is diag(1 - tanh^2) W.
value of_low_rank
near "low-rank fusion" "$(awk 'BEGIN { for (i = 1; i <= 30; i++) print "0,0,0" }')" "$(cat "$work/of_low_rank.csv")"
value moving
near "contraction" "$(awk 'BEGIN { for (i = 1; i <= 30; i++) print "0" }')" "$(cat "$work/moving.csv")"
finish
