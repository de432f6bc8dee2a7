TESTS += tests/tables/run.sh tests/tables/new_rows.sh
EXTRA_DIST += tests/tables/run.sh tests/tables/new_rows.sh tests/tables/cases tests/tables/files
