#!/bin/sh
# The references in doc/ say what the library and the program say.
. "${srcdir:-.}/tests/std/std.sh"

# same FILE COMMAND...
same() {
  file=$srcdir/$1
  shift
  if "$@" >"$work/now" 2>"$work/err" && [ -s "$work/now" ] && diff "$file" "$work/now" >"$work/diff"; then pass; else
    fail "$file is not what it is made from; make it anew: $* >$file"
    cat "$work/err" "$work/diff"
  fi
}
same doc/library.md sh "$srcdir/doc/library.sh"
same doc/ops.md sh "$srcdir/doc/ops.sh" "$crlc"
for name in $(sed -nE 's/^(block|def|rule|stage) ([a-z_0-9]*).*/\2/p' "$srcdir"/dsl/std/*.crl); do
  if grep -q "^### $name\$" "$srcdir/doc/library.md"; then pass; else fail "$name is not in doc/library.md"; fi
done
functions=$(grep -cE '^    (ONE\(|\{)"' "$srcdir/dsl/eval/builtin.c")
listed=$(sed -n '/^## Functions/,$p' "$srcdir/doc/library.md" | grep -c '^| `')
if [ "$functions" -eq "$listed" ]; then pass; else fail "$functions functions of the core, but $listed in doc/library.md"; fi
finish
