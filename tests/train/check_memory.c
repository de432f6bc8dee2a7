/* Graphs within a limit of memory: on random graphs, what is rematerialised gives the same bits for every root and
 * variable, within what was asked; and what is said where it cannot be done. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/exec/ready.h"
#include "tests/plan/graphs.h"
#include "train/memory.h"

enum { ROWS = 96, GRAPHS = 300, WHOLE = WIDTH * WIDTH };

static const struct step_context step_context = {.seed = 5, .step = 3, .clock = {1, 2, 3, 4}};

struct memory {
  float variable[VARIABLES + 1][WHOLE], column[COLUMNS][ROWS * WIDTH];
};

static void fill(struct memory *memory, uint64_t key) {
  float *all = &memory->variable[0][0];
  for (size_t i = 0; i < sizeof *memory / sizeof *all; i++) all[i] = (float)random_unit(random_bits(key, i)) - 0.5f;
}

static struct exec *run(const struct plan *plan, struct slab *slab, struct memory *memory) {
  struct error error = {0};
  struct exec *exec = exec_new(plan, backend_fast(), NULL, slab, &error);
  ck_assert_msg(exec != NULL, "%s", error.message);
  for (uint32_t v = 0; v <= VARIABLES; v++) exec_bind_variable(exec, v, memory->variable[v]);
  for (uint32_t c = 0; c < COLUMNS; c++) exec_bind_column(exec, c, memory->column[c]);
  exec_run(exec, ROWS, &step_context, NULL);
  return exec;
}

static void must_agree(const struct graph *graph, const struct exec *a, const struct exec *b) {
  for (size_t r = 0; r < graph->roots.n; r++) {
    struct value_type type;
    if (graph->roots.at[r].kind != ROOT_VALUE) continue;
    const void *x = exec_value(a, graph->roots.at[r].name, &type);
    const void *y = exec_value(b, graph->roots.at[r].name, NULL);
    ck_assert_mem_eq(x, y, (size_t)plan_bytes(&type, ROWS, sizeof(float)));
  }
}

static const struct plan *plan_within(struct arena *arena, const struct graph *graph,
                                      const struct plan_settings *settings, int64_t limit, struct error *error) {
  const struct plan *plan;
  return plans_within(arena, &graph, 1, settings, &backend_fast()->traits, limit, &plan, error) ? plan : NULL;
}

START_TEST(random_graphs_give_the_same_bits) {
  int smaller = 0;
  for (uint64_t key = 0; key < GRAPHS; key++) {
    struct arena *arena = arena_new();
    struct graph *graph = random_graph(arena, key, 30 + (int)(key % 60));
    struct plan_settings settings = {.rows = ROWS, .threads = 1, .ungrouped = key % 2 == 0};
    const struct kernel_traits *traits = &backend_fast()->traits;
    struct slab slab = {0}, smaller_slab = {0};
    struct memory memory, other;
    struct error error = {0};
    bool good = graph_verify(graph, &error); /* some write a variable twice */
    fill(&memory, key);
    other = memory;
    const struct plan *plan = plan_make(arena, graph, &settings, traits, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    struct exec *exec = run(plan, &slab, &memory);
    const struct plan *same = plan_within(arena, graph, &settings, plan->peak, &error);
    ck_assert_ptr_eq(same->graph, graph);
    const struct plan *less = plan->peak > PLAN_ALIGN ? plan_within(arena, graph, &settings, plan->peak - 1, &error)
                                                      : NULL;
    if (less) {
      if (good) ck_assert_msg(graph_verify(less->graph, &error), "%s", error.message);
      struct exec *again = run(less, &smaller_slab, &other);
      ck_assert_int_lt(less->peak, plan->peak);
      must_agree(graph, exec, again);
      ck_assert_mem_eq(memory.variable, other.variable, sizeof memory.variable);
      exec_free(again);
      slab_free(&smaller_slab);
      smaller++;
    }
    exec_free(exec);
    slab_free(&slab);
    arena_free(arena);
  }
  ck_assert_int_gt(smaller, GRAPHS / 20);
}
END_TEST

/* x -> exp -> kept for the end, while a chain in between needs memory for two more. */
START_TEST(a_value_read_early_and_late_is_computed_again) {
  struct arena *arena = arena_new();
  struct graph *graph = graph_new(arena, "early and late", false);
  struct plan_settings settings = {.rows = ROWS, .threads = 1, .ungrouped = true};
  struct error error = {0};
  node_id x = leaf(graph, OP_column, 0, vector_shape(WIDTH), true), kept = unary(graph, OP_exp, x);
  node_id peak = binary(graph, OP_mul, unary(graph, OP_sigmoid, kept), unary(graph, OP_square, kept));
  node_id sum = unary(graph, OP_sum_rows, peak);
  graph_root(graph, ROOT_VALUE, "late", 0, binary(graph, OP_add, kept, unary(graph, OP_to_rows, sum)));
  int64_t value = ROWS * WIDTH * (int64_t)sizeof(float);
  const struct plan *less = plan_within(arena, graph, &settings, 2 * value + 8 * PLAN_ALIGN, &error);
  ck_assert_msg(less != NULL, "%s", error.message);
  ck_assert_ptr_null(plan_within(arena, graph, &settings, value, &error));
  ck_assert_int_eq(error.kind, ERROR_DATA);
  const char *text = arena_format(
      arena, "'early and late' does not fit into %lld bytes: its intermediate results need ", (long long)value);
  ck_assert_msg(strncmp(error.message, text, strlen(text)) == 0, "%s", error.message);
  long long least = atoll(error.message + strlen(text));
  ck_assert_int_ge(least, 2 * value);
  ck_assert_str_eq(error.hint,
                   arena_format(arena, "pass --memory %lldK or more, or a smaller batch", (least + 1023) / 1024));
  error = (struct error){0};
  ck_assert_ptr_nonnull(plan_within(arena, graph, &settings, least, &error));
  arena_free(arena);
}
END_TEST

/* Of two graphs that run in turn the one that takes more says what both take at the least, whichever is the first. */
START_TEST(graphs_that_run_in_turn_share_the_limit) {
  struct arena *arena = arena_new();
  struct plan_settings settings = {.rows = ROWS, .threads = 1, .ungrouped = true};
  const struct kernel_traits *traits = &backend_fast()->traits;
  struct graph *graph[] = {graph_new(arena, "small", false), graph_new(arena, "large", false)};
  for (int i = 0; i < 2; i++) {
    node_id x = leaf(graph[i], OP_column, 0, vector_shape(WIDTH), true), one = unary(graph[i], OP_exp, x);
    graph_root(graph[i], ROOT_VALUE, "one", 0, one);
    if (i) graph_root(graph[i], ROOT_VALUE, "other", 0, unary(graph[i], OP_sigmoid, x));
  }
  int64_t value = ROWS * WIDTH * (int64_t)sizeof(float);
  for (int first = 0; first < 2; first++) {
    const struct graph *both[] = {graph[first], graph[!first]};
    const struct plan *plan[2];
    struct error error = {0};
    ck_assert(!plans_within(arena, both, 2, &settings, traits, value, plan, &error));
    ck_assert_str_eq(error.message,
                     arena_format(arena, "'large' does not fit into %lld bytes: its intermediate results need %lld",
                                  (long long)value, (long long)(2 * value)));
    error = (struct error){0};
    ck_assert(plans_within(arena, both, 2, &settings, traits, 2 * value, plan, &error));
    ck_assert_int_eq(plan[!first]->peak, 2 * value);
    ck_assert_int_eq(plan[first]->peak, value);
  }
  arena_free(arena);
}
END_TEST

/* The squares of a sum of products over few rows, as a gradient's are; and written, too, where asked for. */
static struct graph *squares_of_products(struct arena *arena, bool written) {
  struct graph *graph = graph_new(arena, "squares", false);
  node_id x = leaf(graph, OP_column, 0, vector_shape(8 * ROWS), true);
  node_id s = unary(graph, OP_square, graph_op2(graph, OP_matmul_rows, NULL, x, x));
  node_id sum = graph_op1(graph, OP_sum, &(struct attr){.i = {3}}, s);
  graph_root(graph, written ? ROOT_WRITE : ROOT_VALUE, "sum", 0, sum);
  return graph;
}

/* A step is planned for its rows alone where that multiplies less; what looks at it follows, and decides nothing. */
START_TEST(looking_at_a_step_does_not_change_its_plan) {
  struct arena *arena = arena_new();
  struct plan_settings settings = {.rows = ROWS, .threads = 1};
  const struct graph *look = squares_of_products(arena, false), *step = squares_of_products(arena, true);
  const struct graph *alone[] = {look}, *both[] = {step, look};
  const struct plan *plan[2];
  struct error error = {0};
  ck_assert(plans_within(arena, alone, 1, &settings, &backend_fast()->traits, 0, plan, &error));
  ck_assert_int_eq(plan[0]->graph->rows, 0);
  ck_assert(plans_within(arena, both, 2, &settings, &backend_fast()->traits, 0, plan, &error));
  for (int i = 0; i < 2; i++) ck_assert_int_eq(plan[i]->graph->rows, ROWS);
  arena_free(arena);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("memory");
  TCase *tests = tcase_create("memory");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, random_graphs_give_the_same_bits);
  tcase_add_test(tests, a_value_read_early_and_late_is_computed_again);
  tcase_add_test(tests, graphs_that_run_in_turn_share_the_limit);
  tcase_add_test(tests, looking_at_a_step_does_not_change_its_plan);
  suite_add_tcase(suite, tests);
  SRunner *feeder = srunner_create(suite);
  srunner_run_all(feeder, CK_ENV);
  int failed = srunner_ntests_failed(feeder);
  srunner_free(feeder);
  return failed != 0;
}
