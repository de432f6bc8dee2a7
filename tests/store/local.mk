check_PROGRAMS += \
  tests/store/check_checkpoint \
  tests/store/check_export \
  tests/store/check_rundir
TESTS += \
  tests/store/check_checkpoint \
  tests/store/check_export \
  tests/store/check_rundir
tests_store_check_checkpoint_SOURCES = tests/store/check_checkpoint.c
tests_store_check_checkpoint_LDADD = $(check_ldadd)
tests_store_check_export_SOURCES = tests/store/check_export.c
tests_store_check_export_LDADD = $(check_ldadd)
tests_store_check_rundir_SOURCES = tests/store/check_rundir.c
tests_store_check_rundir_LDADD = $(check_ldadd)
