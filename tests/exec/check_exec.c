/* The executor against results by hand, and by its contracts: writes after reads, fewer rows, bindings that change, no
 * allocation in a run, the checked run. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/exec/ready.h"
#include "tests/plan/graphs.h"

static struct arena *arena;
static void begin(void) { arena = arena_new(); }
static void end(void) { arena_free(arena); }

static const struct step_context step_context = {.seed = 5, .step = 3, .clock = {1, 2, 3, 4}};

static const float *floats(const struct exec *exec, const char *name) {
  struct value_type type;
  const float *data = exec_value(exec, name, &type);
  ck_assert_ptr_nonnull(data);
  ck_assert_int_eq(type.type, F32);
  return data;
}

/* ---- by hand ---- */

/* y = 2 x + w for two rows, and the sum of all of it. */
static struct graph *line_graph(void) {
  struct graph *graph = graph_new(arena, "line", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(2), true), w = leaf(graph, OP_variable, 0, vector_shape(2), false);
  node_id y = binary(graph, OP_add, binary(graph, OP_mul, graph_number(graph, 2), x), w);
  struct attr axis = {.i = {1}};
  node_id total = graph_op1(graph, OP_sum, &axis, unary(graph, OP_sum_rows, y));
  graph_root(graph, ROOT_VALUE, "y", 0, y);
  graph_root(graph, ROOT_VALUE, "total", 0, total);
  graph_root(graph, ROOT_VALUE, "rows", 0, leaf(graph, OP_rows, 0, shape_make(0, NULL), false));
  return graph;
}

START_TEST(a_line_by_hand) {
  float x[] = {1, 2, 3, 4}, w[] = {10, 20};
  struct exec *exec = exec_of(arena, line_graph(), 2, false);
  struct value_type type;
  exec_bind_variable(exec, 0, w);
  exec_bind_column(exec, 0, x);
  exec_run(exec, 2, &step_context, NULL);
  const float *y = floats(exec, "y"), expected[] = {12, 24, 16, 28};
  for (int i = 0; i < 4; i++) ck_assert_float_eq(y[i], expected[i]);
  ck_assert_double_eq(exec_number(exec, "total"), 80);
  ck_assert_double_eq(exec_number(exec, "rows"), 2);
  ck_assert_ptr_null(exec_value(exec, "nobody", &type));
  ck_assert(isnan(exec_number(exec, "nobody")));
  exec_value(exec, "y", &type);
  ck_assert(type.rows && shape_equal(type.shape, vector_shape(2)));
  done(exec);
}
END_TEST

START_TEST(the_same_line_in_double) {
  double x[] = {1, 2, 3, 1e-12}, w[] = {10, 20};
  struct exec *exec = exec_of(arena, line_graph(), 2, true);
  exec_bind_variable(exec, 0, w);
  exec_bind_column(exec, 0, x);
  exec_run(exec, 2, &step_context, NULL);
  const double *y = exec_value(exec, "y", NULL);
  ck_assert_double_eq(y[0], 12);
  ck_assert_double_eq(y[3], 20 + 2e-12);
  ck_assert_double_eq(exec_number(exec, "total"), 12 + 24 + 16 + (20 + 2e-12));
  done(exec);
}
END_TEST

START_TEST(fewer_rows_and_other_columns) {
  float x[] = {1, 2, 3, 4, 5, 6, 7, 8}, other[] = {100, 200}, w[] = {0, 0}, heavy[] = {1000, 1000};
  struct exec *exec = exec_of(arena, line_graph(), 4, false);
  exec_bind_variable(exec, 0, w);
  exec_bind_variable(exec, 7, heavy); /* a number that the graph does not use */
  exec_bind_column(exec, 9, heavy);
  for (int64_t rows = 4; rows >= 1; rows--) {
    exec_bind_column(exec, 0, x);
    exec_run(exec, rows, &step_context, NULL);
    ck_assert_double_eq(exec_number(exec, "total"), 2.0 * (double)(rows * (2 * rows + 1)));
    ck_assert_double_eq(exec_number(exec, "rows"), (double)rows);
  }
  exec_bind_column(exec, 0, other);
  exec_bind_variable(exec, 0, heavy);
  exec_run(exec, 1, &step_context, NULL);
  ck_assert_double_eq(exec_number(exec, "total"), 2600);
  done(exec);
}
END_TEST

START_TEST(roots_that_are_leaves) {
  int64_t square[] = {2, 2};
  float x[] = {1, 2, 3, 4, 5, 6, 7, 8}, w[] = {9, 8, 7, 6};
  struct graph *graph = graph_new(arena, "leaves", true);
  node_id column = leaf(graph, OP_column, 0, vector_shape(4), true);
  node_id variable = leaf(graph, OP_variable, 0, vector_shape(4), false);
  graph_root(graph, ROOT_VALUE, "x", 0, reshaped(graph, column, shape_make(2, square)));
  graph_root(graph, ROOT_VALUE, "w", 0, unary(graph, OP_stop, variable));
  graph_root(graph, ROOT_VALUE, "two", 0, graph_constant(graph, vector_shape(4), 2));
  struct exec *exec = exec_of(arena, graph, 2, false);
  exec_bind_column(exec, 0, x);
  exec_bind_variable(exec, 0, w);
  exec_run(exec, 2, &step_context, NULL);
  ck_assert_ptr_eq(floats(exec, "x"), x);
  ck_assert_ptr_eq(floats(exec, "w"), w);
  ck_assert_float_eq(floats(exec, "two")[3], 2);
  done(exec);
}
END_TEST

/* ---- writes ---- */

START_TEST(a_swap) {
  float x[] = {1, 2}, y[] = {3, 4};
  struct graph *graph = graph_new(arena, "swap", true);
  node_id a = leaf(graph, OP_variable, 0, vector_shape(2), false),
          b = leaf(graph, OP_variable, 1, vector_shape(2), false);
  graph_root(graph, ROOT_WRITE, "x", 0, b);
  graph_root(graph, ROOT_WRITE, "y", 1, a);
  graph_root(graph, ROOT_VALUE, "old x", 0, a);
  graph_root(graph, ROOT_VALUE, "sum", 0, binary(graph, OP_add, a, b));
  struct exec *exec = exec_of(arena, graph, 1, false);
  exec_bind_variable(exec, 0, x);
  exec_bind_variable(exec, 1, y);
  exec_run(exec, 1, &step_context, NULL);
  ck_assert_float_eq(x[0], 3);
  ck_assert_float_eq(x[1], 4);
  ck_assert_float_eq(y[0], 1);
  ck_assert_float_eq(y[1], 2);
  ck_assert_float_eq(floats(exec, "old x")[1], 2);
  ck_assert_float_eq(floats(exec, "sum")[1], 6);
  exec_run(exec, 1, &step_context, NULL);
  ck_assert_float_eq(x[0], 1);
  ck_assert_float_eq(y[0], 3);
  done(exec);
}
END_TEST

START_TEST(crossed_updates) {
  float x[] = {5}, y[] = {2};
  struct graph *graph = graph_new(arena, "crossed", true);
  node_id a = leaf(graph, OP_variable, 0, vector_shape(1), false),
          b = leaf(graph, OP_variable, 1, vector_shape(1), false);
  graph_root(graph, ROOT_WRITE, "x", 0, binary(graph, OP_add, a, b));
  graph_root(graph, ROOT_WRITE, "y", 1, binary(graph, OP_sub, a, b));
  struct exec *exec = exec_of(arena, graph, 1, false);
  exec_bind_variable(exec, 0, x);
  exec_bind_variable(exec, 1, y);
  exec_run(exec, 1, &step_context, NULL);
  ck_assert_float_eq(x[0], 7);
  ck_assert_float_eq(y[0], 3);
  done(exec);
}
END_TEST

START_TEST(the_last_of_two_writes_stands) {
  float x[] = {5};
  struct graph *graph = graph_new(arena, "twice", true);
  node_id a = leaf(graph, OP_variable, 0, vector_shape(1), false);
  graph_root(graph, ROOT_WRITE, "x", 0, unary(graph, OP_square, a));
  graph_root(graph, ROOT_WRITE, "x", 0, unary(graph, OP_negate, a));
  struct exec *exec = exec_of(arena, graph, 1, false);
  exec_bind_variable(exec, 0, x);
  exec_run(exec, 1, &step_context, NULL);
  ck_assert_float_eq(x[0], -5);
  done(exec);
}
END_TEST

/* ---- chains of elementwise operations ---- */

enum { CHAINED = 40003 }; /* no multiple of a vector, a tile or a chunk */

/* m <- m + 0.1 (g - m), v <- max(v, g g), w <- w - 0.01 m / (sqrt(v) + 1), of which the last operand is a weight, too. */
static struct graph *rule_graph(void) {
  struct graph *graph = graph_new(arena, "rule", true);
  node_id leaves[4];
  for (int k = 0; k < 4; k++) leaves[k] = leaf(graph, OP_variable, (int64_t)k, vector_shape(CHAINED), false);
  node_id w = leaves[0], m = leaves[1], v = leaves[2], g = leaves[3], one = graph_number(graph, 1);
  m = binary(graph, OP_add, m, binary(graph, OP_mul, graph_number(graph, 0.1), binary(graph, OP_sub, g, m)));
  v = binary(graph, OP_max, v, binary(graph, OP_mul, g, g));
  node_id step = binary(graph, OP_div, m, binary(graph, OP_add, unary(graph, OP_sqrt, v), one));
  w = binary(graph, OP_sub, w, binary(graph, OP_mul, step, graph_number(graph, 0.01)));
  graph_root(graph, ROOT_WRITE, "w", 0, w);
  graph_root(graph, ROOT_WRITE, "m", 1, m);
  graph_root(graph, ROOT_WRITE, "v", 2, v);
  return graph;
}

static bool has_chain(const struct exec *exec) {
  for (int g = 0; g < exec->plan->groups; g++)
    if (exec->chains[g] && exec->plan->group[g].end - exec->plan->group[g].begin > 5) return true;
  return false;
}

/* A rule in one pass gives what its operations give one by one, on any number of threads. */
START_TEST(a_chain_is_its_operations) {
  static float first[4][CHAINED], now[4][CHAINED];
  struct graph *graph = rule_graph();
  for (int threads = 0; threads <= 3; threads++) {
    struct pool *pool = threads ? pool_new(threads) : NULL;
    struct error error = {0};
    struct plan_settings settings = {.rows = 1, .ungrouped = !threads};
    struct exec *exec = ready(arena, graph, settings, backend_fast(), pool, &error);
    ck_assert_msg(exec != NULL, "%s", error.message);
    ck_assert_int_eq(has_chain(exec), threads > 0);
    for (int k = 0; k < 4; k++) {
      for (int i = 0; i < CHAINED; i++) now[k][i] = (float)(i * 7 % 101 * (k + 1) - 150) / (k == 2 ? 900.0F : 100.0F);
      exec_bind_variable(exec, (uint32_t)k, now[k]);
    }
    for (int i = 0; i < 3; i++) ck_assert(exec_run(exec, 1, &step_context, &error));
    if (!threads) memcpy(first, now, sizeof first);
    ck_assert_mem_eq(first, now, sizeof first);
    done(exec);
    pool_free(pool);
  }
}
END_TEST

/* ---- contracts ---- */

static void no_memory(void) { ck_abort_msg("a run allocated"); }

START_TEST(a_run_allocates_nothing) {
  int64_t matrix[] = {64, 64};
  static float x[32 * 64], w[64 * 64];
  struct graph *graph = graph_new(arena, "still", true);
  node_id in = leaf(graph, OP_column, 0, vector_shape(64), true);
  node_id m = leaf(graph, OP_variable, 0, shape_make(2, matrix), false);
  node_id y = unary(graph, OP_tanh, binary(graph, OP_matmul, in, m));
  graph_root(graph, ROOT_VALUE, "mean", 0, unary(graph, OP_sum_rows, y));
  graph_root(graph, ROOT_WRITE, "w", 0, unary(graph, OP_sigmoid, m));
  struct exec *exec = exec_of(arena, graph, 32, false);
  exec_bind_column(exec, 0, x);
  exec_bind_variable(exec, 0, w);
  base_out_of_memory = no_memory;
  base_fail_after = 0;
  exec_run(exec, 32, &step_context, NULL);
  exec_bind_column(exec, 0, x);
  exec_run(exec, 7, &step_context, NULL);
  base_fail_after = -1;
  ck_assert_float_eq_tol(w[0], 0.6224593f, 1e-6); /* sigmoid(sigmoid(0)) */
  done(exec);
}
END_TEST

static const char *const blocks[] = {"kept variables", "constants", "intermediate results"};
enum { BLOCKS = 3, ARENA_ENDED = BLOCKS, ALL_WENT_WELL };

static void arena_ends(void) { _exit(ARENA_ENDED); }

/* In a process of its own, since an arena without memory ends it: which block the failing allocation was. */
static int failing(const struct plan *plan, int allocation) {
  struct error error = {0};
  struct slab slab = {0};
  int status;
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (!child) {
    base_out_of_memory = arena_ends;
    base_fail_after = allocation;
    struct exec *exec = exec_new(plan, backend_fast(), NULL, &slab, &error);
    if (exec) _exit(ALL_WENT_WELL);
    for (int k = 0; k < BLOCKS; k++)
      if (error.kind == ERROR_DATA && strstr(error.message, blocks[k]) && strstr(error.message, "MiB were asked for") &&
          !strcmp(error.hint, "use a smaller batch"))
        _exit(k);
    abort();
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFEXITED(status));
  return WEXITSTATUS(status);
}

START_TEST(no_memory_for_a_block_is_an_error) {
  struct plan_settings settings = {.rows = 2, .threads = 1};
  struct error error = {0};
  const struct plan *plan = plan_make(arena, line_graph(), &settings, &backend_fast()->traits, &error);
  int found[BLOCKS] = {0}, what, allocation = 0;
  for (; (what = failing(plan, allocation)) != ALL_WENT_WELL && allocation < 1000; allocation++)
    if (what < BLOCKS) found[what]++;
  ck_assert_int_lt(allocation, 1000);
  for (int k = 0; k < BLOCKS; k++) ck_assert_int_eq(found[k], 1);
}
END_TEST

/* A second graph makes the slab larger; then both run in turn, each with its own bindings. */
START_TEST(two_graphs_share_a_slab_that_grows) {
  const struct backend *backend = backend_fast();
  struct plan_settings few = {.rows = 1, .threads = 1}, many = {.rows = 64, .threads = 1};
  struct error error = {0};
  struct slab slab = {0};
  float x[128] = {3, 4}, w[] = {10, 20};
  const struct plan *small = plan_make(arena, line_graph(), &few, &backend->traits, &error);
  const struct plan *large = plan_make(arena, line_graph(), &many, &backend->traits, &error);
  struct exec *first = exec_new(small, backend, NULL, &slab, &error);
  ck_assert_int_lt(small->peak, large->peak);
  ck_assert_int_eq(slab.bytes, small->peak);
  exec_bind_variable(first, 0, w);
  exec_bind_column(first, 0, x);
  exec_run(first, 1, &step_context, NULL);
  ck_assert_double_eq(exec_number(first, "total"), 44);
  struct exec *second = exec_new(large, backend, NULL, &slab, &error);
  ck_assert_int_eq(slab.bytes, large->peak);
  exec_bind_variable(second, 0, w);
  exec_bind_column(second, 0, x);
  for (int turn = 0; turn < 2; turn++) {
    exec_run(second, 64, &step_context, NULL);
    ck_assert_double_eq(exec_number(second, "total"), 64 * 30 + 14);
    exec_run(first, 1, &step_context, NULL);
    ck_assert_double_eq(exec_number(first, "total"), 44);
  }
  ck_assert_int_eq(slab.bytes, large->peak);
  exec_free(first);
  exec_free(second);
  slab_free(&slab);
}
END_TEST

START_TEST(constants_are_computed_once_and_draws_by_step) {
  struct graph *graph = graph_new(arena, "draws", true);
  node_id draw = leaf(graph, OP_uniform, 0, vector_shape(8), true), fixed = graph_constant(graph, vector_shape(8), 3);
  graph_root(graph, ROOT_VALUE, "draw", 0, binary(graph, OP_mul, draw, fixed));
  struct attr updates = {.i = {1}};
  graph_root(graph, ROOT_VALUE, "updates", 0, graph_op0(graph, OP_clock, &updates));
  struct exec *exec = exec_of(arena, graph, 2, false);
  struct step_context now = step_context;
  float first[16];
  exec_run(exec, 2, &now, NULL);
  memcpy(first, floats(exec, "draw"), sizeof first);
  ck_assert_double_eq(exec_number(exec, "updates"), 2);
  now.step++;
  exec_run(exec, 2, &now, NULL);
  ck_assert_int_ne(memcmp(first, floats(exec, "draw"), sizeof first), 0);
  now.step--;
  exec_run(exec, 2, &now, NULL);
  ck_assert_int_eq(memcmp(first, floats(exec, "draw"), sizeof first), 0);
  for (int i = 0; i < 16; i++) ck_assert(first[i] >= 0 && first[i] < 3);
  done(exec);
}
END_TEST

/* w <- w / 2, and then log(x), which is infinite for a row of zero. */
static struct graph *log_graph(void) {
  struct graph *graph = graph_new(arena, "log", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(2), true), w = leaf(graph, OP_variable, 0, vector_shape(2), false);
  node_id half = binary(graph, OP_mul, w, graph_number(graph, 0.5));
  graph->where = "left.score";
  node_id log = unary(graph, OP_log, x);
  graph->where = "loss";
  graph_root(graph, ROOT_WRITE, "w", 0, half);
  graph_root(graph, ROOT_VALUE, "l", 0, unary(graph, OP_sum_rows, binary(graph, OP_mul, log, half)));
  return graph;
}

static void check_log(bool reference) {
  float x[] = {1, 1, 1, 0}, w[] = {4, 8};
  double same_x[] = {1, 1, 1, 0}, same_w[] = {4, 8};
  struct exec *exec = exec_of(arena, log_graph(), 2, reference);
  struct error error = {0};
  exec_bind_variable(exec, 0, reference ? (void *)same_w : (void *)w);
  exec_bind_column(exec, 0, reference ? (void *)same_x : (void *)x);
  ck_assert(exec_run_checked(exec, 1, &step_context, &error)); /* the first row alone is fine */
  ck_assert_double_eq(reference ? same_w[0] : w[0], 2);
  ck_assert(!exec_run_checked(exec, 2, &step_context, &error));
  ck_assert_int_eq(error.kind, ERROR_NUMBER);
  ck_assert_str_eq(error.message, "'log' in 'left.score' gave 1 of 4 numbers that are infinite or NaN, in [batch, 2]");
  ck_assert_ptr_nonnull(strstr(error.hint, "its inputs are finite"));
  ck_assert_double_eq(reference ? same_w[0] : w[0], 2); /* nothing was stored */
  ck_assert_double_eq(reference ? same_w[1] : w[1], 4);
  done(exec);
}

START_TEST(the_checked_run_names_the_first_bad_result) {
  check_log(false);
  check_log(true);
}
END_TEST

/* Matrices of one number each, of which rows 1 and 3 are not positive: both runs name row 1, whoever finds it, and the
 * next run knows nothing of it. */
START_TEST(a_kernel_says_why_it_fails) {
  float x[] = {4, -1, 9, -2};
  struct graph *graph = graph_new(arena, "fails", true);
  node_id in = leaf(graph, OP_column, 0, shape_make(2, (int64_t[]){1, 1}), true);
  graph->where = "left.white";
  graph_root(graph, ROOT_VALUE, "l", 0, unary(graph, OP_cholesky, in));
  struct exec *exec = exec_of(arena, graph, 4, false);
  exec_bind_column(exec, 0, x);
  for (int checked = 0; checked < 2; checked++) {
    struct error error = {0};
    ck_assert(!(checked ? exec_run_checked : exec_run)(exec, 4, &step_context, &error));
    ck_assert_int_eq(error.kind, ERROR_NUMBER);
    ck_assert_str_eq(error.message, "'cholesky' in 'left.white' has no result in row 1 of the batch: "
                                    "the matrix is not positive definite: pivot 1 of 1 is -1");
    ck_assert((checked ? exec_run_checked : exec_run)(exec, 1, &step_context, &error));
    ck_assert_float_eq(floats(exec, "l")[0], 2);
  }
  done(exec);
}
END_TEST

START_TEST(the_checked_run_names_a_bad_leaf) {
  float x[] = {1, 1}, w[] = {NAN, 8};
  struct exec *exec = exec_of(arena, log_graph(), 2, false);
  struct error error = {0};
  exec_bind_variable(exec, 0, w);
  exec_bind_column(exec, 0, x);
  ck_assert(!exec_run_checked(exec, 1, &step_context, &error));
  ck_assert_ptr_nonnull(strstr(error.message, "'mul'"));
  ck_assert_ptr_nonnull(strstr(error.hint, "the variable that it reads as input 1, in 'the file itself'"));
  ck_assert_float_eq(w[1], 8);
  done(exec);
}
END_TEST

START_TEST(the_profile_counts_every_step) {
  float x[] = {1, 2, 3, 4}, w[] = {10, 20};
  struct exec *exec = exec_of(arena, line_graph(), 2, false);
  exec_bind_variable(exec, 0, w);
  exec_bind_column(exec, 0, x);
  ck_assert_str_eq(exec_profile_string(arena, exec), "");
  exec_profile(exec, true);
  exec_run(exec, 2, &step_context, NULL);
  exec_run(exec, 1, &step_context, NULL);
  ck_assert_double_eq(exec_number(exec, "total"), 36);
  const char *text = exec_profile_string(arena, exec);
  static const char *const parts[] = {"profile of 'line': 2 runs, 1.5 rows each", "mul", "add", "sum_rows"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    ck_assert_msg(strstr(text, parts[i]) != NULL, "no '%s' in:\n%s", parts[i], text);
  exec_profile(exec, false);
  ck_assert_str_eq(exec_profile_string(arena, exec), "");
  done(exec);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("exec");
  TCase *tests = tcase_create("exec");
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, a_line_by_hand);
  tcase_add_test(tests, the_same_line_in_double);
  tcase_add_test(tests, fewer_rows_and_other_columns);
  tcase_add_test(tests, roots_that_are_leaves);
  tcase_add_test(tests, a_swap);
  tcase_add_test(tests, crossed_updates);
  tcase_add_test(tests, the_last_of_two_writes_stands);
  tcase_add_test(tests, a_chain_is_its_operations);
  tcase_add_test(tests, a_run_allocates_nothing);
  tcase_add_test(tests, no_memory_for_a_block_is_an_error);
  tcase_add_test(tests, two_graphs_share_a_slab_that_grows);
  tcase_add_test(tests, constants_are_computed_once_and_draws_by_step);
  tcase_add_test(tests, the_checked_run_names_the_first_bad_result);
  tcase_add_test(tests, a_kernel_says_why_it_fails);
  tcase_add_test(tests, the_checked_run_names_a_bad_leaf);
  tcase_add_test(tests, the_profile_counts_every_step);
  suite_add_tcase(suite, tests);
  SRunner *feeder = srunner_create(suite);
  srunner_run_all(feeder, CK_ENV);
  int failed = srunner_ntests_failed(feeder);
  srunner_free(feeder);
  return failed != 0;
}
