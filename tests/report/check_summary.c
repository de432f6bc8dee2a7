/* What several runs come to, in numbers that are worked out by hand, and the tables that tell it. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/summary.h"
#include "tests/data/scratch.h"

static struct metric metric_of(const char *name, double value) {
  return (struct metric){
      .name = name, .value = value, .unit = "%", .split = "validation", .protocol = "p", .chance = 10, .rows = 20};
}

START_TEST(means_and_deviations) {
  struct arena *arena = arena_new();
  struct metric m[] = {metric_of("a", 2), metric_of("a", 4), metric_of("a", 9), metric_of("a", NAN)};
  m[1].rows = 21;
  m[2].chance = 16;
  m[3].reason = "not finite";
  m[1].protocol = m[2].protocol = "q";
  struct summary_run runs[] = {{"seed-1", "seed-1", NULL, 0, &m[0], 1},
                               {"seed-2", "seed-2", NULL, 0, &m[1], 1},
                               {"seed-3", "seed-3", NULL, 0, &m[2], 1},
                               {"seed-4", "seed-4", NULL, 0, &m[3], 1}};
  struct summary summary = summarise(arena, runs, 4);
  ck_assert_uint_eq(summary.rows.n, 1);
  const struct summary_row *row = &summary.rows.at[0];
  ck_assert_double_eq(row->metric.value, 5);
  ck_assert_double_eq_tol(row->sd, sqrt(13), 1e-12); /* (9 + 1 + 16) / 2 */
  ck_assert_double_eq(row->least, 2);
  ck_assert_double_eq(row->most, 9);
  ck_assert_int_eq(row->n, 3);
  ck_assert_double_eq(row->metric.chance, 11.5);
  ck_assert_int_eq(row->metric.rows, -1);
  ck_assert_int_eq(row->least_rows, 20);
  ck_assert_int_eq(row->most_rows, 21);
  ck_assert_ptr_null(row->metric.reason);
  ck_assert_str_eq(row->metric.protocol, "differs between runs; of the first: p");
  summary = summarise(arena, runs, 1);
  ck_assert(isnan(summary.rows.at[0].sd));
  summary = summarise(arena, &runs[3], 1);
  ck_assert(isnan(summary.rows.at[0].metric.value));
  ck_assert_str_eq(summary.rows.at[0].metric.reason, "not finite");
  arena_free(arena);
}
END_TEST

START_TEST(settings_in_order) {
  static const struct setting set[] = {{"w", "1"}, {"w", "2"}, {"w", "3"}, {"w", "4"}};
  static const double value[] = {3, NAN, 5, 5}, other[] = {1, 2, 3, 4};
  struct arena *arena = arena_new();
  struct metric m[4][2];
  struct summary_run runs[4];
  for (int i = 0; i < 4; i++) {
    m[i][0] = metric_of("other", other[i]);
    m[i][1] = metric_of("goal.first", value[i]);
    runs[i] = (struct summary_run){set[i].value, "", &set[i], 1, m[i], 2};
  }
  struct summary summary = summarise(arena, runs, 4);
  ck_assert_ptr_null(summary_rank(&summary, "nothing", "validation", true));
  ck_assert_ptr_null(summary_rank(&summary, "goal", "test", true));
  const struct summary_row *best = summary_rank(&summary, "goal", "validation", true);
  ck_assert_uint_eq(best->set, 2);
  static const size_t highest[] = {2, 3, 0, 1}, lowest[] = {0, 2, 3, 1};
  for (int i = 0; i < 8; i++) {
    ck_assert_uint_eq(summary.rows.at[i].set, highest[i % 4]);
    ck_assert_str_eq(summary.rows.at[i].metric.name, i < 4 ? "goal.first" : "other");
  }
  summary_rank(&summary, "goal", "validation", false);
  for (int i = 0; i < 8; i++) ck_assert_uint_eq(summary.rows.at[i].set, lowest[i % 4]);
  arena_free(arena);
}
END_TEST

static struct sheet small_sheet(struct arena *arena) {
  struct sheet sheet = {.arena = arena};
  sheet_head(&sheet, false, "a_b");
  sheet_head(&sheet, true, "x");
  sheet_put(&sheet, "1 \xc2\xb1 2");
  sheet_put(&sheet, "50 %%");
  sheet_put(&sheet, "say \"no\", <no> & more");
  sheet_put(&sheet, "7");
  return sheet;
}

START_TEST(tables) {
  size_t size;
  struct arena *arena = arena_new();
  struct sheet sheet = small_sheet(arena);
  ck_assert_str_eq(sheet_csv(&sheet), "a_b,x\n1 \xc2\xb1 2,50 %\n\"say \"\"no\"\", <no> & more\",7\n");
  const char *tex = sheet_tex(&sheet);
  ck_assert_ptr_nonnull(strstr(tex, "\\begin{tabular}{lr}\n\\toprule\na\\_b & x \\\\\n\\midrule\n"));
  ck_assert_ptr_nonnull(
      strstr(tex, "1 $\\pm$ 2 & 50 \\% \\\\\nsay \"no\", \\textless{}no\\textgreater{} \\& more & 7"));
  struct string_builder html = {.arena = arena};
  sheet_html(&html, &sheet);
  ck_assert_ptr_nonnull(strstr(html.at, "<td>say &quot;no&quot;, &lt;no&gt; &amp; more</td>"));
  FILE *file = fopen("out", "w");
  ck_assert(sheet_print(file, &sheet));
  fclose(file);
  char *out = scratch_read("out", &size);
  ck_assert_str_eq(out, "a_b                       x\n1 \xc2\xb1 2                  50 %\n"
                        "say \"no\", <no> & more     7\n");
  free(out);
  arena_free(arena);
}
END_TEST

int main(void) {
  TCase *cases = tcase_create("summary");
  scratch_add(cases);
  tcase_add_test(cases, means_and_deviations);
  tcase_add_test(cases, settings_in_order);
  tcase_add_test(cases, tables);
  return scratch_main("summary", cases);
}
