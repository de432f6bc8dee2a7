#!/bin/sh
# The tutorial, word for word: its shell blocks are one script, run where none of its files are.
. "${srcdir:-.}/tests/std/std.sh"

top=$(cd "$builddir" && pwd)
awk '/^```sh/ { inside = 1; next } /^```/ { inside = 0 } inside' "$srcdir/doc/tutorial.md" >"$work/script"
grep -q -- '--on new.csv' "$work/script" && pass || fail "the tutorial's commands were not found"
ln -s "$top/crlc" "$work/crlc"
(cd "$work" && sh -e ./script) >"$work/out" 2>"$work/err" && pass || {
  fail "the tutorial's commands end with an error"
  cat "$work/err"
}
# expect TEXT: what the page says will be there
expect() { grep -qF -- "$1" "$work/out" "$work/err" && pass || fail "no '$1' in what the commands print"; }
expect 'data d = table('
expect 'transfer.first_to_second'
expect 'error_held_out'
expect "report: 'run/report.html'"
expect "wrote 'codes.csv'"
expect 'best: size='
expect 'sizes: size=8'
expect 'seed-1'
expect 'hx[0],hx[1],hx[2],hx[3],guess[0]'
[ "$(wc -l <"$work/elsewhere/new_codes.csv" 2>/dev/null)" = 6 ] && pass || fail "new_codes.csv is not of five rows"
finish
