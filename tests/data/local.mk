check_PROGRAMS += \
  tests/data/check_batch \
  tests/data/check_csv \
  tests/data/check_fetch \
  tests/data/check_hdf5 \
  tests/data/check_idx \
  tests/data/check_images \
  tests/data/check_libsvm \
  tests/data/check_mat \
  tests/data/check_npy \
  tests/data/check_npz \
  tests/data/check_sha256 \
  tests/data/check_table
TESTS += \
  tests/data/check_batch \
  tests/data/check_csv \
  tests/data/check_fetch \
  tests/data/check_hdf5 \
  tests/data/check_idx \
  tests/data/check_images \
  tests/data/check_libsvm \
  tests/data/check_mat \
  tests/data/check_npy \
  tests/data/check_npz \
  tests/data/check_sha256 \
  tests/data/check_table
EXTRA_DIST += tests/data/reading.h tests/data/scratch.h tests/data/server.py tests/data/tiny.h tests/data/README.md \
  tests/data/make_files.py tests/data/files
tests_data_check_batch_SOURCES = tests/data/check_batch.c
tests_data_check_batch_LDADD = $(check_ldadd)
tests_data_check_csv_SOURCES = tests/data/check_csv.c
tests_data_check_csv_LDADD = $(check_ldadd)
tests_data_check_fetch_SOURCES = tests/data/check_fetch.c
tests_data_check_fetch_LDADD = $(check_ldadd)
tests_data_check_hdf5_SOURCES = tests/data/check_hdf5.c
tests_data_check_hdf5_LDADD = $(check_ldadd)
tests_data_check_idx_SOURCES = tests/data/check_idx.c
tests_data_check_idx_LDADD = $(check_ldadd)
tests_data_check_images_SOURCES = tests/data/check_images.c
tests_data_check_images_LDADD = $(check_ldadd)
tests_data_check_libsvm_SOURCES = tests/data/check_libsvm.c
tests_data_check_libsvm_LDADD = $(check_ldadd)
tests_data_check_mat_SOURCES = tests/data/check_mat.c
tests_data_check_mat_LDADD = $(check_ldadd)
tests_data_check_npy_SOURCES = tests/data/check_npy.c
tests_data_check_npy_LDADD = $(check_ldadd)
tests_data_check_npz_SOURCES = tests/data/check_npz.c
tests_data_check_npz_LDADD = $(check_ldadd)
tests_data_check_sha256_SOURCES = tests/data/check_sha256.c
tests_data_check_sha256_LDADD = $(check_ldadd)
tests_data_check_table_SOURCES = tests/data/check_table.c
tests_data_check_table_LDADD = $(check_ldadd)
