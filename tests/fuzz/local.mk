check_PROGRAMS += tests/fuzz/fuzz_parse tests/fuzz/fuzz_compile
tests_fuzz_fuzz_parse_SOURCES = tests/fuzz/fuzz_parse.c
tests_fuzz_fuzz_parse_LDADD = $(check_ldadd)
tests_fuzz_fuzz_compile_SOURCES = tests/fuzz/fuzz_compile.c
tests_fuzz_fuzz_compile_LDADD = $(check_ldadd)
TESTS += tests/fuzz/parse.sh tests/fuzz/compile.sh
EXTRA_DIST += tests/fuzz/parse.sh tests/fuzz/compile.sh
CLEANFILES += fuzz_parse.failed fuzz_compile.failed
