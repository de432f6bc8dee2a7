TESTS += tests/std/examples.sh
EXTRA_DIST += tests/std/std.sh tests/std/examples.sh
