check_PROGRAMS += tests/base/check_base
TESTS += tests/base/check_base
tests_base_check_base_SOURCES = tests/base/check_base.c
tests_base_check_base_LDADD = $(check_ldadd)
