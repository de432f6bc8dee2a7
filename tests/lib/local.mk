check_PROGRAMS += tests/lib/use
tests_lib_use_SOURCES = tests/lib/use.c
tests_lib_use_LDADD = $(shared)
tests_lib_use_LDFLAGS = -Wl,-rpath,'$(abs_builddir)'
TESTS += tests/lib/library.sh
EXTRA_DIST += tests/lib/library.sh
