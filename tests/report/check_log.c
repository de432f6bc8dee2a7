/* log.jsonl, the curves read back from it, and metrics.json: what is written is what a JSON reader finds. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "report/curves.h"
#include "report/log.h"
#include "report/metrics.h"
#include "tests/data/scratch.h"

static void append(struct log *log, int64_t step, int64_t epoch, const char *stage, double value) {
  struct log_term terms[] = {{"L1", value, 0.5, 1, false, 0}, {"L6", -value, NAN, -0.02, true, 3}};
  struct log_line line = {step, epoch, stage, terms, 2, 812.5, 0.125, 0.5, 0.25 * (double)step, NULL, 0, NULL, 0};
  struct error error = {0};
  ck_assert(log_append(log, &line, &error));
}

static struct log *open_log(int64_t last_step) {
  struct error error = {0};
  struct log *log = log_open("log.jsonl", last_step, &error);
  ck_assert_msg(log != NULL, "%s", error.message);
  return log;
}

static void close_log(struct log *log) {
  struct error error = {0};
  ck_assert(log_close(log, &error));
}

/* Line number `at` of the log, from 0. */
static json_t *line_of(int at) {
  size_t size;
  char *all = scratch_read("log.jsonl", &size), *line = all;
  while (at-- > 0) line = strchr(line, '\n') + 1;
  json_t *object = json_loadb(line, strcspn(line, "\n"), 0, NULL);
  free(all);
  ck_assert_ptr_nonnull(object);
  return object;
}

static int lines(void) {
  size_t size;
  int n = 0;
  char *all = scratch_read("log.jsonl", &size);
  for (size_t i = 0; i < size; i++) n += all[i] == '\n';
  ck_assert(!size || all[size - 1] == '\n');
  free(all);
  return n;
}

START_TEST(a_line_has_the_metrics_of_its_step) {
  static const struct log_metric metrics[] = {{"bound", "validation", 0.25, false, true},
                                              {"old", "validation", 1, false, false},
                                              {"bound", "train", NAN, false, true}};
  struct log *log = open_log(0);
  struct log_line line = {.step = 7, .epoch = 2, .metrics = metrics, .n_metrics = 3};
  struct error error = {0};
  ck_assert(log_append(log, &line, &error));
  close_log(log);
  json_t *object = line_of(0), *watch = json_object_get(object, "watch"), *split = json_object_get(watch, "validation");
  ck_assert_uint_eq(json_object_size(split), 1);
  ck_assert_double_eq(json_real_value(json_object_get(split, "bound")), 0.25);
  ck_assert(json_is_null(json_object_get(json_object_get(watch, "train"), "bound")));
  json_decref(object);
}
END_TEST

START_TEST(a_line_says_everything) {
  struct log *log = open_log(0);
  append(log, 7, 2, NULL, 0.125);
  close_log(log);
  json_t *line = line_of(0), *terms = json_object_get(line, "terms"), *first = json_object_get(terms, "L1");
  json_t *last = json_object_get(terms, "L6");
  ck_assert_int_eq(json_integer_value(json_object_get(line, "step")), 7);
  ck_assert_int_eq(json_integer_value(json_object_get(line, "epoch")), 2);
  ck_assert_double_eq(json_real_value(json_object_get(line, "samples_per_s")), 812.5);
  ck_assert_double_eq(json_real_value(json_object_get(line, "step_seconds")), 0.125);
  ck_assert_double_eq(json_real_value(json_object_get(line, "step_cpu_seconds")), 0.5);
  ck_assert_double_eq(json_real_value(json_object_get(line, "seconds")), 1.75);
  ck_assert_ptr_null(json_object_get(line, "stage"));
  ck_assert_double_eq(json_real_value(json_object_get(first, "value")), 0.125);
  ck_assert_double_eq(json_real_value(json_object_get(first, "grad_norm")), 0.5);
  ck_assert_double_eq(json_real_value(json_object_get(last, "weight")), -0.02);
  ck_assert(json_is_null(json_object_get(last, "grad_norm"))); /* not measured */
  json_decref(line);
}
END_TEST

START_TEST(what_json_cannot_say_is_null) {
  struct log *log = open_log(0);
  append(log, 1, 1, "learn", INFINITY);
  close_log(log);
  json_t *line = line_of(0), *first = json_object_get(json_object_get(line, "terms"), "L1");
  ck_assert(json_is_null(json_object_get(first, "value")));
  ck_assert_str_eq(json_string_value(json_object_get(line, "stage")), "learn");
  json_decref(line);
}
END_TEST

START_TEST(lines_are_there_at_once) {
  struct log *log = open_log(0);
  for (int i = 1; i <= 3; i++) {
    append(log, i, 1, NULL, 1);
    ck_assert_int_eq(lines(), i);
  }
  close_log(log);
}
END_TEST

START_TEST(resuming_cuts_what_comes_after_the_checkpoint) {
  struct log *log = open_log(0);
  for (int i = 1; i <= 9; i++) append(log, i, 1, NULL, i);
  close_log(log);
  log = open_log(6);
  ck_assert_int_eq(lines(), 6);
  append(log, 7, 1, NULL, 70);
  close_log(log);
  json_t *line = line_of(6);
  ck_assert_double_eq(json_real_value(json_object_get(json_object_get(json_object_get(line, "terms"), "L1"), "value")),
                      70);
  json_decref(line);
  close_log(open_log(INT64_MAX));
  ck_assert_int_eq(lines(), 7);
  close_log(open_log(0));
  ck_assert_int_eq(lines(), 0);
}
END_TEST

START_TEST(an_unfinished_line_is_cut) {
  struct log *log = open_log(0);
  append(log, 1, 1, NULL, 1);
  close_log(log);
  FILE *file = fopen("log.jsonl", "a");
  fputs("{\"step\": 2, \"ep", file);
  fclose(file);
  log = open_log(INT64_MAX);
  append(log, 2, 1, NULL, 2);
  close_log(log);
  ck_assert_int_eq(lines(), 2);
  json_t *line = line_of(1);
  ck_assert_int_eq(json_integer_value(json_object_get(line, "step")), 2);
  json_decref(line);
}
END_TEST

START_TEST(no_folder_no_log) {
  struct error error = {0};
  ck_assert_ptr_null(log_open("nowhere/log.jsonl", 0, &error));
  EXPECT_ERROR(error, "cannot open 'nowhere/log.jsonl': No such file or directory");
  ck_assert(log_close(NULL, &error));
}
END_TEST

START_TEST(curves_come_back) {
  struct arena *arena = arena_new();
  struct error error = {0};
  struct curves curves;
  struct log *log = open_log(0);
  for (int i = 1; i <= 6; i++) append(log, i, (i + 3) / 4, NULL, i == 3 ? NAN : 0.5 * i); /* 4 steps, then 2 more */
  close_log(log);
  ck_assert(curves_read(&curves, arena, "log.jsonl", &error));
  ck_assert_uint_eq(curves.n, 2);
  ck_assert_str_eq(curves.at[0].name, "L1");
  ck_assert_str_eq(curves.at[1].name, "L6");
  ck_assert_uint_eq(curves.at[0].n, 6);
  static const double epoch[] = {0.25, 0.5, 0.75, 1, 1.25, 1.5};
  for (int i = 0; i < 6; i++) {
    ck_assert_double_eq_tol(curves.at[0].epoch[i], epoch[i], 1e-12);
    ck_assert_double_eq(curves.at[0].step[i], i + 1);
    if (i != 2) ck_assert_double_eq(curves.at[1].value[i], -0.5 * (i + 1));
  }
  ck_assert(isnan(curves.at[0].value[2]));
  arena_free(arena);
}
END_TEST

START_TEST(curves_of_stages_are_apart) {
  struct arena *arena = arena_new();
  struct error error = {0};
  struct curves curves;
  struct log *log = open_log(0);
  append(log, 1, 1, "pretrain", 1);
  append(log, 2, 1, "finetune", 2);
  close_log(log);
  FILE *file = fopen("log.jsonl", "a");
  fputs("not json\n{\"step\": 3}\n{\"step\": 4, \"epoch\": 1, \"terms\": 7}\n", file); /* somebody edited the log */
  fclose(file);
  ck_assert(curves_read(&curves, arena, "log.jsonl", &error));
  ck_assert_uint_eq(curves.n, 4);
  ck_assert_str_eq(curves.at[2].name, "finetune: L1");
  ck_assert_uint_eq(curves.at[2].n, 1);
  ck_assert_double_eq(curves.at[2].epoch[0], 1);
  ck_assert(curves_read(&curves, arena, "there-is-none.jsonl", &error));
  ck_assert_uint_eq(curves.n, 0);
  arena_free(arena);
}
END_TEST

START_TEST(metrics_hold_every_metric) {
  struct setting settings[] = {{"width", "50"}};
  struct run run = {.model = "pair.crl",
                    .data = "mnist",
                    .data_found = "data/\xff/mnist",
                    .version = "0.1.0",
                    .seed = UINT64_MAX,
                    .epochs = 3,
                    .batch = 100,
                    .seconds = 1.5,
                    .settings = settings,
                    .n_settings = 1};
  struct metric metrics[] = {
      {"transfer.first_to_second", 90.27, "%", "test", "linear SVM", 11.35, 5, 100, NULL, NULL, NULL, NULL},
      {"rank", 12, "of 50", NULL, "effective rank", NAN, 5, -1, NULL, "of other rows", NULL, NULL}};
  struct error error = {0};
  ck_assert(metrics_write("metrics.json", &run, metrics, 2, NULL, 0, &error));
  json_t *root = json_load_file("metrics.json", 0, NULL);
  ck_assert_ptr_nonnull(root);
  json_t *data = json_object_get(root, "data"), *list = json_object_get(root, "figures");
  json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
  ck_assert_str_eq(json_string_value(json_object_get(root, "model")), "pair.crl");
  ck_assert(json_is_null(json_object_get(root, "variant")));
  ck_assert_str_eq(json_string_value(json_object_get(data, "found")), "data/\xef\xbf\xbd/mnist");
  ck_assert_str_eq(json_string_value(json_object_get(root, "seed")), "18446744073709551615");
  ck_assert_int_eq(json_integer_value(json_object_get(root, "epochs")), 3);
  ck_assert_double_eq(json_real_value(json_object_get(root, "seconds")), 1.5);
  ck_assert_str_eq(json_string_value(json_object_get(json_object_get(root, "settings"), "width")), "50");
  ck_assert_uint_eq(json_array_size(list), 2);
  ck_assert_str_eq(json_string_value(json_object_get(first, "name")), "transfer.first_to_second");
  ck_assert_double_eq(json_real_value(json_object_get(first, "value")), 90.27);
  ck_assert_double_eq(json_real_value(json_object_get(first, "chance")), 11.35);
  ck_assert_str_eq(json_string_value(json_object_get(first, "unit")), "%");
  ck_assert_str_eq(json_string_value(json_object_get(first, "split")), "test");
  ck_assert_str_eq(json_string_value(json_object_get(first, "protocol")), "linear SVM");
  ck_assert_int_eq(json_integer_value(json_object_get(first, "seed")), 5);
  ck_assert(json_is_null(json_object_get(second, "chance")));
  ck_assert_int_eq(json_integer_value(json_object_get(first, "rows")), 100);
  ck_assert(json_is_null(json_object_get(first, "reason")));
  ck_assert(json_is_null(json_object_get(first, "chance_reason")));
  ck_assert(json_is_null(json_object_get(second, "rows")));
  ck_assert(json_is_null(json_object_get(second, "split")));
  ck_assert_str_eq(json_string_value(json_object_get(second, "chance_reason")), "of other rows");
  json_decref(root);
}
END_TEST

START_TEST(metrics_need_a_folder) {
  struct run run = {.model = "pair.crl"};
  struct error error = {0};
  ck_assert(!metrics_write("nowhere/metrics.json", &run, NULL, 0, NULL, 0, &error));
  EXPECT_ERROR(error, "cannot write 'nowhere/metrics.json': No such file or directory");
}
END_TEST

int main(void) {
  TCase *cases = tcase_create("log");
  scratch_add(cases);
  tcase_add_test(cases, a_line_says_everything);
  tcase_add_test(cases, a_line_has_the_metrics_of_its_step);
  tcase_add_test(cases, what_json_cannot_say_is_null);
  tcase_add_test(cases, lines_are_there_at_once);
  tcase_add_test(cases, resuming_cuts_what_comes_after_the_checkpoint);
  tcase_add_test(cases, an_unfinished_line_is_cut);
  tcase_add_test(cases, no_folder_no_log);
  tcase_add_test(cases, curves_come_back);
  tcase_add_test(cases, curves_of_stages_are_apart);
  tcase_add_test(cases, metrics_hold_every_metric);
  tcase_add_test(cases, metrics_need_a_folder);
  return scratch_main("log", cases);
}
