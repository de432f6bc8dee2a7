#!/bin/sh
# Every piece of the language that the texts for readers show is compiled; a piece headed with a code is refused with it.
. "${srcdir:-.}/tests/std/std.sh"

# pieces FILE: $work/piece.N and the line it starts at, for each ```crl block; prints "N LINE CODE".
pieces() {
  awk -v out="$work/piece." '
    /^```crl/ { n++; code = $2; inside = 1; print n, NR, code; printf "" >(out n); next }
    /^```/ { inside = 0 }
    inside { print >(out n) }' "$1"
}

cp "$srcdir"/tests/tables/files/*.csv "$work" # beside the models
for file in README.md HACKING.md NEWS.md doc/language.md; do
  [ -f "$srcdir/$file" ] || { fail "$file is not there"; continue; }
  rm -f "$work"/piece.*
  pieces "$srcdir/$file" >"$work/list"
  while read -r n line code; do
    if [ "$(head -n 1 "$work/piece.$n")" = "crl 1" ]; then cp "$work/piece.$n" "$work/m.crl"; else
      frame "$work/piece.$n" >"$work/m.crl"
    fi
    variants=$(sed -n 's/^variant \([a-z0-9_]*\).*/--variant \1/p' "$work/m.crl")
    "$crlc" "$work/m.crl" $variants >"$work/out" 2>&1
    status=$?
    if [ -z "$code" ] && [ $status -eq 0 ]; then
      pass
    elif [ -n "$code" ] && [ $status -eq 1 ] && [ "$(grep -c 'error\[' "$work/out")" -ge 1 ] &&
      ! grep 'error\[' "$work/out" | grep -qv "error\[$code\]"; then
      pass
    else
      fail "$file:$line: status $status${code:+, expected $code}"
      cat "$work/out"
    fi
  done <"$work/list"
done
# `name` (`file`) in HACKING.md: the name is in the file.
tr '\n' ' ' <"$srcdir/HACKING.md" | sed 's/  */ /g' | grep -oE '`[a-z_0-9]+` \(`[a-z_/.]+`\)' | tr -d '`()' >"$work/named"
while read -r name file; do
  if grep -qE "(^|[^A-Za-z0-9_])$name([^A-Za-z0-9_]|\$)" "$srcdir/$file" 2>/dev/null; then pass; else
    fail "HACKING.md: there is no $name in $file"
  fi
done <"$work/named"
[ "$(wc -l <"$work/named")" -gt 20 ] || fail "HACKING.md names $(wc -l <"$work/named") things in files"

[ "$passed" -gt 15 ] || fail "the pieces of the manual were not found"
finish
