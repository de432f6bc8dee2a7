#!/bin/sh
# Convolutions by Winograd's algorithm: where they are shown, and that a run keeps to what it was begun with.
. "${srcdir:-.}/tests/cli/cli.sh"
model=$srcdir/tests/cli/wide.crl
"$builddir/tests/cli/make_digits" "$work/data" 200 50 || exit 1

# shown: how many lines of what was printed say that a convolution goes so
shown() { grep -c "$1" "$work/out"; }
other_checkpoints() { ! same_checkpoints "$@"; }

expect 0 "" "$model" --plan
pass_if "forward, and the gradients of both inputs" test "$(shown "by Winograd's algorithm")" -eq 3
expect 0 "" "$model" --graph
pass_if "the same in the graph" test "$(shown "by Winograd's algorithm")" -eq 3
for action in --plan --graph; do
  expect 0 "" "$model" $action --winograd off
  pass_if "none in $action" test "$(grep -ci winograd "$work/out")" -eq 0
done
expect 2 "--winograd means nothing to --evaluate" "$model" --evaluate --out with --winograd off
expect 2 "--winograd" "$model" --plan --winograd maybe

expect 0 "" "$model" --train --data data --out with --quiet --threads 1
expect 0 "" "$model" --train --data data --out threads --quiet --threads 3
expect 0 "" "$model" --train --data data --out without --quiet --winograd off
pass_if "other bits without it" other_checkpoints with without 4
pass_if "the same bits on other threads" same_checkpoints with threads 4
pass_if "a run says it" grep -q '"winograd": true' "$work/with/run.json"
pass_if "a run says it is off" grep -q '"winograd": false' "$work/without/run.json"

# going on
expect 0 "" "$model" --train --data data --out whole --quiet --winograd off --epochs 2
expect 2 "the run 'without' was begun with --winograd off" "$model" --train --resume --out without --winograd on --epochs 2
expect 2 "the run 'with' was begun with --winograd on" "$model" --train --resume --out with --winograd off --epochs 2
expect 0 "" "$model" --train --resume --data data --out without --quiet --epochs 2
pass_if "it goes on without" same_checkpoints whole without 8
expect 0 "" "$model" --train --resume --data data --out with --quiet --winograd on --epochs 2
pass_if "it goes on with it" other_checkpoints whole with 8

# computing: what the run says, and without where it does not say
for says in false nothing true; do
  case $says in
  nothing) sed -i '/"winograd"/d' "$work/without/run.json" ;;
  true) sed -i 's/^{/{ "winograd": true,/' "$work/without/run.json" ;;
  esac
  expect 0 "" without --compute h --to "$says.npy" --data data
done
pass_if "a run that does not say is without" cmp -s "$work/false.npy" "$work/nothing.npy"
pass_if "one that says is with" test ! "$(cmp -s "$work/false.npy" "$work/true.npy" && echo same)"

# several runs
expect 0 "" "$model" --train --data data --out seeds --quiet --seeds 2 --winograd off
pass_if "every run is without" test "$(cat "$work"/seeds/seed-*/run.json | grep -c '"winograd": false')" -eq 2
rm -rf "$work/seeds/seed-2"
expect 0 "" seeds --train --resume --data data --quiet
pass_if "also what is begun when they go on" grep -q '"winograd": false' "$work/seeds/seed-2/run.json"
pass_if "the command of one" grep -q 'winograd off' "$work/seeds/experiment.json"
expect 2 "" "$model" --train --resume --out seeds --winograd on --seeds 2
finish
