#!/bin/sh
# A slice of the front end's fuzzing, the same inputs each time; FUZZ_COUNT=100000 for a campaign.
cd "$srcdir" || exit 1
set -- models/*.crl dsl/std/*.crl tests/lang/cases/*.crl tests/diag/model/*.crl tests/cli/*.crl tests/tables/cases/*.crl
files=
for file; do files="$files $srcdir/$file"; done
# shellcheck disable=SC2086  # several files
cd "$builddir" && exec tests/fuzz/fuzz_compile "${FUZZ_COUNT:-300}" $files
