/* .npy files: every type in both byte orders and both orders of axes, what NumPy wrote, and what lies. */
#include <unistd.h>

#include "tests/data/reading.h"

/* ---- files that the test writes ---- */

static size_t npy_bytes(unsigned char *out, const char *header, const void *elements, size_t size) {
  size_t length = strlen(header);
  memcpy(out, "\x93NUMPY\1\0", 8);
  out[8] = (unsigned char)length;
  out[9] = (unsigned char)(length >> 8);
  memcpy(out + 10, header, length);
  memcpy(out + 10 + length, elements, size);
  return 10 + length + size;
}

static void write_npy(const char *path, const char *header, const void *elements, size_t size) {
  unsigned char bytes[4096];
  scratch_write(path, bytes, npy_bytes(bytes, header, elements, size));
}

enum { ROWS = 3, A = 2, B = 2, ALL = ROWS * A * B };

/* Element k of the array: whole, and within every type that has 8 bits but the sign. */
static int number(int k, bool has_sign) { return has_sign ? 10 * k - 55 : 11 * k + 3; }

/* The elements in a byte order and an order of axes. */
static void put_elements(unsigned char *out, const char *type, bool big, bool columns_first) {
  int size = type[1] - '0';
  for (int k = 0; k < ALL; k++) {
    int r = k / (A * B), a = k / B % A, b = k % B, at = columns_first ? r + ROWS * (a + A * b) : k;
    int64_t whole = number(k, type[0] != 'u');
    float single = (float)whole;
    double wide = (double)whole;
    unsigned char bytes[8];
    if (type[0] != 'f') memcpy(bytes, &whole, 8);
    else if (size == 4) memcpy(bytes, &single, 4);
    else memcpy(bytes, &wide, 8);
    for (int i = 0; i < size; i++) out[at * size + i] = bytes[big ? size - 1 - i : i];
  }
}

START_TEST(every_type_in_every_order) {
  static const char *const types[] = {"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"};
  for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    for (int order = 0; order < 4; order++) {
      bool big = order & 1, columns_first = order & 2, has_sign = types[t][0] != 'u';
      unsigned char elements[8 * ALL];
      put_elements(elements, types[t], big, columns_first);
      const char *header = arena_format(reading_arena, "{'descr': '%c%s', 'fortran_order': %s, 'shape': (3, 2, 2), }\n",
                                        big ? '>' : '<', types[t], columns_first ? "True" : "False");
      write_npy("f.npy", header, elements, sizeof elements / 8 * (size_t)(types[t][1] - '0'));
      struct datafile *file = open_good("f.npy");
      expect_entries(
          file, arena_format(reading_arena, "f %c%d [batch, 2, 2] of 3 rows\n", types[t][0], 8 * (types[t][1] - '0')));
      double *wide = read_all(file, "f", F64);
      float *single = read_all(file, "f", F32);
      int64_t *whole = read_all(file, "f", I64);
      int32_t *narrow = read_all(file, "f", I32);
      for (int k = 0; k < ALL; k++) {
        int expected = number(k, has_sign);
        ck_assert(wide[k] == expected && single[k] == (float)expected && whole[k] == expected && narrow[k] == expected);
      }
      if (!has_sign) {
        uint8_t *byte = read_all(file, "f", U8);
        for (int k = 0; k < ALL; k++) ck_assert_int_eq(byte[k], number(k, false));
      }
      datafile_close(file);
    }
}
END_TEST

START_TEST(rows_in_pieces) {
  unsigned char elements[8 * ALL];
  for (int order = 0; order < 2; order++) {
    put_elements(elements, "i2", false, order);
    write_npy("f.npy",
              order ? "{'descr': '<i2', 'fortran_order': True, 'shape': (3, 2, 2)}"
                    : "{'descr': '<i2', 'fortran_order': False, 'shape': (3, 2, 2)}",
              elements, 2 * ALL);
    struct datafile *file = open_good("f.npy");
    for (int64_t first = 0; first <= ROWS; first++)
      for (int64_t n = 0; n <= ROWS - first; n++) {
        struct error error = {0};
        int32_t out[ALL + 1] = {0};
        ck_assert(datafile_read(file, &file->entry[0], first, n, I32, out, &error));
        for (int k = 0; k < n * A * B; k++) ck_assert_int_eq(out[k], number((int)first * A * B + k, true));
        ck_assert_int_eq(out[n * A * B], 0);
      }
    struct error error = {0};
    int32_t out[2 * ALL];
    ck_assert(!datafile_read(file, &file->entry[0], 2, 2, I32, out, &error));
    EXPECT_ERROR(error, "'f' of 'f.npy' has 3 rows; rows 2 to 3 were asked for");
    datafile_close(file);
  }
}
END_TEST

/* Someone writes the file anew while it is read. */
START_TEST(cut_short_while_it_is_open) {
  double elements[4] = {1, 2, 3, 4}, out[4];
  struct error error = {0};
  write_npy("f.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}", elements, sizeof elements);
  struct datafile *file = open_good("f.npy");
  ck_assert(datafile_read(file, &file->entry[0], 0, 4, F64, out, &error));
  ck_assert_int_eq(truncate("f.npy", 10), 0);
  ck_assert(!datafile_read(file, &file->entry[0], 0, 4, F64, out, &error));
  EXPECT_ERROR(error, "'f.npy' has become shorter since it was opened");
  datafile_close(file);
}
END_TEST

START_TEST(rows_by_columns) {
  const double elements[] = {0, 1, 2, 3, 4, 5};
  write_npy("f.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", elements, sizeof elements);
  struct datafile *file = open_by("f.npy", (struct datafile_options){.by = BY_COLUMNS});
  expect_entries(file, "f f64 [batch, 2] of 3 rows\n");
  EXPECT_NUMBERS(file, "f", 0, 3, 1, 4, 2, 5);
  datafile_close(file);
}
END_TEST

START_TEST(numbers_without_a_place) {
  const double elements[] = {1, 2, 255, 256, 0.5, 1e300, NAN};
  const char *const message[] = {"'f' of 'f.npy' holds 256 in row 3, which has no place in u8",
                                 "'f' of 'f.npy' holds 0.5 in row 4, which has no place in i32",
                                 "'f' of 'f.npy' holds 1e+300 in row 5, which has no place in f32",
                                 "'f' of 'f.npy' holds a missing value in row 6, which has no place in i64"};
  const enum dtype as[] = {U8, I32, F32, I64};
  write_npy("f.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (7,)}", elements, sizeof elements);
  struct datafile *file = open_good("f.npy");
  for (int i = 0; i < 4; i++) {
    struct error error = {0};
    double out;
    ck_assert(!datafile_read(file, &file->entry[0], 3 + i, 1, as[i], &out, &error));
    EXPECT_ERROR(error, message[i]);
    error = (struct error){0};
    ck_assert(datafile_read(file, &file->entry[0], 2, 1, as[i], &out, &error));
  }
  datafile_close(file);
}
END_TEST

START_TEST(the_least_and_the_largest) {
  const int64_t elements[] = {INT64_MIN, INT64_MAX, INT32_MIN, INT32_MAX, -1};
  write_npy("f.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (5,)}", elements, sizeof elements);
  struct datafile *file = open_good("f.npy");
  ck_assert_mem_eq(read_all(file, "f", I64), elements, sizeof elements);
  expect_unread(file, "f", I32, "'f' of 'f.npy' holds -9223372036854775808 in row 0, which has no place in i32");
  expect_unread(file, "f", U8, "'f' of 'f.npy' holds -9223372036854775808 in row 0, which has no place in u8");
  int32_t narrow[2];
  struct error error = {0};
  ck_assert(datafile_read(file, &file->entry[0], 2, 2, I32, narrow, &error));
  ck_assert(narrow[0] == INT32_MIN && narrow[1] == INT32_MAX);
  ck_assert(!datafile_read(file, &file->entry[0], 4, 1, U8, narrow, &error));
  EXPECT_ERROR(error, "'f' of 'f.npy' holds -1 in row 4, which has no place in u8");
  datafile_close(file);
}
END_TEST

/* ---- files that NumPy wrote ---- */

START_TEST(as_numpy_wrote_them) {
  struct datafile *rows = open_good(checked_in("cube_f8.npy")), *columns = open_good(checked_in("cube_f8_fortran.npy"));
  struct datafile *big = open_good(checked_in("cube_i2_big.npy"));
  expect_entries(rows, "cube_f8 f64 [batch, 3, 2] of 4 rows\n");
  expect_entries(columns, "cube_f8_fortran f64 [batch, 3, 2] of 4 rows\n");
  expect_entries(big, "cube_i2_big i16 [batch, 3, 2] of 4 rows\n");
  double cube[24], less[24];
  for (int k = 0; k < 24; k++) cube[k] = k / 4.0, less[k] = k - 12;
  expect_numbers(rows, "cube_f8", cube, 24);
  expect_numbers(columns, "cube_f8_fortran", cube, 24);
  expect_numbers(big, "cube_i2_big", less, 24);
  datafile_close(rows);
  datafile_close(columns);
  datafile_close(big);
}
END_TEST

START_TEST(halves_booleans_and_large_numbers) {
  struct datafile *file = open_good(checked_in("half.npy"));
  EXPECT_NUMBERS(file, "half", 0, -0.0, 1, 0x1.554p-2, 65504, 0x1p-24, INFINITY, NAN);
  datafile_close(file);
  file = open_good(checked_in("version3.npy"));
  expect_entries(file, "version3 bool [batch] of 3 rows\n");
  EXPECT_NUMBERS(file, "version3", 1, 0, 1);
  datafile_close(file);
  file = open_good(checked_in("version2.npy"));
  expect_entries(file, "version2 u64 [batch] of 2 rows\n");
  EXPECT_NUMBERS(file, "version2", 0x1p63, 0x1p64);
  expect_unread(file, "version2", I64,
                arena_format(reading_arena,
                             "'version2' of '%s' holds 9223372036854775808 in "
                             "row 0, which has no place in i64",
                             checked_in("version2.npy")));
  datafile_close(file);
}
END_TEST

START_TEST(strings_become_classes) {
  struct datafile *file = open_good(checked_in("names.npy"));
  expect_entries(file, "names text [batch] of 5 rows, 1 missing in bird 東|cat|äpfel\n");
  EXPECT_NUMBERS(file, "names", 1, 2, NAN, 1, 0);
  expect_unread(file, "names", I32,
                arena_format(reading_arena,
                             "'names' of '%s' holds a missing value in row 2, which "
                             "has no place in i32",
                             checked_in("names.npy")));
  datafile_close(file);
  file = open_good(checked_in("bytes.npy"));
  expect_entries(file, "bytes text [batch] of 4 rows, 1 missing in cat|dog\n");
  EXPECT_NUMBERS(file, "bytes", 0, 1, NAN, 0);
  datafile_close(file);
}
END_TEST

START_TEST(what_is_no_array_of_numbers) {
  struct datafile *file = open_good(checked_in("complex.npy"));
  expect_entries(file, "complex: it holds complex numbers\n");
  expect_unread(file, "complex", F64,
                arena_format(reading_arena,
                             "'complex' of '%s' cannot be read: it holds complex "
                             "numbers",
                             checked_in("complex.npy")));
  datafile_close(file);
  file = open_good(checked_in("records.npy"));
  expect_entries(file, "records: its elements are records of several fields\n");
  datafile_close(file);
}
END_TEST

START_TEST(compressed_is_the_same) {
  scratch_shell(arena_format(reading_arena, "gzip -c '%s' >f.npy.gz", checked_in("cube_i2_big.npy")));
  struct datafile *file = open_good("f.npy.gz");
  expect_entries(file, "f i16 [batch, 3, 2] of 4 rows\n");
  ck_assert_double_eq(((double *)read_all(file, "f", F64))[23], 11);
  datafile_close(file);
  scratch_shell("head -c 60 f.npy.gz >g.npy.gz");
  expect_refused("g.npy.gz", "'g.npy.gz' is truncated: its compressed data has no end");
  struct error error = {0};
  ck_assert_ptr_null(datafile_open("f.npy.gz", &(struct datafile_options){.limit = 100}, reading_arena, &error));
  EXPECT_ERROR(error, "'f.npy.gz' decompresses to more than 100 bytes, the limit");
}
END_TEST

START_TEST(the_digest_is_of_the_bytes_on_disk) {
  struct error error = {0};
  char hex[SHA256_HEX];
  struct datafile *file = open_good(checked_in("half.npy"));
  ck_assert(datafile_digest(file, hex, &error));
  const char *command = "sha256sum '%s' | cut -c 1-64 | tr -d '\\n' >digest";
  scratch_shell(arena_format(reading_arena, command, checked_in("half.npy")));
  size_t size;
  char *expected = scratch_read("digest", &size);
  ck_assert_str_eq(hex, expected);
  free(expected);
  datafile_close(file);
}
END_TEST

/* ---- files that lie ---- */

static void expect_lie(const char *header, size_t size, const char *problem) {
  const char elements[64] = {0};
  write_npy("f.npy", header, elements, size);
  expect_refused("f.npy", arena_format(reading_arena, "'f.npy' cannot be read as NumPy array: %s", problem));
}

START_TEST(headers_that_lie) {
  expect_lie("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", 23,
             "it is truncated: 23 bytes of the 24 that its header promises");
  expect_lie("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", 25,
             "it goes on after the 24 bytes that its header promises");
  expect_lie("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 8,
             "its header promises more bytes than there can be");
  expect_lie("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", 8,
             "a length in its header is absurd");
  expect_lie("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", 8, "its header has no shape");
  expect_lie("{'descr': '<f8', 'fortran_order': False, 'shape': (1,}", 8, "its header has no shape");
  expect_lie("{'descr': '<f8', 'fortran_order': False, 'shape': (1 1)}", 8, "its shape has no end");
  expect_lie("{'descr': '<f8', 'fortran_order': False}", 8, "its header lacks a key");
  expect_lie("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}", 8, "its header has a key twice");
  expect_lie("{'descr': '<f8', 'fortran_order': 1, 'shape': ()}", 8, "its order is neither True nor False");
  expect_lie("{'descr': 'f8', 'fortran_order': False, 'shape': ()}", 8, "its element type is not understood");
  expect_lie("{'descr': '<f8x', 'fortran_order': False, 'shape': ()}", 8, "its element type is not understood");
  expect_lie("{'descr': '<f8', 'size': 3, 'fortran_order': False, 'shape': ()}", 8,
             "its header has a key that is none of NumPy's");
  expect_lie("{'descr': [('a', '<f8'", 8, "the fields in its header have no end");
  expect_lie("{'descr': '<f8", 8, "a string in its header has no end");
  expect_lie("{} and more", 8, "its header goes on after the dictionary");
  expect_lie("[]", 8, "its header is not a dictionary");
}
END_TEST

START_TEST(truncated_anywhere) {
  unsigned char bytes[256];
  size_t size = npy_bytes(bytes, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", "0123456789abcdef", 16);
  for (size_t n = 0; n < size; n++) {
    struct error error = {0};
    scratch_write("f.npy", bytes, n);
    ck_assert_ptr_null(datafile_open("f.npy", NULL, reading_arena, &error));
    ck_assert_int_eq(error.kind, ERROR_DATA);
  }
  bytes[6] = 9;
  scratch_write("f.npy", bytes, size);
  expect_refused("f.npy", "'f.npy' cannot be read as NumPy array: it is of version 9.0, which is not known");
}
END_TEST

START_TEST(no_array_at_all) {
  expect_refused("f.npy", "cannot open 'f.npy': No such file or directory");
  scratch_write("f.npy", "", 0);
  expect_refused("f.npy", "'f.npy' is empty");
  scratch_write("f.npy",
                "\x7f"
                "ELF\0",
                5);
  expect_refused("f.npy", "'f.npy' is named like NumPy array files, and has other contents");
  struct datafile *file = open_good(checked_in("half.npy"));
  struct error error = {0};
  ck_assert_ptr_null(datafile_entry(file, "hlaf", &error));
  ck_assert_str_eq(error.hint, "did you mean 'half'?");
  error = (struct error){0};
  ck_assert_ptr_null(datafile_entry(file, "x", &error));
  ck_assert_str_eq(error.hint, "it has 'half'");
  datafile_close(file);
  const double element = 0;
  write_npy("f.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1)}", &element, 8);
  expect_entries(open_good("f.npy"), "f: it has 7 axes, more than 6\n");
  write_npy("f.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3)}", &element, 0);
  expect_entries(open_good("f.npy"), "f: it is empty\n");
  write_npy("f.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': ()}", &element, 8);
  expect_entries(open_good("f.npy"), "f f64 [batch] of 1 rows\n");
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("npy");
  tcase_add_test(tests, every_type_in_every_order);
  tcase_add_test(tests, rows_in_pieces);
  tcase_add_test(tests, cut_short_while_it_is_open);
  tcase_add_test(tests, rows_by_columns);
  tcase_add_test(tests, numbers_without_a_place);
  tcase_add_test(tests, the_least_and_the_largest);
  tcase_add_test(tests, as_numpy_wrote_them);
  tcase_add_test(tests, halves_booleans_and_large_numbers);
  tcase_add_test(tests, strings_become_classes);
  tcase_add_test(tests, what_is_no_array_of_numbers);
  tcase_add_test(tests, compressed_is_the_same);
  tcase_add_test(tests, the_digest_is_of_the_bytes_on_disk);
  tcase_add_test(tests, headers_that_lie);
  tcase_add_test(tests, truncated_anywhere);
  tcase_add_test(tests, no_array_at_all);
  return reading_main("npy", tests);
}
