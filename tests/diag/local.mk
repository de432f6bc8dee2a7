TESTS += tests/diag/run.sh
EXTRA_DIST += tests/diag/run.sh tests/diag/model tests/diag/data
