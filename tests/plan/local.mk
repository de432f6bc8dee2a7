## place_instances is built with the tests and run by hand: it wants files of published instances.
check_PROGRAMS += \
  tests/plan/check_place \
  tests/plan/check_plan \
  tests/plan/place_instances
TESTS += \
  tests/plan/check_place \
  tests/plan/check_plan
tests_plan_check_place_SOURCES = tests/plan/check_place.c
tests_plan_check_place_LDADD = $(check_ldadd)
tests_plan_check_plan_SOURCES = tests/plan/check_plan.c tests/plan/graphs.h
tests_plan_check_plan_LDADD = $(check_ldadd)
tests_plan_place_instances_SOURCES = tests/plan/place_instances.c
tests_plan_place_instances_LDADD = $(check_ldadd)
