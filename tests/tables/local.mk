TESTS += tests/tables/run.sh tests/tables/new_rows.sh tests/tables/streamed.sh
EXTRA_DIST += tests/tables/run.sh tests/tables/new_rows.sh tests/tables/streamed.sh tests/tables/cases tests/tables/files
