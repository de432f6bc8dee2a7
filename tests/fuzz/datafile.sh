#!/bin/sh
# A slice of the fuzzing of files of arrays, the same inputs each time; FUZZ_COUNT=1000000 tests/fuzz/datafile.sh for a
# campaign.
cd "$builddir" && exec tests/fuzz/fuzz_datafile "${FUZZ_COUNT:-1500}" "$srcdir"/tests/data/files/*
