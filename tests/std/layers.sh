#!/bin/sh
# Layers against PyTorch's with the same inputs and weights, of which layers.py made layers.expected: values, and gradients
# by inputs and weights.
. "${srcdir:-.}/tests/std/values.sh"
model=$srcdir/tests/std/layers.crl

"$make" "$work/data" 40 2 || exit 1
run
against "$srcdir/tests/std/layers.expected"
finish
