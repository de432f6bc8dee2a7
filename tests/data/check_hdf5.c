/* HDF5 files, as h5py wrote them: every type, groups, strings, compressed chunks, and broken anywhere. */
#include "tests/data/reading.h"

START_TEST(every_type) {
  static const char *const kinds[] = {"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"};
  struct datafile *file = open_good(checked_in("kinds.h5"));
  ck_assert_uint_eq(file->n, 12);
  for (int i = 0; i < 11; i++) {
    double less = kinds[i][0] == 'u' ? 0 : 7;
    const char *type = arena_format(reading_arena, "%c%d", kinds[i][0], 8 * (kinds[i][1] - '0'));
    ck_assert_str_eq(entry_line(entry_named(file, kinds[i])),
                     arena_format(reading_arena, "%s %s [batch, 2] of 3 rows", kinds[i], type));
    EXPECT_NUMBERS(file, kinds[i], 0 - less, 3 - less, 6 - less, 9 - less, 12 - less, 15 - less);
  }
  ck_assert_str_eq(entry_line(entry_named(file, "flag")), "flag bool [batch] of 3 rows");
  EXPECT_NUMBERS(file, "flag", 1, 0, 1);
  datafile_close(file);
}
END_TEST

START_TEST(groups_and_strings) {
  struct datafile *file = open_good(checked_in("groups.h5"));
  expect_entries(file, "complex: it is neither numbers nor strings\npairs: it is neither numbers nor strings\n"
                       "scalar f32 [batch] of 1 rows\nviews/deep/label text [batch] of 4 rows in cat|dog|äpfel\n"
                       "views/fixed text [batch] of 4 rows, 1 missing in a|bb\nviews/x f64 [batch, 3, 2] of 4 rows\n");
  double *x = read_all(file, "views/x", F64);
  for (int k = 0; k < 24; k++) ck_assert_double_eq(x[k], k);
  EXPECT_NUMBERS(file, "scalar", 0.1f);
  EXPECT_NUMBERS(file, "views/deep/label", 0, 2, 0, 1);
  EXPECT_NUMBERS(file, "views/fixed", 0, 1, NAN, 0);
  datafile_close(file);
  file = open_by(checked_in("groups.h5"), (struct datafile_options){.by = BY_COLUMNS});
  ck_assert_str_eq(entry_line(entry_named(file, "views/x")), "views/x f64 [batch, 4, 3] of 2 rows");
  x = read_all(file, "views/x", F64);
  for (int k = 0; k < 24; k++) ck_assert_double_eq(x[k], k % 12 * 2 + k / 12);
  datafile_close(file);
}
END_TEST

/* Whatever byte is another, the library's end is not ours. */
START_TEST(damaged_anywhere) {
  size_t size, errors = 0;
  char *bytes = scratch_read(checked_in("groups.h5"), &size);
  for (size_t k = 0; k < size; k += 37) {
    struct error error = {0};
    bytes[k] ^= 0x55;
    scratch_write("f.h5", bytes, size);
    bytes[k] ^= 0x55;
    struct datafile *file = datafile_open("f.h5", NULL, reading_arena, &error);
    for (size_t i = 0; file && i < file->n; i++) {
      const struct entry *entry = &file->entry[i];
      double *out = entry->refused ? NULL : arena_alloc(reading_arena, 8 * (size_t)shape_count(entry->shape));
      if (out) datafile_read(file, entry, entry->rows - 1, 1, F64, out, &error);
    }
    errors += error.kind == ERROR_DATA;
    datafile_close(file);
  }
  ck_assert_uint_gt(errors, 0);
  free(bytes);
}
END_TEST

START_TEST(without_the_library) { expect_without("kinds.h5", "HDF5", "libhdf5"); }
END_TEST

int main(void) {
  TCase *tests = tcase_create("hdf5");
  if (BUILT_WITH_HDF5) {
    tcase_add_test(tests, every_type);
    tcase_add_test(tests, groups_and_strings);
    tcase_add_test(tests, damaged_anywhere);
  } else {
    tcase_add_test(tests, without_the_library);
  }
  return reading_main("hdf5", tests);
}
