#!/bin/sh
# The first steps of every model that comes with the program and trains, on made-up rows, in several ways that must
# agree (models.c).
. "${srcdir:-.}/tests/std/std.sh"

# check TERMS STATES FILE...
check() {
  "$builddir/tests/differ/models" "$work/data" 10 "$@" >"$work/out"
  cat "$work/out"
  set -- $(tail -1 "$work/out")
  passed=$((passed + ${1:-0})) failed=$((failed + ${3:-1}))
}

"$make" "$work/data" 50 20 || exit 1
set --
for file in "$srcdir"/models/*.crl; do
  [ "$file" != "$srcdir/models/corrmcnn_released.crl" ] || continue
  ! grep -qE 'file\("|pair\(' "$file" || continue # rows are made up of the known sets alone, as they are
  ! grep -q '^ *train\b' "$file" || set -- "$@" "$file"
done
check 1e-4 1e-3 "$@" "$srcdir/tests/std/rows.crl" "$srcdir/tests/std/losses.crl"
# it maximises correlations of layers in which many units hardly ever fire, which rounding moves most
check 1e-3 2e-2 "$srcdir/models/corrmcnn_paper.crl:arc2"
# its codes have gone through three sigmoids and hardly differ between rows at first, and correlations see the difference
check 1e-3 2e-2 "$srcdir/models/corrmcnn_released.crl"
finish
