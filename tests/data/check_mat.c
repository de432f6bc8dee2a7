/* MATLAB's files, as SciPy and h5py wrote them: what is in them, and which axis counts the rows. */
#include "tests/data/reading.h"

START_TEST(every_type) {
  static const char *const kinds[] = {"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"};
  struct datafile *file = open_good(checked_in("kinds_v5.mat"));
  ck_assert_str_eq(file->format, "MATLAB 5");
  ck_assert_uint_eq(file->n, 10);
  for (int i = 0; i < 10; i++) {
    double less = kinds[i][0] == 'u' ? 0 : 7;
    const char *type = arena_format(reading_arena, "%c%d", kinds[i][0], 8 * (kinds[i][1] - '0'));
    ck_assert_str_eq(entry_line(&file->entry[i]),
                     arena_format(reading_arena, "%s %s [batch, 2] of 3 rows", kinds[i], type));
    EXPECT_NUMBERS(file, kinds[i], 0 - less, 3 - less, 6 - less, 9 - less, 12 - less, 15 - less);
  }
  datafile_close(file);
}
END_TEST

static void expect_views(struct datafile *file) {
  EXPECT_NUMBERS(file, "X{1}", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  EXPECT_NUMBERS(file, "X{2}", 0, 1, 2, 3, 4, 5, 6, 7);
  EXPECT_NUMBERS(file, "Y", 1, 2, 1, 3);
}

START_TEST(cells_strings_and_structures) {
  struct datafile *file = open_good(checked_in("views_v5.mat"));
  expect_entries(file, "X{1} f64 [batch, 3] of 4 rows\nX{2} u16 [batch, 2] of 4 rows\nY u8 [batch] of 4 rows\n"
                       "sparse f64 [batch, 3] of 4 rows\nnames text [batch] of 4 rows in cat|dog|äpfel\n"
                       "flag bool [batch] of 4 rows\nletters text [batch] of 4 rows in ab|c|d\n"
                       "s.a f32 [batch] of 1 rows\ns.z: it holds complex numbers\n");
  expect_views(file);
  EXPECT_NUMBERS(file, "sparse", 1.5, 0, 0, 0, 0, 3, 0, 0, 0, -2, 0, 0);
  EXPECT_NUMBERS(file, "names", 0, 2, 0, 1);
  EXPECT_NUMBERS(file, "flag", 1, 0, 1, 1);
  EXPECT_NUMBERS(file, "letters", 0, 1, 0, 2);
  EXPECT_NUMBERS(file, "s.a", 0.1f);
  datafile_close(file);
  file = open_good(checked_in("views_v5_plain.mat"));
  expect_views(file);
  datafile_close(file);
}
END_TEST

START_TEST(version_4) {
  struct datafile *file = open_by(checked_in("v4.mat"), (struct datafile_options){.by = BY_ROWS});
  ck_assert_str_eq(file->format, "MATLAB 4");
  expect_entries(file, "x f64 [batch, 2] of 3 rows\nn f64 [batch, 2] of 3 rows\nsparse f64 [batch, 3] of 4 rows\n"
                       "label text [batch] of 2 rows in ab|c\n");
  EXPECT_NUMBERS(file, "x", 0, 1, 2, 3, 4, 5);
  EXPECT_NUMBERS(file, "n", -7, -4, -1, 2, 5, 8);
  EXPECT_NUMBERS(file, "sparse", 1.5, 0, 0, 0, 0, 3, 0, 0, 0, -2, 0, 0);
  datafile_close(file);
}
END_TEST

START_TEST(version_7_3) {
  struct datafile *file = open_good(checked_in("v73.mat"));
  ck_assert_str_eq(file->format, "MATLAB 7.3");
  expect_entries(file, "X{1} f64 [batch, 3] of 4 rows\nX{2} u16 [batch, 2] of 4 rows\nY u8 [batch] of 4 rows\n"
                       "cube f32 [batch, 2, 3] of 4 rows\n");
  expect_views(file);
  float *cube = read_all(file, "cube", F32);
  for (int k = 0; k < 24; k++) ck_assert_float_eq(cube[k], (float)(k % 6 * 4 + k / 6));
  datafile_close(file);
}
END_TEST

START_TEST(the_axis_of_the_rows) {
  struct datafile *file = open_good(checked_in("columns_v5.mat"));
  expect_entries(file, "X f64 [batch, 2] of 5 rows\nimages f64 [batch, 2, 4] of 5 rows\ngt f64 [batch] of 5 rows\n");
  EXPECT_NUMBERS(file, "X", 0, 5, 1, 6, 2, 7, 3, 8, 4, 9);
  double *images = read_all(file, "images", F64);
  for (int r = 0; r < 5; r++)
    for (int k = 0; k < 8; k++) ck_assert_double_eq(images[8 * r + k], 5 * k + r);
  datafile_close(file);
  file = open_by(checked_in("columns_v5.mat"), (struct datafile_options){.by = BY_ROWS});
  expect_entries(file, "X f64 [batch, 5] of 2 rows\nimages f64 [batch, 4, 5] of 2 rows\ngt f64 [batch] of 5 rows\n");
  datafile_close(file);
  file = open_by(checked_in("views_v5.mat"), (struct datafile_options){.by = BY_COLUMNS});
  ck_assert_str_eq(entry_line(&file->entry[0]), "X{1} f64 [batch, 4] of 3 rows");
  EXPECT_NUMBERS(file, "X{1}", 0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11);
  datafile_close(file);
}
END_TEST

START_TEST(a_limit_for_sparse_matrices) {
  struct error error = {0};
  double out[12];
  struct datafile *file = open_by(checked_in("v4.mat"), (struct datafile_options){.limit = 50});
  ck_assert(!datafile_read(file, entry_named(file, "sparse"), 0, 1, F64, out, &error));
  EXPECT_ERROR(error, arena_format(reading_arena,
                                   "'%s' cannot be read as MATLAB 4: its arrays take more than 50 "
                                   "bytes, the limit",
                                   checked_in("v4.mat")));
  datafile_close(file);
}
END_TEST

/* A compressed file has checksums, so that any other byte of its variables is found out. */
START_TEST(no_other_byte) {
  enum { HEADER = 128 };
  size_t size;
  char *bytes = scratch_read(checked_in("views_v5.mat"), &size);
  for (size_t k = HEADER; k < size; k++) {
    struct error error = {0};
    bytes[k] ^= 1;
    scratch_write("f.mat", bytes, size);
    bytes[k] ^= 1;
    ck_assert_msg(!datafile_open("f.mat", NULL, reading_arena, &error), "byte %zu", k);
  }
  free(bytes);
  expect_refused(
      checked_in("damaged_v5.mat"),
      arena_format(reading_arena,
                   "'%s' cannot be read as MATLAB 5: what begins at byte 128 of it is damaged, or is not all "
                   "there",
                   checked_in("damaged_v5.mat")));
}
END_TEST

/* A file that is cut anywhere but between two variables lacks something. */
START_TEST(cut_short) {
  static const struct {
    const char *name;
    size_t first, variables;
  } files[] = {{"views_v5.mat", 128, 6}, {"views_v5_plain.mat", 128, 1}, {"v4.mat", 22, 3}};
  for (int f = 0; f < 3; f++) {
    size_t size, taken = 0;
    char *bytes = scratch_read(checked_in(files[f].name), &size);
    for (size_t k = files[f].first; k < size; k++) {
      struct error error = {0};
      scratch_write("f.mat", bytes, k);
      struct datafile *file = datafile_open("f.mat", NULL, reading_arena, &error);
      taken += file != NULL;
      datafile_close(file);
    }
    ck_assert_msg(taken == files[f].variables, "%s: %zu", files[f].name, taken);
    free(bytes);
  }
}
END_TEST

/* In a file of the right length, axes that promise more numbers, or more members of a cell array, than there are. */
START_TEST(axes_that_lie) {
  static const struct {
    size_t axis;
    int begin;
  } lies[] = {{0x1b0, 400}, {0xa3, 128}};
  for (int i = 0; i < 2; i++) {
    size_t size;
    char *bytes = scratch_read(checked_in("views_v5_plain.mat"), &size);
    bytes[lies[i].axis]++;
    scratch_write("f.mat", bytes, size);
    free(bytes);
    expect_refused("f.mat", arena_format(reading_arena,
                                         "'f.mat' cannot be read as MATLAB 5: what begins at byte %d of it is damaged, "
                                         "or is not all there",
                                         lies[i].begin));
  }
}
END_TEST

/* Whatever byte is another, the library's end is not ours, and nothing is read past an entry's rows. */
START_TEST(damaged_anywhere) {
  static const char *const names[] = {"views_v5.mat", "v4.mat", "views_v5_plain.mat"};
  for (int f = 0; f < 3; f++) {
    size_t size, errors = 0;
    char *bytes = scratch_read(checked_in(names[f]), &size);
    for (size_t k = 0; k < size; k += 7) {
      struct error error = {0};
      bytes[k] ^= 0x55;
      scratch_write("f.mat", bytes, size);
      bytes[k] ^= 0x55;
      struct datafile *file = datafile_open("f.mat", NULL, reading_arena, &error);
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
}
END_TEST

START_TEST(without_the_library) { expect_without("v4.mat", "MATLAB", "matio"); }
END_TEST

int main(void) {
  TCase *tests = tcase_create("mat");
  if (BUILT_WITH_MATIO) {
    tcase_add_test(tests, every_type);
    tcase_add_test(tests, cells_strings_and_structures);
    tcase_add_test(tests, version_4);
    tcase_add_test(tests, version_7_3);
    tcase_add_test(tests, the_axis_of_the_rows);
    tcase_add_test(tests, a_limit_for_sparse_matrices);
    tcase_add_test(tests, axes_that_lie);
    tcase_add_test(tests, no_other_byte);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, damaged_anywhere);
  } else {
    tcase_add_test(tests, without_the_library);
  }
  return reading_main("mat", tests);
}
