check_PROGRAMS += tests/lib/use
tests_lib_use_SOURCES = tests/lib/use.c
tests_lib_use_LDADD =
tests_lib_use_LDFLAGS = -L. -lcrl -Wl,-rpath,'$(abs_builddir)'
tests_lib_use_DEPENDENCIES = $(shared)
TESTS += tests/lib/library.sh
EXTRA_DIST += tests/lib/library.sh
