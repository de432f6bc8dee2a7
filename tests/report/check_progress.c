/* What a person sees while training runs and after it, on a terminal (here a pseudo-terminal) and elsewhere. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "report/console.h"
#include "report/progress.h"
#include "report/terminal.h"
#include "report/text.h"
#include "tests/data/scratch.h"

static const struct log_term terms[] = {
    {"L1", 0.0412, 0, 1, false, 0}, {"L6", 31.5, 0, -0.02, false, 0}, {"L7", NAN, 0, 1, true, 2}};
static const struct progress_state state = {NULL, 3, 50, 1800, 30000, 812.4, 2000, terms, 3, NULL, 0, NULL};
static const char line[] = "epoch 3/50  step 1800/30000  812 samples/s  33 min 20 s left  L1 0.0412  L6 31.5  L7 -";

START_TEST(the_line) {
  char text[512];
  struct progress_state staged = state;
  ck_assert_str_eq(progress_string(text, sizeof text, &state, -1), line);
  ck_assert_str_eq(progress_string(text, sizeof text, &state, 11), "epoch 3/50 ");
  ck_assert_str_eq(progress_string(text, sizeof text, &state, 0), "");
  ck_assert_uint_eq(strlen(progress_string(text, 20, &state, -1)), 19); /* as much as there is room for */
  staged.stage = "pr\xc3\xa9"; /* width counts characters, and none is cut in two */
  ck_assert_str_eq(progress_string(text, sizeof text, &staged, 3), "pr\xc3\xa9");
  ck_assert_str_eq(progress_string(text, sizeof text, &staged, 2), "pr");
  staged = state;
  staged.seconds_left = -1;
  ck_assert_ptr_null(strstr(progress_string(text, sizeof text, &staged, -1), "left"));
}
END_TEST

START_TEST(one_of_several) {
  char string[512];
  struct progress_series series = {"seed-3", 3, 5, 0, 2, 400};
  struct progress_state third = state;
  third.series = &series; /* 2000 s are left of it, and 200 s for each of two others */
  progress_string(string, sizeof string, &third, -1);
  ck_assert_int_eq(strncmp(string, "[3/5] seed-3  epoch 3/50  ", 26), 0);
  ck_assert_ptr_nonnull(strstr(string, "  33 min 20 s left (of all: 40 min 00 s)  L1"));
  third.seconds_left = -1;
  ck_assert_ptr_null(strstr(progress_string(string, sizeof string, &third, -1), "left"));
}
END_TEST

START_TEST(elsewhere_one_line_an_epoch) {
  size_t size;
  FILE *file = fopen("out", "w");
  struct progress *progress = progress_new(file, false);
  progress_note(progress, "data: %s", "mnist");
  for (int i = 0; i < 5; i++) progress_step(progress, &state);
  progress_epoch(progress, &state);
  progress_work(progress, "transfer", 0.5);
  progress_epoch(progress, &state);
  progress_free(progress);
  fclose(file);
  char *out = scratch_read("out", &size), expected[512];
  snprintf(expected, sizeof expected, "data: mnist\n%s\n%s\n", line, line);
  ck_assert_str_eq(out, expected);
  free(out);
}
END_TEST

START_TEST(quiet_says_only_warnings) {
  size_t size;
  FILE *file = fopen("out", "w");
  struct progress *progress = progress_new(file, true);
  progress_note(progress, "data: %s", "mnist");
  progress_epoch(progress, &state);
  progress_step(progress, &state);
  progress_warning(progress, "warning: %s", "small batch");
  progress_free(progress);
  fclose(file);
  char *out = scratch_read("out", &size);
  ck_assert_str_eq(out, "warning: small batch\n");
  free(out);
}
END_TEST

/* What a progress on a terminal of so many columns writes. */
static void on_terminal(char *seen, size_t most, unsigned short columns, bool quiet) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  ck_assert_int_ge(master, 0);
  ck_assert(!grantpt(master) && !unlockpt(master));
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  struct winsize size = {.ws_col = columns, .ws_row = 24};
  ck_assert(slave >= 0 && !ioctl(slave, TIOCSWINSZ, &size));
  FILE *file = fdopen(slave, "w");
  struct progress *progress = progress_new(file, quiet);
  progress_step(progress, &state);
  progress_step(progress, &state); /* too soon: not drawn again */
  progress_note(progress, "note");
  progress_epoch(progress, &state);
  nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL); /* until a line may be drawn again */
  progress_work(progress, "transfer", 0.5);
  progress_clear(progress);
  progress_free(progress);
  fputs("end", file);
  fflush(file);
  size_t n = 0;
  seen[0] = 0;
  while (!strstr(seen, "end")) {
    ssize_t got = read(master, seen + n, most - n - 1);
    ck_assert_int_gt(got, 0);
    n += (size_t)got;
    seen[n] = 0;
  }
  fclose(file);
  close(master);
}

START_TEST(a_terminal_has_one_line_in_place) {
  char seen[2048];
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  unsetenv("COLUMNS");
  on_terminal(seen, sizeof seen, 24, false);
  ck_assert_str_eq(seen, "\r\033[1mepoch 3/50\033[0m  step 1800/3\033[K"
                         "\r\033[Knote\r\n"
                         "epoch 3/50  step\r\n1800/30000  812\r\nsamples/s  33 min 20 s\r\n"
                         "left  L1 0.0412  L6 31.5\r\nL7 -\r\n"
                         "\rtransfer  50 %\033[K\r\033[Kend");
}
END_TEST

START_TEST(no_color_has_none) {
  char seen[2048];
  setenv("TERM", "xterm", 1);
  setenv("NO_COLOR", "1", 1);
  setenv("COLUMNS", "16", 1);
  on_terminal(seen, sizeof seen, 24, false); /* $COLUMNS before what the terminal says */
  ck_assert_str_eq(seen, "\repoch 3/50  ste\033[K\r\033[Knote\r\n"
                         "epoch 3/50  step\r\n1800/30000  812\r\nsamples/s  33\r\nmin 20 s left\r\n"
                         "L1 0.0412  L6\r\n31.5  L7 -\r\n"
                         "\rtransfer  50 %\033[K\r\033[Kend");
}
END_TEST

START_TEST(a_dumb_terminal_has_plain_lines) {
  char seen[2048], expected[512];
  setenv("TERM", "dumb", 1);
  on_terminal(seen, sizeof seen, 40, false);
  snprintf(expected, sizeof expected, "note\r\n%s\r\nend", line);
  ck_assert_str_eq(seen, expected);
}
END_TEST

START_TEST(a_quiet_terminal_stays_empty) {
  char seen[2048];
  setenv("TERM", "xterm", 1);
  on_terminal(seen, sizeof seen, 40, true);
  ck_assert_str_eq(seen, "end");
}
END_TEST

START_TEST(the_table_is_aligned) {
  struct metric metrics[] = {
      {"left_only", 96.125, "%", "test", "probe", 11.35, 1, 100, NULL, NULL, NULL, NULL},
      {"correlation.sum", 49.08, "of 50", "test", "Pearson", -0.123, 1, 100, NULL, NULL, NULL, NULL},
      {"loss", 0.012345, NULL, "train", "mean", NAN, 1, -1, NULL, "NaN", NULL, NULL},
      {"norm", 2, NULL, NULL, "of weights", NAN, 1, -1, NULL, NULL, NULL, NULL},
      {"rank", NAN, NULL, "test", "Roy", NAN, 1, 1, "one row has no rank", NULL, NULL, NULL}};
  size_t size;
  FILE *file = fopen("out", "w");
  ck_assert(console_metrics(file, metrics, 5));
  ck_assert(console_metrics(file, metrics, 0));
  fclose(file);
  char *out = scratch_read("out", &size);
  ck_assert_str_eq(out, "metric                 value       chance  split  rows  protocol\n"
                        "left_only            96.12 %      11.35 %  test    100  probe\n"
                        "correlation.sum  49.08 of 50  -0.12 of 50  test    100  Pearson\n"
                        "loss                 0.01235            -  train     -  mean; no chance level: NaN\n"
                        "norm                       2            -  -         -  of weights\n"
                        "rank                       -            -  test      1  one row has no rank\n");
  free(out);
}
END_TEST

START_TEST(tables_are_aligned) {
  static const char *const row[] = {"cat", "a dog"}, *const column[] = {"cat", "a dog"};
  static const double value[] = {120, 0.5, NAN, 33.333};
  static const struct metric_table table = {
      "classes.confusion", "class", "test", NULL, "counts", 1, 154, 2, 2, row, column, value};
  size_t size;
  FILE *file = fopen("out", "w");
  ck_assert(console_table(file, &table));
  fclose(file);
  char *out = scratch_read("out", &size);
  ck_assert_str_eq(out, "\nclasses.confusion, test, 154 rows: counts\n"
                        "class  cat  a dog\n"
                        "cat    120  0.500\n"
                        "a dog    -  33.33\n");
  free(out);
}
END_TEST

START_TEST(metrics_of_a_watch_stand_behind_the_terms) {
  static const struct log_metric metrics[] = {{"bound", "validation", 0.25, false, true},
                                              {"right", "train", 91.256, true, true},
                                              {"right", "validation", NAN, true, true}};
  struct progress_state watched = state;
  char line[512];
  watched.metrics = metrics;
  watched.n_metrics = 3;
  progress_string(line, sizeof line, &watched, -1);
  ck_assert_ptr_nonnull(strstr(line, "  validation: bound 0.25 right -  train: right 91.26 %"));
}
END_TEST

START_TEST(a_full_disk_is_seen) {
  struct metric metric = {"loss", 1, NULL, "train", "mean", NAN, 1, 100, NULL, NULL, NULL, NULL};
  FILE *file = fopen("/dev/full", "w");
  ck_assert_ptr_nonnull(file);
  ck_assert(!console_metrics(file, &metric, 1));
  fclose(file);
}
END_TEST

START_TEST(wrapped_at_the_width) {
  static const struct {
    const char *text, *wrapped;
    int width, indent;
  } cases[] = {{"one two three\nfour\n", "one two three\nfour\n", 0, 4},
               {"one two three\n\nfour\n", "one two three\n\nfour\n", 13, 0},
               {"one two three\n", "one two\nthree\n", 12, 4},
               {"a  b  the quick brown fox jumps over it", "a  b  the quick brown fox jumps\n      over it\n", 31, 6},
               {"a  b  the quick brown fox jumps over it", "a  b  the quick brown fox\n    jumps over it\n", 27, 6},
               {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "\xc3\xa9\xc3\xa9\xc3\xa9\n\xc3\xa9\n", 3, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t size;
    FILE *file = fopen("out", "w");
    ck_assert(print_wrapped(file, cases[i].text, cases[i].width, cases[i].indent));
    ck_assert_int_eq(terminal_width(file), 0);
    fclose(file);
    char *out = scratch_read("out", &size);
    ck_assert_str_eq(out, cases[i].wrapped);
    free(out);
  }
}
END_TEST

START_TEST(durations) {
  static const struct {
    double seconds;
    const char *text;
  } cases[] = {{0, "0.0 s"},        {9.94, "9.9 s"},      {9.96, "10 s"}, {59.4, "59 s"}, {59.6, "1 min 00 s"},
               {125, "2 min 05 s"}, {7500, "2 h 05 min"}, {NAN, "-"},     {-1, "-"}};
  char text[32];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ck_assert_str_eq(duration_string(text, sizeof text, cases[i].seconds), cases[i].text);
}
END_TEST

int main(void) {
  TCase *cases = tcase_create("progress");
  scratch_add(cases);
  tcase_add_test(cases, the_line);
  tcase_add_test(cases, one_of_several);
  tcase_add_test(cases, elsewhere_one_line_an_epoch);
  tcase_add_test(cases, quiet_says_only_warnings);
  tcase_add_test(cases, a_terminal_has_one_line_in_place);
  tcase_add_test(cases, no_color_has_none);
  tcase_add_test(cases, a_dumb_terminal_has_plain_lines);
  tcase_add_test(cases, a_quiet_terminal_stays_empty);
  tcase_add_test(cases, the_table_is_aligned);
  tcase_add_test(cases, tables_are_aligned);
  tcase_add_test(cases, metrics_of_a_watch_stand_behind_the_terms);
  tcase_add_test(cases, a_full_disk_is_seen);
  tcase_add_test(cases, wrapped_at_the_width);
  tcase_add_test(cases, durations);
  return scratch_main("progress", cases);
}
