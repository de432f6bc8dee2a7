/* The report: what is drawn, what is dropped, what is counted. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "dsl/syntax/diag.h"

static struct arena *arena;
static struct sources *sources;
static struct diags *diags;

static const char pair[] = "crl 1\n"
                           "def code(a, b) = a.step2 + b.step2 -> joint -> relu\n"
                           "l = dense(300)\n";

static void setup(void) {
  arena = arena_new();
  sources = sources_new(arena);
  diags = diags_new(arena, sources);
}

static void teardown(void) { arena_free(arena); }

/* The span of the first `text` in a source. */
static struct span find(uint32_t source, const char *text) {
  const struct source *in = source_get(sources, source);
  const char *at = strstr(in->text, text);
  ck_assert_ptr_nonnull(at);
  uint32_t begin = (uint32_t)(at - in->text);
  return (struct span){source, begin, begin + (uint32_t)strlen(text)};
}

START_TEST(draws_labels_under_the_line) {
  uint32_t source = source_add(sources, "pair.crl", pair, strlen(pair), false);
  diag_error(diags, DIAG_E0101, find(source, "+"), "cannot add %s and %s", "[batch, 300]", "[batch, 256]");
  diag_label(diags, find(source, "a.step2"), "300 was made here");
  diag_label(diags, find(source, "b.step2"), "256 was made here");
  diag_label(diags, find(source, "dense"), "by this");
  diag_hint(diags, "give both towers the same last width");
  ck_assert_str_eq(diag_text(diags), "pair.crl:2:26: error[E0101]: cannot add [batch, 300] and [batch, 256]\n"
                                     "    2 | def code(a, b) = a.step2 + b.step2 -> joint -> relu\n"
                                     "      |                  ~~~~~~~ ^ ~~~~~~~\n"
                                     "      |                  |         256 was made here\n"
                                     "      |                  300 was made here\n"
                                     "pair.crl:3:5: note: by this\n"
                                     "    3 | l = dense(300)\n"
                                     "      |     ^~~~~\n"
                                     "      = hint: give both towers the same last width\n");
}
END_TEST

START_TEST(drops_what_was_reported) {
  uint32_t source = source_add(sources, "pair.crl", pair, strlen(pair), false);
  for (int i = 0; i < 3; i++) {
    diag_error(diags, DIAG_E0101, find(source, "joint"), "the same");
    diag_hint(diags, "hint %d", i);
  }
  ck_assert_uint_eq(diag_errors(diags), 1);
  ck_assert_ptr_nonnull(strstr(diag_text(diags), "hint 0"));
  ck_assert_ptr_null(strstr(diag_text(diags), "hint 1"));
  diag_error(diags, DIAG_E0101, find(source, "joint"), "another");
  ck_assert_uint_eq(diag_errors(diags), 2);
}
END_TEST

START_TEST(counts_beyond_the_cap) {
  for (int i = 0; i < DIAG_CAP + 5; i++) diag_error(diags, DIAG_E0101, (struct span){0}, "problem %d", i);
  ck_assert_uint_eq(diag_errors(diags), DIAG_CAP + 5);
  const char *text = diag_text(diags);
  ck_assert_ptr_nonnull(strstr(text, "error[E0101]: problem 19\n"));
  ck_assert_ptr_null(strstr(text, "problem 20"));
  ck_assert_ptr_nonnull(strstr(text, "\n25 errors, the first 20 of them shown\n"));
}
END_TEST

START_TEST(warnings_are_no_errors) {
  diag_warning(diags, DIAG_E0101, (struct span){0}, "careful");
  ck_assert_uint_eq(diag_errors(diags), 0);
  ck_assert_str_eq(diag_text(diags), "warning[E0101]: careful\n");
}
END_TEST

START_TEST(shows_the_users_location_first) {
  uint32_t library = source_add(sources, "std/dense.crl", "a = b @ c\n", 10, true);
  uint32_t source = source_add(sources, "pair.crl", pair, strlen(pair), false);
  diag_enter(diags, find(source, "dense(300)"), "dense");
  diag_enter(diags, find(library, "b"), "b");
  diag_error(diags, DIAG_E0101, find(library, "@"), "no product");
  diag_leave(diags);
  diag_leave(diags);
  ck_assert_str_eq(diag_text(diags), "pair.crl:3:5: error[E0101]: in 'dense': no product\n"
                                     "    3 | l = dense(300)\n"
                                     "      |     ^~~~~~~~~~\n"
                                     "std/dense.crl:1:7: note: it happens here\n"
                                     "    1 | a = b @ c\n"
                                     "      |       ^\n");
}
END_TEST

START_TEST(escapes_what_would_not_show) {
  static const char text[] = "\tx = \"\xe2\x80\xae\" \x01 \xff here\n";
  uint32_t source = source_add(sources, "x.crl", text, strlen(text), false);
  diag_error(diags, DIAG_E0101, find(source, "here"), "look");
  ck_assert_str_eq(diag_text(diags), "x.crl:1:16: error[E0101]: look\n"
                                     "    1 |     x = \"<U+202E>\" \\x01 \\xff here\n"
                                     "      |                              ^~~~\n");
}
END_TEST

START_TEST(marks_the_first_line_of_many) {
  uint32_t source = source_add(sources, "pair.crl", pair, strlen(pair), false);
  struct span span = {source, find(source, "relu").begin, (uint32_t)strlen(pair)};
  diag_error(diags, DIAG_E0101, span, "long");
  ck_assert_ptr_nonnull(strstr(diag_text(diags), "|                                                ^~~~\n"));
}
END_TEST

START_TEST(writes_json) {
  uint32_t source = source_add(sources, "a\"b.crl", pair, strlen(pair), false);
  diag_error(diags, DIAG_E0101, find(source, "joint"), "a \"quoted\"\n\xff");
  diag_label(diags, find(source, "relu"), "label");
  diag_hint(diags, "one");
  diag_hint(diags, "two");
  ck_assert_str_eq(diag_json(diags),
                   "{\"file\": \"a\\\"b.crl\", \"line\": 2, \"column\": 39, \"end_line\": 2, \"end_column\": 44, "
                   "\"severity\": \"error\", \"code\": \"E0101\", \"message\": \"a \\\"quoted\\\"\\n\xef\xbf\xbd\", "
                   "\"labels\": [{\"file\": \"a\\\"b.crl\", \"line\": 2, \"column\": 48, \"end_line\": 2, "
                   "\"end_column\": 52, \"message\": \"label\"}], \"hints\": [\"one\", \"two\"]}\n");
}
END_TEST

START_TEST(sorts_by_location) {
  uint32_t source = source_add(sources, "pair.crl", pair, strlen(pair), false);
  diag_error(diags, DIAG_E0101, find(source, "relu"), "second");
  diag_error(diags, DIAG_E0101, find(source, "joint"), "first");
  diag_sort(diags, source);
  ck_assert(strstr(diag_text(diags), "first") < strstr(diag_text(diags), "second"));
}
END_TEST

START_TEST(explains_codes) {
  ck_assert_ptr_nonnull(strstr(diag_explain("E0001"), "crl 1"));
  ck_assert_ptr_null(diag_explain("E9999"));
}
END_TEST

START_TEST(suggests_the_nearest) {
  static const char *const names[] = {"dense", "dropout", "relu", "x"};
  ck_assert_str_eq(nearest("dens", names, 4), "dense");
  ck_assert_str_eq(nearest("drpoout", names, 4), "dropout");
  ck_assert_ptr_null(nearest("y", names, 4));
  ck_assert_ptr_null(nearest("softmax", names, 4));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("diag");
  TCase *cases = tcase_create("diag");
  tcase_add_checked_fixture(cases, setup, teardown);
  tcase_add_test(cases, draws_labels_under_the_line);
  tcase_add_test(cases, drops_what_was_reported);
  tcase_add_test(cases, counts_beyond_the_cap);
  tcase_add_test(cases, warnings_are_no_errors);
  tcase_add_test(cases, shows_the_users_location_first);
  tcase_add_test(cases, escapes_what_would_not_show);
  tcase_add_test(cases, marks_the_first_line_of_many);
  tcase_add_test(cases, writes_json);
  tcase_add_test(cases, sorts_by_location);
  tcase_add_test(cases, explains_codes);
  tcase_add_test(cases, suggests_the_nearest);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
