/* IDX files: what is read, and the message for every way a file can lie. */
#include <errno.h>

#include "base/arena.h"
#include "data/idx.h"
#include "tests/data/tiny.h"

static struct array column;
static char sha256[SHA256_TEXT];

static bool read_images(const char *path, struct fault *fault) {
  *fault = (struct fault){0};
  return idx_read(path, &tiny_columns[0], 4, &column, sha256, fault);
}

static void expect_good(const char *path) {
  struct fault fault;
  ck_assert_msg(read_images(path, &fault), "%s", fault.text);
  ck_assert_int_eq(column.rows, 4);
  ck_assert_int_eq(column.type, U8);
  ck_assert(shape_equal(column.shape, tiny_columns[0].shape));
  for (int i = 0; i < 24; i++) ck_assert_uint_eq(((uint8_t *)column.data)[i], i);
  ck_assert_str_eq(sha256, tiny_columns[0].file[SPLIT_TRAIN].sha256);
  free(column.data);
}

static void expect_lie(const char *path, const char *message) {
  struct fault fault;
  ck_assert(!read_images(path, &fault));
  EXPECT_FAULT(fault, message);
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
  struct fault fault = {0};
  write_images("f", 0x803, 1, 2, 3, 6);
  ck_assert(idx_read("f", &tiny_columns[0], 4, &column, sha256, &fault));
  ck_assert_int_eq(column.rows, 1);
  free(column.data);
}
END_TEST

START_TEST(missing_or_no_file) {
  expect_lie("f", "cannot open 'f': No such file or directory");
  ck_assert_int_eq(mkdir("g", 0777), 0);
  expect_lie("g", "'g' cannot be read: Is a directory");
}
END_TEST

START_TEST(truncated_anywhere) {
  char message[200];
  unsigned char bytes[64];
  size_t size = idx_bytes(bytes, (uint32_t[]){0x803, 4, 2, 3}, 4, 24);
  for (size_t n = 0; n < size; n++) {
    scratch_write("f", bytes, n);
    if (n < 16) snprintf(message, sizeof message, "'f' is truncated: %zu bytes of the 16 that a header takes", n);
    else snprintf(message, sizeof message, "'f' is truncated: %zu bytes of the 40 that its header promises", n);
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
    struct fault fault;
    scratch_write("g.gz", bytes, n);
    ck_assert_msg(!read_images("g.gz", &fault), "%zu bytes of %zu were taken", n, size);
  }
  scratch_write("g.gz", bytes, size - 8);
  expect_lie("g.gz", "'g.gz' is truncated: its compressed data has no end");
  bytes[size - 8] ^= 1;
  scratch_write("g.gz", bytes, size);
  expect_lie("g.gz", "'g.gz' cannot be read: incorrect data check");
  free(bytes);
}
END_TEST

START_TEST(wrong_magic) {
  write_images("f", 0xd03, 4, 2, 3, 24);
  expect_lie("f", "'f' begins with 0x00000d03 where an IDX file of 'image' begins with 0x00000803");
  write_labels("g", 4, "\0\1\2\1");
  expect_lie("g", "'g' begins with 0x00000801 where an IDX file of 'image' begins with 0x00000803");
}
END_TEST

START_TEST(wrong_dimensions) {
  write_images("f", 0x803, 4, 3, 2, 24);
  expect_lie("f", "'f' has rows of [3, 2] where 'image' has [2, 3]");
  write_images("f", 0x803, 4, 0xffffffffu, 0xffffffffu, 24);
  expect_lie("f", "'f' has rows of [4294967295, 4294967295] where 'image' has [2, 3]");
}
END_TEST

START_TEST(absurd_numbers_of_rows) {
  write_images("f", 0x803, 0xffffffffu, 2, 3, 24);
  expect_lie("f", "'f' promises 4294967295 rows where 1 to 4 are possible");
  write_images("f", 0x803, 0, 2, 3, 0);
  expect_lie("f", "'f' promises 0 rows where 1 to 4 are possible");
  write_images("f", 0x803, 5, 2, 3, 30);
  expect_lie("f", "'f' promises 5 rows where 1 to 4 are possible");
}
END_TEST

START_TEST(trailing_bytes) {
  write_images("f", 0x803, 4, 2, 3, 25);
  expect_lie("f", "'f' goes on after the 40 bytes that its header promises");
  scratch_shell("gzip f");
  expect_lie("f.gz", "'f.gz' goes on after the 40 bytes that its header promises");
}
END_TEST

START_TEST(no_memory) {
  write_images("f", 0x803, 4, 2, 3, 24);
  base_fail_after = 0;
  expect_lie("f", "no memory for the 4 rows of 'f'");
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("idx");
  scratch_add(tests);
  tcase_add_test(tests, plain_and_compressed_are_the_same);
  tcase_add_test(tests, fewer_rows_are_fine);
  tcase_add_test(tests, missing_or_no_file);
  tcase_add_test(tests, truncated_anywhere);
  tcase_add_test(tests, a_damaged_compressed_file);
  tcase_add_test(tests, wrong_magic);
  tcase_add_test(tests, wrong_dimensions);
  tcase_add_test(tests, absurd_numbers_of_rows);
  tcase_add_test(tests, trailing_bytes);
  tcase_add_test(tests, no_memory);
  return scratch_main("idx", tests);
}
