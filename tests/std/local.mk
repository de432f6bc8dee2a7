TESTS += \
  tests/std/examples.sh \
  tests/std/numbers.sh \
  tests/std/first_values.sh \
  tests/std/models.sh \
  tests/std/manual.sh \
  tests/std/tutorial.sh \
  tests/std/generated.sh
EXTRA_DIST += \
  tests/std/std.sh tests/std/examples.sh tests/std/numbers.crl tests/std/numbers.sh tests/std/models.sh \
  tests/std/manual.sh tests/std/tutorial.sh tests/std/generated.sh tests/std/first_values.crl tests/std/first_values.sh
