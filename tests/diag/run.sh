#!/bin/sh
# Golden tests of bad input: what is said, where, and with which exit status.  Cases are data:
#   tests/diag/model/NAME.crl    a model file with mistakes; a comment `# arguments: ...` in it is the command line's rest
#   tests/diag/data/NAME.sh      makes bad data, files or options, as described below
# NAME.expected is what crlc writes to stderr, and its exit status.
#
# A data case runs in an empty directory with good data for 200 and 60 rows in data/, and pair.crl, the model.  It may use
# `patch FILE OFFSET BYTES` (printf's escapes), and set `arguments`, which otherwise train for an epoch; `crlc` runs last.
#
# `tests/diag/run.sh --update`, run in the build directory, rewrites what is expected; read the difference before
# committing it.
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)} builddir=${builddir:-$PWD}
crlc=$builddir/crlc
update=${1:-}
work=$(mktemp -d "$builddir/diag.XXXXXX") || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
unset CRL_DATA
HOME=home # so that a message that lists where it looked is the same everywhere
export HOME
passed=0 failed=0

verdict() { # status, what
  if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "failed: $2"; fi
}

# What is quoted of the library, without its lines: those may change.
shorten() { sed '/^std\/.*: note: /{s/:[0-9]*:[0-9]*: note/: note/;n;N;d;}' "$1"; }

# Compares $work/out with a golden file, or makes it the golden file.
golden() {
  if [ "$update" = --update ]; then cp "$work/out" "$1"; fi
  diff -u "$1" "$work/out"
  verdict $? "$1"
}

cd "$srcdir/tests/diag/model" || exit 1
for case in *.crl; do
  arguments=$(sed -n 's/^# arguments: //p' "$case")
  # shellcheck disable=SC2086  # several arguments
  "$crlc" "$case" $arguments >/dev/null 2>"$work/err"
  status=$?
  { shorten "$work/err"; echo "exit $status"; } >"$work/out"
  grep -q '^exit [12]$' "$work/out"
  verdict $? "$case has errors"
  golden "${case%.crl}.expected"
done

"$crlc" conv_too_large.crl >/dev/null 2>"$work/err"
grep -q '^std/layers:[0-9]*:[0-9]*: note: it happens here' "$work/err" && grep -q '|   return conv2d(image, filters, step, ' "$work/err"
verdict $? "a location in the library is shown with its line"

# Every message about a model file is shown by a case.
for code in $(sed -n 's/^MESSAGE(\(E0[2-9][0-9]*\),.*/\1/p' "$srcdir/dsl/syntax/messages_model.def"); do
  grep -q "\[$code\]" ./*.expected
  verdict $? "$code is shown by a case of tests/diag/model"
done

patch() { # file of data/mnist, offset, bytes
  printf "$3" | dd of="data/mnist/$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

for case in "$srcdir"/tests/diag/data/*.sh; do
  name=$(basename "$case" .sh)
  mkdir "$work/$name" && cd "$work/$name" || exit 1
  "$builddir/tests/cli/make_digits" data 200 60 || exit 1
  cp "$srcdir/tests/cli/pair.crl" pair.crl
  arguments='pair.crl --train --epochs 1 --data data --out run --seed 1 --threads 1'
  . "$case"
  # shellcheck disable=SC2086
  "$crlc" $arguments >/dev/null 2>"$work/out"
  echo "exit $?" >>"$work/out"
  sed -i '/: epoch /d; s/ held by pid [0-9]*/ held by pid N/' "$work/out"
  golden "$srcdir/tests/diag/data/$name.expected"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
