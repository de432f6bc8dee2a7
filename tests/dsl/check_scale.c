/* Large models: memory and work grow as the model does.  Each case is compiled and planned at a size and at four times
 * the size; what is compared is counted, and the same on every machine: nodes, bytes of arenas, looks of the grouping.
 * `make planning` measures the same with times, and at sizes that take longer. */
#include "base/string_builder.h"
#include "kern/backend.h"
#include "plan/plan.h"

#include "tests/dsl/terms.h"

enum { TIMES = 4 };

struct measured {
  double nodes, bytes, looks;
};

static struct measured measure(const char *lines) {
  const struct stage *stage = program_with(TRAIN "minimize { used = mean(u ^ 2) + mean(v ^ 2) }\n", lines)->stages.at;
  const struct graph *step = stage->update->step;
  struct error error = {0};
  struct plan_settings settings = {.rows = 100, .threads = 2};
  struct plan *plan = plan_make(arena, step, &settings, &backend_fast()->traits, &error);
  ck_assert_msg(plan != NULL, "%s", error.message);
  return (struct measured){(double)step->nodes.n, (double)arena_bytes(arena), (double)plan->looks};
}

/* What `write` makes for a size and for a size that has `times` as many parts; a quarter more for each is allowed. */
static void check_growth(const char *(*write)(int n), int small, int large, double times) {
  struct measured one = measure(write(small));
  end();
  begin();
  struct measured more = measure(write(large));
  double most = 1.25 * times;
  ck_assert_msg(more.nodes <= most * one.nodes && more.nodes > times / 2 * one.nodes, "%g and %g nodes", one.nodes,
                more.nodes);
  ck_assert_msg(more.bytes <= most * one.bytes, "%g and %g bytes", one.bytes, more.bytes);
  ck_assert_msg(more.looks <= 2 * most * one.looks + 1000, "%g and %g looks", one.looks, more.looks);
}

static const char *layers(int n) {
  struct string_builder t = {.arena = arena};
  string_put(&t, "h0 = u\n");
  for (int i = 1; i <= n; i++) string_add(&t, "h%d = h%d -> dense(6) -> tanh\n", i, i - 1);
  string_add(&t, "minimize { l = mean(h%d ^ 2) }\n", n);
  return string_get(&t);
}

START_TEST(layers_one_after_the_other) { check_growth(layers, 250, 250 * TIMES, TIMES); }
END_TEST

static const char *pipe_of_layers(int n) {
  struct string_builder t = {.arena = arena};
  string_put(&t, "h = u");
  for (int i = 0; i < n; i++) string_put(&t, " -> dense(6)");
  string_put(&t, "\nminimize { l = mean(h ^ 2) }\n");
  return string_get(&t);
}

START_TEST(layers_in_one_pipeline) { check_growth(pipe_of_layers, 250, 250 * TIMES, TIMES); }
END_TEST

static const char *sum_of_terms(int n) {
  struct string_builder t = {.arena = arena};
  string_put(&t, "s = u");
  for (int i = 0; i < n; i++) string_add(&t, " + u * %d", i + 2);
  string_put(&t, "\nminimize { l = mean(s ^ 2) }\n");
  return string_get(&t);
}

START_TEST(terms_of_a_sum) { check_growth(sum_of_terms, 1000, 1000 * TIMES, TIMES); }
END_TEST

static const char *pairs_of_views(int n) {
  return arena_format(arena,
                      "code = [x -> flatten -> dense(6) for k in range(%d)]\n"
                      "maximize { l = sum(corr(p, q) for (p, q) in pairs(code)) }\n",
                      n);
}

START_TEST(all_pairs_of_views) { check_growth(pairs_of_views, 16, 31, 31.0 * 30 / (16 * 15)); }
END_TEST

static const char *repetition(int n) {
  return arena_format(arena,
                      "def step(h, k) = tanh(h * 0.5 + k / 1000)\n"
                      "h = fold(step, u, range(%d))\n"
                      "minimize { l = mean(h ^ 2) }\n",
                      n);
}

START_TEST(steps_of_a_repetition) { check_growth(repetition, 1000, 1000 * TIMES, TIMES); }
END_TEST

int main(void) {
  Suite *suite = suite_create("scale");
  TCase *cases = tcase_create("scale");
  tcase_add_checked_fixture(cases, begin, end);
  tcase_set_timeout(cases, 300);
  tcase_add_test(cases, layers_one_after_the_other);
  tcase_add_test(cases, layers_in_one_pipeline);
  tcase_add_test(cases, terms_of_a_sum);
  tcase_add_test(cases, all_pairs_of_views);
  tcase_add_test(cases, steps_of_a_repetition);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
