TESTS += tests/tables/run.sh
EXTRA_DIST += tests/tables/run.sh tests/tables/cases tests/tables/files
