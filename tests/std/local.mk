TESTS += \
  tests/std/examples.sh \
  tests/std/floor.sh \
  tests/std/numbers.sh \
  tests/std/rows.sh \
  tests/std/losses.sh \
  tests/std/queue.sh \
  tests/std/layers.sh \
  tests/std/rounds.sh \
  tests/std/rules.sh \
  tests/std/row_variables.sh \
  tests/std/initial_values.sh \
  tests/std/models.sh \
  tests/std/results.sh \
  tests/std/manual.sh \
  tests/std/tutorial.sh \
  tests/std/generated.sh
EXTRA_DIST += \
  tests/std/queue.crl tests/std/queue.sh \
  tests/std/layers.crl tests/std/layers.sh tests/std/layers.py tests/std/layers.expected \
  tests/std/losses.crl tests/std/losses.sh tests/std/losses.py tests/std/losses.expected \
  tests/std/std.sh tests/std/rounds.sh tests/std/rules.sh tests/std/rules.crl tests/std/row_variables.sh tests/std/values.sh tests/std/rows.crl tests/std/rows.sh \
  tests/std/floor.sh tests/std/examples.sh tests/std/numbers.crl tests/std/numbers.sh tests/std/models.sh tests/std/results.sh \
  tests/std/manual.sh tests/std/tutorial.sh tests/std/generated.sh tests/std/initial_values.crl tests/std/initial_values.sh
check_PROGRAMS += tests/std/program_digest
tests_std_program_digest_SOURCES = tests/std/program_digest.c
tests_std_program_digest_LDADD = $(check_ldadd)
TESTS += tests/std/keywords.sh
EXTRA_DIST += tests/std/keywords.sh tests/std/keywords.cases tests/std/settings.cases
