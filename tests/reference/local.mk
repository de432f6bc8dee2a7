check_PROGRAMS += tests/reference/terms_in_double
tests_reference_terms_in_double_SOURCES = tests/reference/terms_in_double.c
tests_reference_terms_in_double_LDADD = $(LDADD)
TESTS += tests/reference/corrmcnn.sh
EXTRA_DIST += \
  tests/reference/blobs.py tests/reference/compare_terms.py tests/reference/corrmcnn.sh \
  tests/reference/corrmcnn_20_steps.json tests/reference/corrmcnn_twin.py
