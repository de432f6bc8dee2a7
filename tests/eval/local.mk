check_PROGRAMS += tests/eval/check_correlation tests/eval/check_transfer
TESTS += tests/eval/check_correlation tests/eval/check_transfer
EXTRA_DIST += tests/eval/codes.h
tests_eval_check_correlation_SOURCES = tests/eval/check_correlation.c
tests_eval_check_correlation_LDADD = $(check_ldadd)
tests_eval_check_transfer_SOURCES = tests/eval/check_transfer.c
tests_eval_check_transfer_LDADD = $(check_ldadd)
