check_PROGRAMS += tests/dsl/check_meaning
TESTS += tests/dsl/check_meaning
tests_dsl_check_meaning_SOURCES = tests/dsl/check_meaning.c
tests_dsl_check_meaning_LDADD = $(check_ldadd)
TESTS += tests/dsl/chains.sh
EXTRA_DIST += tests/dsl/chains.sh

check_PROGRAMS += tests/dsl/check_forms
TESTS += tests/dsl/check_forms
tests_dsl_check_forms_SOURCES = tests/dsl/check_forms.c tests/dsl/terms.h
tests_dsl_check_forms_LDADD = $(check_ldadd)

check_PROGRAMS += tests/dsl/check_repeat
TESTS += tests/dsl/check_repeat
tests_dsl_check_repeat_SOURCES = tests/dsl/check_repeat.c tests/dsl/terms.h
tests_dsl_check_repeat_LDADD = $(check_ldadd)

check_PROGRAMS += tests/dsl/check_scale
TESTS += tests/dsl/check_scale
tests_dsl_check_scale_SOURCES = tests/dsl/check_scale.c tests/dsl/terms.h
tests_dsl_check_scale_LDADD = $(check_ldadd)
