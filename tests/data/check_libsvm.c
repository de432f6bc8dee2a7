/* LIBSVM's format: as scikit-learn wrote it, and broken. */
#include "tests/data/reading.h"

static void expect_rows(struct datafile *file) {
  expect_entries(file, "x f64 [batch, 4] of 3 rows\nlabel f64 [batch] of 3 rows\n");
  EXPECT_NUMBERS(file, "x", 0.1, 0, -3, 0, 0, 0, 0, 0, 0, 1.0 / 3, 0, 1e-30);
  EXPECT_NUMBERS(file, "label", 1, -1, 2);
  int32_t *label = read_all(file, "label", I32);
  ck_assert(label[0] == 1 && label[1] == -1 && label[2] == 2);
  datafile_close(file);
}

START_TEST(as_scikit_learn_wrote_it) {
  expect_rows(open_good(checked_in("from0.svm")));
  expect_rows(open_good(checked_in("from1.svm")));
}
END_TEST

START_TEST(by_its_contents) {
  const char text[] = "# a remark\n\n+1 1:0.5 3:nan  # another\r\n-1\t2:1e3\n";
  scratch_write("f.txt", text, strlen(text));
  struct datafile *file = open_good("f.txt");
  ck_assert_str_eq(file->format, "LIBSVM");
  EXPECT_NUMBERS(file, "x", 0.5, 0, NAN, 0, 1e3, 0);
  EXPECT_NUMBERS(file, "label", 1, -1);
  datafile_close(file);
}
END_TEST

static void expect_broken(const char *text, const char *message) {
  scratch_write("f.svm", text, strlen(text));
  expect_refused("f.svm", message);
}

START_TEST(broken_lines) {
  char text[2048];
  memset(text, ' ', sizeof text); /* past what the format is recognised by */
  memcpy(text, "1 1:1\n", 6);
  strcpy(text + 1500, "\n1 2:1 x:3\n");
  expect_broken(text, "'f.svm', line 3: an index, a colon and a number are expected at 'x:3'");
  strcpy(text + 1500, "\n1 2:1 2:3\n");
  expect_broken(text, "'f.svm', line 3: indices rise within a line, and one does not at '2:3'");
  strcpy(text + 1500, "\n1,2 2:1\n");
  expect_broken(text, "'f.svm', line 3: a label is a number, and not '1,2'");
  expect_broken("1 0:1\n1 0:-1e400\n", "'f.svm', line 2: a number is larger than any can be at '0:-1e400'");
  expect_broken("1 0:1\n1e400 0:1\n", "'f.svm', line 2: a label is a number, and not '1e400'");
  expect_broken("1 0:1 9223372036854775807:1\n", "'f.svm' cannot be read as LIBSVM: an index in it is absurd");
}
END_TEST

START_TEST(a_limit_for_what_is_dense) {
  struct error error = {0};
  double out[1];
  scratch_write("f.svm", "1 2000000000:1\n", 15);
  struct datafile *file = open_good("f.svm");
  ck_assert(!datafile_read(file, &file->entry[0], 0, 1, F64, out, &error));
  EXPECT_ERROR(error, "'f.svm' cannot be read as LIBSVM: its arrays take more than 8589934592 bytes, the limit");
  datafile_close(file);
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("libsvm");
  tcase_add_test(tests, as_scikit_learn_wrote_it);
  tcase_add_test(tests, by_its_contents);
  tcase_add_test(tests, broken_lines);
  tcase_add_test(tests, a_limit_for_what_is_dense);
  return reading_main("libsvm", tests);
}
