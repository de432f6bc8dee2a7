check_PROGRAMS += tests/cli/make_digits tests/cli/check_options
tests_cli_check_options_SOURCES = tests/cli/check_options.c
tests_cli_check_options_LDADD = $(check_ldadd)
tests_cli_make_digits_SOURCES = tests/cli/make_digits.c
tests_cli_make_digits_LDADD =
TESTS += \
  tests/cli/check_options tests/cli/describe.sh tests/cli/usage.sh tests/cli/inspect.sh tests/cli/tables.sh tests/cli/gradcheck.sh \
  tests/cli/memory.sh tests/cli/runs.sh tests/cli/watch.sh tests/cli/identity.sh tests/cli/trace.sh tests/cli/two_tables.sh
EXTRA_DIST += \
  tests/cli/cli.sh tests/cli/pair.crl tests/cli/kept.crl tests/cli/stages.crl tests/cli/describe.sh tests/cli/usage.sh tests/cli/gradcheck.sh \
  tests/cli/runs.sh tests/cli/watch.sh tests/cli/watched.crl tests/cli/identity.sh tests/cli/inspect.sh \
  tests/cli/memory.sh tests/cli/tables.sh tests/cli/two_tables.sh tests/cli/two_tables.crl tests/cli/two_batches.crl tests/cli/trace.sh tests/cli/trace.py
TESTS += tests/cli/associate.sh tests/cli/shared_layers.sh tests/cli/stopped.sh tests/cli/experiment.sh tests/cli/compare.sh tests/cli/winograd.sh
EXTRA_DIST += tests/cli/associate.sh tests/cli/shared_layers.sh tests/cli/shared_layers.crl tests/cli/wide_codes.crl tests/cli/stopped.sh tests/cli/stopped.py tests/cli/winograd.sh tests/cli/wide.crl tests/cli/experiment.sh tests/cli/compare.sh tests/cli/experiment.py tests/cli/numbered.crl
