check_PROGRAMS += tests/graph/check_associate tests/graph/check_build tests/graph/check_dumps tests/graph/check_layout tests/graph/check_random tests/graph/check_stack
TESTS += tests/graph/check_associate tests/graph/check_build tests/graph/check_dumps tests/graph/check_layout tests/graph/check_random tests/graph/check_stack
tests_graph_check_associate_SOURCES = tests/graph/check_associate.c tests/graph/compare.h tests/graph/build.h
tests_graph_check_associate_LDADD = $(check_ldadd)
tests_graph_check_stack_SOURCES = tests/graph/check_stack.c tests/graph/compare.h tests/graph/build.h
tests_graph_check_stack_LDADD = $(check_ldadd)
tests_graph_check_build_SOURCES = tests/graph/check_build.c tests/graph/build.h
tests_graph_check_build_LDADD = $(check_ldadd)
tests_graph_check_dumps_SOURCES = tests/graph/check_dumps.c tests/graph/build.h
tests_graph_check_dumps_LDADD = $(check_ldadd)
tests_graph_check_layout_SOURCES = tests/graph/check_layout.c tests/graph/compare.h tests/graph/build.h
tests_graph_check_layout_LDADD = $(check_ldadd)
tests_graph_check_random_SOURCES = tests/graph/check_random.c tests/graph/build.h
tests_graph_check_random_LDADD = $(check_ldadd)

## Golden dumps; `CRL_GOLDEN=update` in the environment of check_dumps writes them anew.
EXTRA_DIST += \
  tests/graph/batch-norm.dump \
  tests/graph/convolution.dot \
  tests/graph/convolution.dump \
  tests/graph/cut-first.dump \
  tests/graph/cut-second.dump \
  tests/graph/dense-plain.dump \
  tests/graph/dense.dump \
  tests/graph/frozen-first.dump \
  tests/graph/frozen-second.dump \
  tests/graph/moves.dump \
  tests/graph/pruned.dump \
  tests/graph/settings.dump
