/* .npz archives, as NumPy wrote them, and broken anywhere. */
#include "tests/data/reading.h"

START_TEST(every_type) {
  static const char *const kinds[] = {"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"};
  struct datafile *file = open_good(checked_in("types.npz"));
  ck_assert_uint_eq(file->n, 13);
  for (int i = 0; i < 11; i++) {
    double less = kinds[i][0] == 'u' ? 0 : 7;
    ck_assert_int_eq(file->entry[i].rows, 3);
    ck_assert_int_eq(file->entry[i].shape.dim[0], 2);
    EXPECT_NUMBERS(file, kinds[i], 0 - less, 3 - less, 6 - less, 9 - less, 12 - less, 15 - less);
  }
  EXPECT_NUMBERS(file, "flag", 1, 0, 1);
  EXPECT_NUMBERS(file, "label", 1, 0, 1);
  ck_assert_str_eq(entry_line(entry_named(file, "label")), "label text [batch] of 3 rows in a|b");
  datafile_close(file);
}
END_TEST

START_TEST(compressed) {
  struct datafile *file = open_good(checked_in("deflated.npz"));
  expect_entries(file, "x f64 [batch, 4] of 300 rows\nobjects: it holds Python objects\n"
                       "scalar f32 [batch] of 1 rows\n");
  double *x = read_all(file, "x", F64);
  for (int i = 0; i < 1200; i++) ck_assert_double_eq(x[i], i);
  EXPECT_NUMBERS(file, "scalar", 0.1f);
  datafile_close(file);
}
END_TEST

START_TEST(a_limit) {
  struct error error = {0};
  struct datafile *file = open_by(checked_in("deflated.npz"), (struct datafile_options){.limit = 9000});
  double x[4];
  ck_assert(!datafile_read(file, &file->entry[0], 0, 1, F64, x, &error));
  EXPECT_ERROR(error, arena_format(reading_arena,
                                   "'%s' cannot be read as NumPy archive: its arrays take more than "
                                   "9000 bytes, the limit",
                                   checked_in("deflated.npz")));
  datafile_close(file);
}
END_TEST

/* Whatever byte is another, the file is refused, or an array is, or what is read is what was written. */
START_TEST(damaged_anywhere) {
  size_t size;
  char *bytes = scratch_read(checked_in("deflated.npz"), &size);
  static double x[1200];
  for (size_t k = 0; k < size; k++) {
    struct error error = {0};
    bytes[k] ^= 0x55;
    scratch_write("f.npz", bytes, size);
    bytes[k] ^= 0x55;
    struct datafile *file = datafile_open("f.npz", NULL, reading_arena, &error);
    if (!file) continue;
    const struct entry *entry = datafile_entry(file, "x", &error);
    if (entry && entry->rows == 300 && datafile_read(file, entry, 0, 300, F64, x, &error))
      for (int i = 0; i < 1200; i++) ck_assert_msg(x[i] == i, "byte %zu changes an array, and nothing is said", k);
    datafile_close(file);
  }
  for (size_t n = 0; n < size; n++) {
    struct error error = {0};
    scratch_write("f.npz", bytes, n);
    ck_assert_ptr_null(datafile_open("f.npz", NULL, reading_arena, &error));
  }
  free(bytes);
}
END_TEST

START_TEST(without_the_library) { expect_without("types.npz", "NumPy archive", "libzip"); }
END_TEST

int main(void) {
  TCase *tests = tcase_create("npz");
  if (BUILT_WITH_ZIP) {
    tcase_add_test(tests, every_type);
    tcase_add_test(tests, compressed);
    tcase_add_test(tests, a_limit);
    tcase_add_test(tests, damaged_anywhere);
  } else {
    tcase_add_test(tests, without_the_library);
  }
  return reading_main("npz", tests);
}
