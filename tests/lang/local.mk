check_PROGRAMS += tests/lang/syntax tests/lang/check_diag
tests_lang_syntax_SOURCES = tests/lang/syntax.c
tests_lang_syntax_LDADD = $(check_ldadd)
tests_lang_check_diag_SOURCES = tests/lang/check_diag.c
tests_lang_check_diag_LDADD = $(check_ldadd)
TESTS += tests/lang/run.sh tests/lang/check_diag
EXTRA_DIST += tests/lang/run.sh tests/lang/cases tests/diag/parse
