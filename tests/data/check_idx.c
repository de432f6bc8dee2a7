/* IDX files: what is read, and the message for every way a file can lie. */
#include "data/idx.h"
#include "tests/data/reading.h"
#include "tests/data/tiny.h"

#define IS_NO_IDX "'f' cannot be read as IDX: "

static const char NPY_OF_ONE[] = "\x93NUMPY\1\0\067\0{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}x";

static struct array column;
static char sha256[SHA256_HEX];

static bool read_images(const char *path, struct error *error) {
  *error = (struct error){0};
  return idx_read(path, &tiny_columns[0], 4, &column, sha256, error);
}

static void expect_good(const char *path) {
  struct error error;
  ck_assert_msg(read_images(path, &error), "%s", error.message);
  ck_assert_int_eq(column.rows, 4);
  ck_assert_int_eq(column.type, U8);
  ck_assert(shape_equal(column.shape, tiny_columns[0].shape));
  for (int i = 0; i < 24; i++) ck_assert_uint_eq(((uint8_t *)column.data)[i], i);
  ck_assert_str_eq(sha256, tiny_columns[0].file[SPLIT_TRAIN].sha256);
  free(column.data);
}

static void expect_lie(const char *path, const char *message) {
  struct error error;
  ck_assert(!read_images(path, &error));
  EXPECT_ERROR(error, message);
  ck_assert_ptr_null(column.data);
}

START_TEST(plain_and_compressed_are_the_same) {
  write_images("f", 0x803, 4, 2, 3, 24);
  expect_good("f");
  scratch_shell("gzip -k f");
  expect_good("f.gz");
}
END_TEST

START_TEST(fewer_rows_are_fine) {
  struct error error = {0};
  write_images("f", 0x803, 1, 2, 3, 6);
  ck_assert(idx_read("f", &tiny_columns[0], 4, &column, sha256, &error));
  ck_assert_int_eq(column.rows, 1);
  free(column.data);
}
END_TEST

START_TEST(missing_or_no_file) {
  expect_lie("f", "cannot open 'f': No such file or directory");
  ck_assert_int_eq(mkdir("g", 0777), 0);
  expect_lie("g", "'g' cannot be read as folder of images: there is no PNG or JPEG file in it");
}
END_TEST

START_TEST(truncated_anywhere) {
  char message[200];
  unsigned char bytes[64];
  size_t size = idx_bytes(bytes, (uint32_t[]){0x803, 4, 2, 3}, 4, 24);
  for (size_t n = 0; n < size; n++) {
    scratch_write("f", bytes, n);
    if (n == 0) snprintf(message, sizeof message, "'f' is empty");
    else if (n < 4) snprintf(message, sizeof message, "'f' is of no format that is known");
    else if (n < 16)
      snprintf(message, sizeof message, IS_NO_IDX "it is truncated: %zu bytes of the 16 that a header takes", n);
    else
      snprintf(message, sizeof message, IS_NO_IDX "it is truncated: %zu bytes of the 40 that its header promises", n);
    expect_lie("f", message);
  }
}
END_TEST

START_TEST(a_damaged_compressed_file) {
  size_t size;
  write_images("f", 0x803, 4, 2, 3, 24);
  scratch_shell("gzip f");
  char *bytes = scratch_read("f.gz", &size);
  for (size_t n = 18; n < size; n++) { /* past gzip's own header, which is then plain text to zlib */
    struct error error;
    scratch_write("g.gz", bytes, n);
    ck_assert_msg(!read_images("g.gz", &error), "%zu bytes of %zu were taken", n, size);
  }
  scratch_write("g.gz", bytes, size - 8);
  expect_lie("g.gz", "'g.gz' is truncated: its compressed data has no end");
  bytes[size - 8] ^= 1;
  scratch_write("g.gz", bytes, size);
  expect_lie("g.gz", "'g.gz' cannot be decompressed: incorrect data check");
  free(bytes);
}
END_TEST

START_TEST(another_type_or_format) {
  write_images("f", 0xd03, 1, 2, 3, 24);
  expect_lie("f", "'f' has rows of f32 [2, 3] where 'image' has u8 [2, 3]");
  write_labels("g", 4, "\0\1\2\1");
  expect_lie("g", "'g' has rows of u8 [] where 'image' has u8 [2, 3]");
  write_images("f", 0xa03, 1, 2, 3, 24);
  expect_lie("f", "'f' is of no format that is known");
  scratch_write("g", NPY_OF_ONE, sizeof NPY_OF_ONE - 1);
  expect_lie("g", "'g' is a NumPy array file, where 'image' is an IDX file");
}
END_TEST

START_TEST(wrong_dimensions) {
  write_images("f", 0x803, 4, 3, 2, 24);
  expect_lie("f", "'f' has rows of u8 [3, 2] where 'image' has u8 [2, 3]");
  write_images("f", 0x803, 4, 0xffffffffu, 0xffffffffu, 24);
  expect_lie("f", IS_NO_IDX "its header promises more bytes than there can be");
}
END_TEST

START_TEST(absurd_numbers_of_rows) {
  write_images("f", 0x803, 0xffffffffu, 2, 3, 24);
  expect_lie("f", IS_NO_IDX "it is truncated: 40 bytes of the 25769803786 that its header promises");
  write_images("f", 0x803, 0, 2, 3, 0);
  expect_lie("f", "'f' cannot be read: it is empty");
  write_images("f", 0x803, 5, 2, 3, 30);
  expect_lie("f", "'f' has 5 rows where 1 to 4 are possible");
}
END_TEST

START_TEST(trailing_bytes) {
  write_images("f", 0x803, 4, 2, 3, 25);
  expect_lie("f", IS_NO_IDX "it goes on after the 40 bytes that its header promises");
  scratch_shell("gzip f");
  expect_lie("f.gz", "'f.gz' cannot be read as IDX: it goes on after the 40 bytes that its header promises");
}
END_TEST

/* What decompresses to more than the data set can have is not decompressed to its end. */
START_TEST(more_than_there_can_be) {
  static unsigned char zeros[1 << 20];
  memcpy(zeros, "\0\0\10\3\0\0\0\4\0\0\0\2\0\0\0\3", 16);
  scratch_write("f", zeros, sizeof zeros);
  scratch_shell("gzip f");
  expect_lie("f.gz", "'f.gz' decompresses to more than 104 bytes, the limit");
}
END_TEST

/* ---- of no data set ---- */

START_TEST(every_type) {
  static const char *const entry[] = {"u8", "i8", "i16", "i32", "f32", "f64"};
  static const unsigned char code[] = {8, 9, 11, 12, 13, 14};
  static const char element[][17] = {"\1\2",
                                     "\xff\x80",
                                     "\xff\xfe\1\2",
                                     "\xff\xff\xff\xfd\0\1\0\0",
                                     "\x3f\xc0\0\0\xc0\0\0\0",
                                     "\x3f\xf8\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0"};
  static const double number[][2] = {{1, 2}, {-1, -128}, {-2, 258}, {-3, 65536}, {1.5, -2}, {1.5, -2}};
  static const size_t size[] = {2, 2, 4, 8, 8, 16};
  for (int i = 0; i < 6; i++) {
    unsigned char bytes[32] = {0, 0, code[i], 1, 0, 0, 0, 2};
    memcpy(bytes + 8, element[i], size[i]);
    scratch_write("f", bytes, 8 + size[i]);
    struct datafile *file = open_good("f");
    expect_entries(file, arena_format(reading_arena, "f %s [batch] of 2 rows\n", entry[i]));
    expect_numbers(file, "f", number[i], 2);
    datafile_close(file);
  }
}
END_TEST

START_TEST(no_memory) {
  write_images("f", 0x803, 4, 2, 3, 24);
  long before = base_fail_after = 1000;
  expect_good("f");
  base_fail_after = before - base_fail_after - 1; /* the last that it takes is the rows' */
  expect_lie("f", "no memory for the 4 rows of 'f'");
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("idx");
  tcase_add_test(tests, plain_and_compressed_are_the_same);
  tcase_add_test(tests, fewer_rows_are_fine);
  tcase_add_test(tests, missing_or_no_file);
  tcase_add_test(tests, truncated_anywhere);
  tcase_add_test(tests, a_damaged_compressed_file);
  tcase_add_test(tests, another_type_or_format);
  tcase_add_test(tests, wrong_dimensions);
  tcase_add_test(tests, absurd_numbers_of_rows);
  tcase_add_test(tests, trailing_bytes);
  tcase_add_test(tests, more_than_there_can_be);
  tcase_add_test(tests, every_type);
  tcase_add_test(tests, no_memory);
  return reading_main("idx", tests);
}
