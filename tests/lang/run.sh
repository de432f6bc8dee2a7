#!/bin/sh
# Golden tests of the language's syntax.  Cases are data:
#   tests/lang/cases/NAME.crl    a file without errors; NAME.tree is its tree, NAME.formatted its canonical text
#   tests/diag/parse/NAME.crl   a file with errors; NAME.expected is the report
# Every .crl file of the project must keep its tree when it is formatted, and formatting it again must change nothing.
#
# `tests/lang/run.sh --update`, run in the build directory, rewrites what is expected; read the difference before
# committing it.
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)} builddir=${builddir:-$PWD}
syntax=$builddir/tests/lang/syntax
update=$1
got=$(mktemp -d "$builddir/lang.XXXXXX") || exit 1
trap 'rm -rf "$got"' EXIT
passed=0 failed=0

verdict() { # status, case
  if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "failed: $2"; fi
}

# Compares $got/out with a golden file, or makes it the golden file.
golden() {
  if [ "$update" = --update ]; then cp "$got/out" "$1"; fi
  diff -u "$1" "$got/out"
  verdict $? "$1"
}

cd "$srcdir/tests/lang/cases" || exit 1
for case in *.crl; do
  "$syntax" tree "$case" >"$got/out"; golden "${case%.crl}.tree"
  "$syntax" format "$case" >"$got/out"; golden "${case%.crl}.formatted"
done

cd "$srcdir/tests/diag/parse" || exit 1
for case in *.crl; do
  "$syntax" report "$case" >"$got/out"
  [ $? -eq 1 ]; verdict $? "$case has errors"
  golden "${case%.crl}.expected"
done

# Every message of the syntax is shown by a case.
for code in $(sed -n 's/^MESSAGE(\(E0[01][0-9]*\),.*/\1/p' "$srcdir/dsl/syntax/messages.def"); do
  grep -q "\[$code\]" ./*.expected
  verdict $? "$code is shown by a case of tests/diag/parse"
done

# The manual's table of readings: what is written is read as the same with all its brackets.
rows=0
sed -n '/^| written | read |/,/^$/s/^| `\(.*\)` | `\(.*\)` |$/\1\n\2/p' "$srcdir/doc/language.md" >"$got/readings"
while read -r written && read -r meant; do
  rows=$((rows + 1))
  printf 'crl 1\na = %s\n' "$written" >"$got/written.crl"
  printf 'crl 1\na = %s\n' "$meant" >"$got/meant.crl"
  "$syntax" tree "$got/written.crl" >"$got/before" && "$syntax" tree "$got/meant.crl" >"$got/after" &&
    cmp "$got/before" "$got/after"
  verdict $? "'$written' is read as '$meant'"
done <"$got/readings"
[ "$rows" -gt 10 ]
verdict $? "the manual's table of readings was found"

cd "$srcdir" || exit 1
for file in models/*.crl dsl/std/*.crl tests/lang/cases/*.crl; do
  "$syntax" format "$file" >"$got/once.crl" && "$syntax" format "$got/once.crl" >"$got/twice.crl" &&
    cmp "$got/once.crl" "$got/twice.crl"
  verdict $? "formatting $file twice"
  "$syntax" tree "$file" >"$got/before" && "$syntax" tree "$got/once.crl" >"$got/after" &&
    cmp "$got/before" "$got/after"
  verdict $? "formatting $file keeps its tree"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
