check_PROGRAMS += bench/limits
TESTS += tests/bench/bench.sh
EXTRA_DIST += tests/bench/bench.sh tests/bench/recorded.json tests/bench/recorded.txt
