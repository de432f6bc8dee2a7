samples = tests/op/sample.c tests/op/sample.h tests/op/typed.c tests/op/typed.h
check_PROGRAMS += tests/op/check_kernels tests/op/check_gradients tests/op/check_winograd
TESTS += tests/op/check_kernels tests/op/check_gradients tests/op/check_winograd
tests_op_check_kernels_SOURCES = tests/op/check_kernels.c $(samples)
tests_op_check_kernels_LDADD = $(check_ldadd)
tests_op_check_gradients_SOURCES = tests/op/check_gradients.c $(samples)
tests_op_check_gradients_LDADD = $(check_ldadd)
tests_op_check_winograd_SOURCES = tests/op/check_winograd.c $(samples)
tests_op_check_winograd_LDADD = $(check_ldadd)

## How fast the kernels are: `make tests/op/bench_kernels`, and run it by hand.
EXTRA_PROGRAMS += tests/op/bench_kernels
tests_op_bench_kernels_SOURCES = tests/op/bench_kernels.c
tests_op_bench_kernels_LDADD = $(LDADD)
