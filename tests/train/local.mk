check_PROGRAMS += tests/train/check_memory tests/train/check_train
TESTS += tests/train/check_memory tests/train/check_train
EXTRA_DIST += tests/train/small.h
tests_train_check_memory_SOURCES = tests/train/check_memory.c tests/plan/graphs.h
tests_train_check_memory_LDADD = $(check_ldadd)
tests_train_check_train_SOURCES = tests/train/check_train.c
tests_train_check_train_LDADD = $(check_ldadd)
