check_PROGRAMS += tests/exec/check_exec
TESTS += tests/exec/check_exec
tests_exec_check_exec_SOURCES = tests/exec/check_exec.c tests/exec/ready.h tests/plan/graphs.h
tests_exec_check_exec_LDADD = $(check_ldadd)
check_PROGRAMS += tests/exec/check_random
TESTS += tests/exec/check_random
tests_exec_check_random_SOURCES = tests/exec/check_random.c tests/exec/ready.h tests/plan/graphs.h
tests_exec_check_random_LDADD = $(check_ldadd)
