## How a test reports.  A test is a program or a script; exit status 0 is passed, 77 is skipped (its last line of
## output says why), anything else failed.  Somewhere near its end it prints how many cases it ran, either as
##   N passed, N failed
## or as the Check library prints it ("100%: Checks: 5, Failures: 0, Errors: 0"); the last such line counts, and a
## test that prints none is one case.  tests/support/total.sh adds them up.
##
## Check's own limit of 4 seconds is for an idle machine; here a limit only ends what hangs.
## A test runs in the build directory with $srcdir and $builddir as absolute paths; it writes only below $builddir.

AM_TESTS_ENVIRONMENT = \
  srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' CRL_GENERATED='$(crl_generated)' \
  OPENBLAS_NUM_THREADS=1 CK_DEFAULT_TIMEOUT=200 \
  ASAN_OPTIONS="allocator_may_return_null=1:$$ASAN_OPTIONS" UBSAN_OPTIONS="print_stacktrace=1:$$UBSAN_OPTIONS"; \
  export srcdir builddir CRL_GENERATED OPENBLAS_NUM_THREADS CK_DEFAULT_TIMEOUT ASAN_OPTIONS UBSAN_OPTIONS;

TESTS += tests/support/includes.sh tests/support/calls.sh tests/support/format.sh
EXTRA_DIST += tests/support/includes.sh tests/support/calls.sh tests/support/format.sh tests/support/total.sh
