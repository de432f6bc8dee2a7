#!/bin/sh
# Every C file is laid out as .clang-format says, by the one version of the formatter that is pinned here: another
# version breaks lines elsewhere.  The rule is first shown to catch a file that breaks it.
# usage: format.sh [--fix]      (with $srcdir)
set -u
srcdir=${srcdir:-.} version=14
program=
for name in clang-format-$version clang-format; do
  case $($name --version 2>/dev/null) in *"version $version."*) program=$name; break ;; esac
done
[ -n "$program" ] || { echo "skipped: clang-format $version is not installed"; exit 77; }
cd "$srcdir" || exit 1

# Hand-written C files, one a line.
files() {
  for file in $(find cli dsl grammar include lib runtime tests bench -name '*.[ch]' ! -name '*.tab.h' -print | sort); do
    case " ${CRL_GENERATED:-} " in *" $file "*) ;; *) echo "$file" ;; esac
  done
}

if [ "${1:-}" = --fix ]; then
  $program -i $(files)
  exit
fi

passed=0 failed=0
if printf 'int  f( void ){return 1;}\n' | $program --assume-filename=bad.c --dry-run -Werror >/dev/null 2>&1; then
  echo "FAIL a badly laid out file is not caught"
  failed=1
fi
for file in $(files); do
  if $program --dry-run -Werror "$file" >/dev/null 2>&1; then passed=$((passed + 1)); continue; fi
  echo "FAIL $file: not as the formatter lays it out; run tests/support/format.sh --fix"
  failed=$((failed + 1))
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
