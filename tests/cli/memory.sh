#!/bin/sh
# Training within a limit of memory: the same bits in less, and what is said where it cannot be done.
. "${srcdir:-.}/tests/cli/cli.sh"
model=$srcdir/models/two_views.crl
"$builddir/tests/cli/make_digits" "$work/data" 750 60 || exit 1

# slab, norms: the bytes that the plans in $work/out take; least: what a refusal says that both take at least
slab() { sed -n 's/^slab \([0-9]*\) bytes.*/\1/p' "$work/out"; }
norms() { sed -n 's/^gradient norms, in the same slab: \([0-9]*\) bytes$/\1/p' "$work/out"; }
least() { sed -n "s/^crlc: '.*' does not fit into 1024 bytes: its intermediate results need \([0-9]*\)$/\1/p" "$work/err"; }

expect 0 "" "$model" --plan
whole=$(slab)
expect 0 "" "$model" --plan --memory 1G
pass_if "nothing is changed where it fits" test "$(slab)" -eq "$whole"
expect 3 " does not fit into 1024 bytes: its intermediate results need " "$model" --plan --memory 1K
bytes=$(least)
pass_if "the least is less than the whole" test "$bytes" -lt "$whole"
pass_if "what to say" grep -q "hint: pass --memory $(((bytes + 1023) / 1024))K or more, or a smaller batch" "$work/err"
expect 0 "" "$model" --plan --memory "$bytes"
pass_if "what is computed again" grep -q "rematerialised for late readers" "$work/out"
pass_if "step and gradient norms are within the limit" test "$(slab)" -le "$bytes" -a "$(norms)" -le "$bytes"
pass_if "the least is that of one of them" test "$(slab)" -eq "$bytes" -o "$(norms)" -eq "$bytes"
expect 3 "does not fit into $((bytes - 1)) bytes" "$model" --plan --memory $((bytes - 1))
expect 0 "" "$srcdir/models/corrmcnn.crl" --plan
pass_if "where the norms take more than the step" test "$(norms)" -gt "$(slab)"
bytes=$(slab)
expect 3 "'gradient norms' does not fit into $bytes bytes" "$srcdir/models/corrmcnn.crl" --plan --memory "$bytes"

# with two threads a plan holds two threads' memory, so that its own least is asked for
expect 0 "" "$model" --train --epochs 2 --data data --out whole --threads 2 --quiet
expect 3 " does not fit into 1024 bytes" "$model" --train --epochs 2 --data data --out less --threads 2 --memory 1K
bytes=$(least)
rm -rf "$work/less"
expect 0 "" "$model" --train --epochs 2 --data data --out less --threads 2 --quiet --memory "$bytes"
pass_if "the same bits" cmp -s "$work/whole/checkpoint-6.crlk" "$work/less/checkpoint-6.crlk"
expect 0 "" "$model" --profile --data data --threads 1 --memory "$bytes"
expect 2 "--memory takes a size such as 500K, 30M or 1.5G, not '3T'" "$model" --plan --memory 3T
expect 2 "--memory means nothing to --evaluate" "$model" --evaluate --out whole --memory 30M
finish
