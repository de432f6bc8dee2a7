#!/bin/sh
# A slice of the parser's fuzzing, the same inputs each time; FUZZ_COUNT=1000000 tests/fuzz/parse.sh for a campaign.
cd "$srcdir" || exit 1
set -- models/*.crl dsl/std/*.crl tests/lang/cases/*.crl tests/diag/parse/*.crl
files=
for file; do files="$files $srcdir/$file"; done
cd "$builddir" && exec tests/fuzz/fuzz_parse "${FUZZ_COUNT:-3000}" $files
