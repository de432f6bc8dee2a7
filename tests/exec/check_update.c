/* Updates of weights made with the lines of their gradients: random graphs in which large sums over rows meet
 * elementwise operations on variables of their size.  Grouped, on any number of threads and cut fine, they give the bits
 * that their operations give one by one. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/exec/ready.h"
#include "tests/plan/graphs.h"

static struct arena *arena;
static void begin(void) { arena = arena_new(); }
static void end(void) { arena_free(arena); }

static const struct step_context step_context = {.seed = 5, .step = 3, .clock = {1, 2, 3, 4}};

enum { LINES = 401, LINE = 333, LARGE = LINES * LINE, SQUARE = 365, ROWS = 300, STORED = 3, NUMBERS = 3, GRAPHS = 120 };

static float column[4][ROWS * LINES], number[NUMBERS] = {0.5F, -0.25F, 3}, start[STORED][LARGE];
static float first[STORED][LARGE], now[STORED][LARGE];

static void fill(void) {
  for (int k = 0; k < 4; k++)
    for (int i = 0; i < ROWS * LINES; i++) column[k][i] = random_unit(random_bits(1 + (uint64_t)k, (uint64_t)i)) - 0.5F;
  for (int k = 0; k < STORED; k++)
    for (int i = 0; i < LARGE; i++) start[k][i] = random_unit(random_bits(9 + (uint64_t)k, (uint64_t)i)) + 0.5F;
}

/* A node over what stands, more often over late ones. */
static node_id some(const node_id *large, int n, struct choice *c) {
  return large[n - 1 - choose(c, choose(c, n) + 1)];
}

static node_id random_large(struct graph *graph, const node_id *large, int n, const node_id *numbers,
                            struct choice *c) {
  node_id x = some(large, n, c), y = some(large, n, c), p = numbers[choose(c, NUMBERS)];
  switch (choose(c, 9)) {
  case 0: return binary(graph, OP_add, x, y);
  case 1: return binary(graph, OP_sub, x, y);
  case 2: return binary(graph, OP_add, p, x);
  case 3: return choose(c, 2) ? binary(graph, OP_sub, p, x) : binary(graph, OP_sub, x, p);
  case 4: return binary(graph, OP_max, x, y);
  case 5: return unary(graph, OP_tanh, x);
  default: return choose(c, 2) ? binary(graph, OP_mul, p, x) : binary(graph, OP_mul, x, p);
  }
}

/* Variables 0 to 2 are large, 3 to 5 numbers.  One of three graphs also reads a whole gradient before its update does. */
static struct graph *update_graph(uint64_t key) {
  struct graph *graph = graph_new(arena, "update", false);
  struct choice c = {key, 0};
  int64_t dim[] = {LINES, LINE};
  node_id large[40], numbers[NUMBERS], x[4];
  int n = 0;
  for (int k = 0; k < STORED; k++) large[n++] = leaf(graph, OP_variable, k, shape_make(2, dim), false);
  for (int k = 0; k < NUMBERS; k++) numbers[k] = leaf(graph, OP_variable, STORED + k, (struct shape){0}, false);
  for (int k = 0; k < 4; k++) x[k] = leaf(graph, OP_column, k, vector_shape(k % 2 ? LINE : LINES), true);
  for (int k = choose(&c, 3) * 2; k >= 0; k -= 2) large[n++] = binary(graph, OP_matmul_rows, x[k % 4], x[k % 4 + 1]);
  if (!choose(&c, 3)) {
    struct attr axes = {.i = {3}};
    numbers[0] = unary(graph, OP_tanh, graph_op1(graph, OP_sum, &axes, large[n - 1]));
  }
  while (n < 14 + choose(&c, 20)) large[n] = random_large(graph, large, n, numbers, &c), n++;
  for (int k = 0; k < STORED; k++) graph_root(graph, ROOT_WRITE, "write", (uint32_t)k, large[n - 1 - choose(&c, 12)]);
  return graph;
}

/* Two steps, the second on fewer rows. */
static void run(const struct graph *graph, struct plan_settings settings, int threads, int *products) {
  struct pool *pool = threads > 1 ? pool_new(threads) : NULL;
  struct error error = {0};
  settings.rows = ROWS;
  struct exec *exec = ready(arena, graph, settings, backend_fast(), pool, &error);
  ck_assert_msg(exec != NULL, "%s", error.message);
  for (int g = 0; g < exec->plan->groups; g++) *products += exec->plan->group[g].products;
  memcpy(now, start, sizeof start);
  for (int k = 0; k < STORED; k++) exec_bind_variable(exec, (uint32_t)k, now[k]);
  for (int k = 0; k < NUMBERS; k++) exec_bind_variable(exec, (uint32_t)(STORED + k), &number[k]);
  for (int k = 0; k < 4; k++) exec_bind_column(exec, (uint32_t)k, column[k]);
  for (int64_t rows = ROWS; rows > 0; rows -= 263) ck_assert(exec_run(exec, rows, &step_context, &error));
  done(exec);
  pool_free(pool);
}

/* Multiples whose sums come after what they are multiples of is written over: a variable by its update, and a draw. */
static struct graph *written_over_graph(void) {
  struct graph *graph = graph_new(arena, "written over", false);
  node_id x[STORED], p = leaf(graph, OP_variable, STORED, (struct shape){0}, false);
  for (int k = 0; k < STORED; k++) x[k] = leaf(graph, OP_variable, k, vector_shape(LARGE), false);
  node_id drawn = leaf(graph, OP_normal, 1, vector_shape(LARGE), false);
  node_id multiple = binary(graph, OP_mul, x[0], p), updated = binary(graph, OP_sub, x[0], x[1]);
  node_id other = binary(graph, OP_mul, drawn, p), squashed = unary(graph, OP_tanh, drawn);
  graph_root(graph, ROOT_WRITE, "write", 0, updated);
  graph_root(graph, ROOT_WRITE, "write", 1, binary(graph, OP_add, updated, multiple));
  graph_root(graph, ROOT_VALUE, "value", 0, squashed);
  graph_root(graph, ROOT_WRITE, "write", 2, binary(graph, OP_sub, squashed, other));
  return graph;
}

static void check_alone_and_grouped(const struct graph *graph) {
  int products = 0;
  fill();
  run(graph, (struct plan_settings){.ungrouped = true}, 1, &products);
  memcpy(first, now, sizeof now);
  run(graph, (struct plan_settings){0}, 1, &products);
  ck_assert(!memcmp(first, now, sizeof now));
}

START_TEST(what_a_multiple_is_of_lasts) { check_alone_and_grouped(written_over_graph()); }
END_TEST

/* Every line of the product reads all of the weights that it updates. */
START_TEST(a_product_of_weights_reads_them_before_their_update) {
  struct graph *graph = graph_new(arena, "weights by weights", false);
  int64_t dim[] = {SQUARE, SQUARE};
  node_id w = leaf(graph, OP_variable, 0, shape_make(2, dim), false);
  node_id p = leaf(graph, OP_variable, STORED, (struct shape){0}, false);
  graph_root(graph, ROOT_WRITE, "write", 0,
             binary(graph, OP_sub, w, binary(graph, OP_mul, p, binary(graph, OP_matmul_rows, w, w))));
  check_alone_and_grouped(graph);
}
END_TEST

START_TEST(updates_are_their_operations) {
  int products = 0, none = 0;
  fill();
  for (uint64_t key = 0; key < GRAPHS; key++) {
    const struct graph *graph = update_graph(key);
    run(graph, (struct plan_settings){.ungrouped = true}, 1, &none);
    memcpy(first, now, sizeof now);
    run(graph, (struct plan_settings){0}, 1, &products);
    ck_assert_msg(!memcmp(first, now, sizeof now), "graph %d has other bits", (int)key);
    run(graph, (struct plan_settings){.fine = key % 4 == 0}, 3, &products);
    ck_assert_msg(!memcmp(first, now, sizeof now), "graph %d has other bits on three threads", (int)key);
  }
  ck_assert_int_eq(none, 0);
  ck_assert_int_gt(products, GRAPHS);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("updates");
  TCase *tests = tcase_create("updates");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, what_a_multiple_is_of_lasts);
  tcase_add_test(tests, a_product_of_weights_reads_them_before_their_update);
  tcase_add_test(tests, updates_are_their_operations);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
