/* CSV: what is found out by itself, what other programs wrote, and where a table is broken. */
#include "tests/data/reading.h"

static struct datafile *open_text(const char *text) {
  scratch_write("f.csv", text, strlen(text));
  return open_good("f.csv");
}

static void expect_table(const char *text, const char *entries) {
  struct datafile *file = open_text(text);
  expect_entries(file, entries);
  datafile_close(file);
}

static void expect_broken(const char *text, const char *message) {
  scratch_write("f.csv", text, strlen(text));
  expect_refused("f.csv", message);
}

START_TEST(columns_and_their_types) {
  struct datafile *file = open_text("id,x,kind,y\n7,0.5,cat,1\n8,,dog,NA\n9,-1e-3,cat,3\n");
  expect_entries(file, "id i64 [batch] of 3 rows\nx f64 [batch] of 3 rows, 1 missing\n"
                       "kind text [batch] of 3 rows in cat|dog\ny f64 [batch] of 3 rows, 1 missing\n");
  EXPECT_NUMBERS(file, "id", 7, 8, 9);
  EXPECT_NUMBERS(file, "x", 0.5, NAN, -1e-3);
  EXPECT_NUMBERS(file, "kind", 0, 1, 0);
  EXPECT_NUMBERS(file, "y", 1, NAN, 3);
  expect_unread(file, "y", U8, "'y' of 'f.csv' holds a missing value in row 1, which has no place in u8");
  datafile_close(file);
}
END_TEST

START_TEST(every_delimiter) {
  static const char delimiters[] = ",;\t ";
  for (const char *d = delimiters; *d; d++) {
    struct datafile *file = open_text(arena_format(reading_arena, "a%cb\n1%c2.5\n3%c4.5", *d, *d, *d));
    expect_entries(file, "a i64 [batch] of 2 rows\nb f64 [batch] of 2 rows\n");
    EXPECT_NUMBERS(file, "b", 2.5, 4.5);
    datafile_close(file);
  }
  expect_table("a;b\n1,5;2,5\n", "a text [batch] of 1 rows in 1,5\nb text [batch] of 1 rows in 2,5\n");
  expect_table("x\n1\n2\n", "x i64 [batch] of 2 rows\n");
  expect_table("  1   2\n 10  20 \n", "column1 i64 [batch] of 2 rows\ncolumn2 i64 [batch] of 2 rows\n");
  scratch_write("f.csv", "a b,c\n1 2,3\n", 12);
  struct datafile *file = open_by("f.csv", (struct datafile_options){.delimiter = ' '});
  expect_entries(file, "a i64 [batch] of 1 rows\nb,c text [batch] of 1 rows in 2,3\n");
  datafile_close(file);
}
END_TEST

START_TEST(quotes) {
  struct datafile *file = open_text(
      "name,\"a, \"\"b\"\"\"\r\n\"x\ny\" , \"NA\"\r\n\"\",\"say \"\"hi\"\"\"\r\nit\"s,NA\r\n");
  expect_entries(file, "name text [batch] of 3 rows, 1 missing in it\"s|x\ny\n"
                       "a, \"b\" text [batch] of 3 rows, 1 missing in NA|say \"hi\"\n");
  EXPECT_NUMBERS(file, "name", 1, NAN, 0);
  datafile_close(file);
}
END_TEST

START_TEST(with_a_header_or_without) {
  expect_table("1,2\n3,4\n", "column1 i64 [batch] of 2 rows\ncolumn2 i64 [batch] of 2 rows\n");
  expect_table("a,b\nc,d\n", "a text [batch] of 1 rows in c\nb text [batch] of 1 rows in d\n");
  expect_table(",0,1,2,3\n0,5,5,5,5\n", "column1 i64 [batch] of 1 rows\n0 i64 [batch] of 1 rows\n"
                                        "1 i64 [batch] of 1 rows\n2 i64 [batch] of 1 rows\n3 i64 [batch] of 1 rows\n");
  expect_table("x y\none 1 2\ntwo 3 4\n", "column1 text [batch] of 2 rows in one|two\nx i64 [batch] of 2 rows\n"
                                          "y i64 [batch] of 2 rows\n");
  scratch_write("f.csv", "a,b\nc,d\n", 8);
  struct datafile *file = open_by("f.csv", (struct datafile_options){.header = HEADER_ABSENT});
  expect_entries(file, "column1 text [batch] of 2 rows in a|c\ncolumn2 text [batch] of 2 rows in b|d\n");
  datafile_close(file);
  scratch_write("f.csv", "1,2\n3,4\n", 8);
  file = open_by("f.csv", (struct datafile_options){.header = HEADER_THERE});
  expect_entries(file, "1 i64 [batch] of 1 rows\n2 i64 [batch] of 1 rows\n");
  datafile_close(file);
}
END_TEST

START_TEST(lines_that_are_none) {
  expect_table("\xef\xbb\xbf# made by hand\n\n x,y \n\n1,2\n   \n3,4\n\n",
               "x i64 [batch] of 2 rows\ny i64 [batch] of 2 rows\n");
  expect_table("a\tb\n\t\n1\t2\n", "a f64 [batch] of 2 rows, 1 missing\nb f64 [batch] of 2 rows, 1 missing\n");
}
END_TEST

/* Lines end as on any system, also in one file; in quotes a CR is text, and ends a line only for what errors say. */
START_TEST(ends_of_lines) {
  struct datafile *file = open_text("1,2\r3,4\r5,6\r");
  expect_entries(file, "column1 i64 [batch] of 3 rows\ncolumn2 i64 [batch] of 3 rows\n");
  EXPECT_NUMBERS(file, "column2", 2, 4, 6);
  datafile_close(file);
  file = open_text("a;b\r1;2\n3;4\r\n\r5;6\r\r\n7;8");
  EXPECT_NUMBERS(file, "a", 1, 3, 5, 7);
  EXPECT_NUMBERS(file, "b", 2, 4, 6, 8);
  datafile_close(file);
  expect_table("a,b\r\"x\ry\",1\r", "a text [batch] of 1 rows in x\ry\nb i64 [batch] of 1 rows\n");
  expect_table("# by hand\ra\r1\r", "a i64 [batch] of 1 rows\n");
  expect_broken("a,b\r1,2\r3\r", "'f.csv', line 3: it has 1 column where there are 2");
  expect_broken("a,b\r\"x\r\ny\",2\r\"1\"0,2\r",
                "'f.csv', line 4, column 1: a string in quotes goes on after the quotes");
  expect_broken("a,b\r1,\xe4\r", "'f.csv', line 2: the byte 0xe4 is not UTF-8");
}
END_TEST

START_TEST(numbers_to_the_bit) {
  struct datafile *file = open_text(
      "x\n0.1\n-0.0\n1e22\n1e23\n123456789012345678\n9007199254740993.0\n4.9e-324\n1.7976931348623157e308\n"
      "2.2250738585072011e-308\n.5\n5.\n+1E+2\n-inf\nInfinity\n0.000000000000000000000000000000123\n");
  EXPECT_NUMBERS(file, "x", 0.1, -0.0, 1e22, 1e23, 123456789012345678.0, 9007199254740992.0, 0x1p-1074,
                 0x1.fffffffffffffp1023, 2.2250738585072011e-308, 0.5, 5, 100, -INFINITY, INFINITY, 1.23e-31);
  datafile_close(file);
  file = open_text("x\n9223372036854775807\n-9223372036854775808\n");
  int64_t *whole = read_all(file, "x", I64);
  ck_assert(whole[0] == INT64_MAX && whole[1] == INT64_MIN);
  datafile_close(file);
  file = open_text("x\n9223372036854775808\n");
  expect_entries(file, "x f64 [batch] of 1 rows\n");
  datafile_close(file);
}
END_TEST

/* Infinite is what says so; a column of strings may hold what looks like a large number. */
START_TEST(numbers_that_are_too_large) {
  expect_table("x,y,hash\n1,2,7a\n-1e400,inf,1e400\n",
               "x: -1e400 in line 3 is larger than any number\ny f64 [batch] of 2 rows\n"
               "hash text [batch] of 2 rows in 1e400|7a\n");
}
END_TEST

START_TEST(numbers_and_strings_in_one_column) {
  struct datafile *file = open_text("x\n1\n2\nn/a?\n");
  expect_entries(file, "x text [batch] of 3 rows in 1|2|n/a?\n");
  ck_assert_str_eq(file->entry[0].note, "it has numbers too; 'n/a?' in line 4 is none");
  datafile_close(file);
  file = open_text("x\n1e\n.\n-\n1.2.3\n0x10\n");
  expect_entries(file, "x text [batch] of 5 rows in -|.|0x10|1.2.3|1e\n");
  ck_assert_ptr_null(file->entry[0].note);
  datafile_close(file);
}
END_TEST

START_TEST(as_pandas_wrote_them) {
  struct datafile *file = open_good(checked_in("pandas.csv"));
  expect_entries(file, "column1 i64 [batch] of 3 rows\nx f64 [batch] of 3 rows, 1 missing\n"
                       "kind text [batch] of 3 rows, 1 missing in a, b|say \"hi\"\nn i64 [batch] of 3 rows\n"
                       "ok text [batch] of 3 rows in False|True\n");
  EXPECT_NUMBERS(file, "x", 1.0 / 3, NAN, 1e-300);
  EXPECT_NUMBERS(file, "kind", 0, 1, NAN);
  datafile_close(file);
  file = open_good(checked_in("pandas.tsv.gz"));
  expect_entries(file, "0 f64 [batch] of 2 rows\n1 f64 [batch] of 2 rows\n2 f64 [batch] of 2 rows\n"
                       "3 f64 [batch] of 2 rows\n");
  EXPECT_NUMBERS(file, "3", 0.3, 0.7);
  datafile_close(file);
  file = open_good(checked_in("savetxt.txt"));
  EXPECT_NUMBERS(file, "column2", 0.1, 0x1.5555555555555p-2);
  datafile_close(file);
}
END_TEST

START_TEST(broken_tables) {
  expect_broken("a,b\n1,2\n3\n", "'f.csv', line 3: it has 1 column where there are 2");
  expect_broken("a,b\n1,2\n\n3,4,5\n", "'f.csv', line 4: it has 3 columns where there are 2");
  expect_broken("a,b\n1,\"2\n3,4\n", "'f.csv', line 2, column 2: a string in quotes has no end");
  expect_broken("a,b\n\"x\ny\",2\n\"1\"0,2\n",
                "'f.csv', line 4, column 1: a string in quotes goes on after the quotes");
  expect_broken("a,b\n1,\xe4\n", "'f.csv', line 2: the byte 0xe4 is not UTF-8");
  expect_broken("a,b,a\n1,2,3\n", "'f.csv' cannot be read as CSV: the columns 1 and 3 are both called 'a'");
  expect_broken("\n \n# nothing\n", "'f.csv' cannot be read as CSV: there is no line in it");
  scratch_write("f.csv", "a,b\n1,2\n\0", 9);
  expect_refused("f.csv", "'f.csv' is named like CSV files, and has other contents");
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("csv");
  tcase_add_test(tests, columns_and_their_types);
  tcase_add_test(tests, every_delimiter);
  tcase_add_test(tests, quotes);
  tcase_add_test(tests, with_a_header_or_without);
  tcase_add_test(tests, lines_that_are_none);
  tcase_add_test(tests, ends_of_lines);
  tcase_add_test(tests, numbers_to_the_bit);
  tcase_add_test(tests, numbers_that_are_too_large);
  tcase_add_test(tests, numbers_and_strings_in_one_column);
  tcase_add_test(tests, as_pandas_wrote_them);
  tcase_add_test(tests, broken_tables);
  return reading_main("csv", tests);
}
