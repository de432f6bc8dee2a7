## Several ways to carry out random graphs: `tests/differ/random_graphs --seeds 1 10000` for a campaign.
check_PROGRAMS += tests/differ/random_graphs
TESTS += tests/differ/random_graphs
tests_differ_random_graphs_SOURCES = \
  tests/differ/execute.c \
  tests/differ/execute.h \
  tests/differ/generate.c \
  tests/differ/interpret.c \
  tests/differ/interpret.h \
  tests/differ/random_graphs.c \
  tests/differ/recipe.c \
  tests/differ/recipe.h \
  tests/op/typed.c \
  tests/op/typed.h
tests_differ_random_graphs_LDADD = $(check_ldadd)

check_PROGRAMS += tests/differ/models
TESTS += tests/differ/models.sh tests/differ/lesser.sh
EXTRA_DIST += tests/differ/models.sh tests/differ/lesser.sh
tests_differ_models_SOURCES = tests/differ/models.c
tests_differ_models_LDADD = $(check_ldadd)

## Rows that are masked against rows that are taken out: `tests/differ/presence --seeds 1 10000` for a campaign.
check_PROGRAMS += tests/differ/presence
TESTS += tests/differ/presence
tests_differ_presence_SOURCES = tests/differ/presence.c
tests_differ_presence_LDADD = $(check_ldadd)
