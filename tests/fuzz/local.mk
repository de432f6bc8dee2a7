check_PROGRAMS += tests/fuzz/fuzz_parse
tests_fuzz_fuzz_parse_SOURCES = tests/fuzz/fuzz_parse.c
tests_fuzz_fuzz_parse_LDADD = $(check_ldadd)
TESTS += tests/fuzz/parse.sh
EXTRA_DIST += tests/fuzz/parse.sh
CLEANFILES += fuzz_parse.failed
