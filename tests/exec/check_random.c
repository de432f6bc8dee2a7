/* The executor against a plain interpreter on random graphs, fast and in reference mode. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/exec/ready.h"
#include "tests/plan/graphs.h"

static struct arena *arena;
static void begin(void) { arena = arena_new(); }
static void end(void) { arena_free(arena); }

static const struct step_context step_context = {.seed = 5, .step = 3, .clock = {1, 2, 3, 4}};

enum { MOST_ROWS = 3, WHOLE = WIDTH * WIDTH };

struct memory {
  double variable[VARIABLES + 1][WHOLE], column[COLUMNS][MOST_ROWS * WIDTH];
};

/* One value a node, each in memory of its own, by the reference kernels; then the writes. */
static double **interpret(const struct graph *graph, int64_t rows, struct memory *memory) {
  double **value = ARENA_ARRAY(arena, double *, graph->nodes.n);
  for (size_t i = 1; i < graph->nodes.n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    if (node->op == OP_variable || node->op == OP_column) {
      value[i] = node->op == OP_variable ? memory->variable[node->attr.i[0]] : memory->column[node->attr.i[0]];
      continue;
    }
    if (op_info[node->op].class == VIEW) {
      value[i] = value[node->in[0]];
      continue;
    }
    value[i] = ARENA_ARRAY(arena, double, (size_t)(shape_count(node->type.shape) * MOST_ROWS));
    struct call call = {.op = node->op,
                        .attr = &node->attr,
                        .rows = rows,
                        .batch = rows,
                        .inputs = node->inputs,
                        .step_context = &step_context};
    for (int k = 0; k < node->inputs; k++)
      call.in[k] = (struct operand){value[node->in[k]], graph_node(graph, node->in[k])->type};
    call.out = (struct operand){value[i], node->type};
    kernel_reference[node->op](&call);
  }
  return value;
}

static void store(const struct graph *graph, double **value, struct memory *memory) {
  struct memory old = *memory;
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    const double *from = value[root->node];
    for (int v = 0; v < VARIABLES; v++)
      if (from == memory->variable[v]) from = old.variable[v];
    if (root->kind == ROOT_WRITE)
      memcpy(memory->variable[root->target], from,
             sizeof(double) * (size_t)shape_count(graph_node(graph, root->node)->type.shape));
  }
}

static void fill(struct memory *memory) {
  double *at = &memory->variable[0][0];
  for (size_t i = 0; i < sizeof *memory / sizeof(double); i++) at[i] = (float)random_normal(random_bits(77, i)) * 0.25f;
}

/* Values may grow by squares of squares: then their sizes are no longer comparable, and both must be as large. */
static bool close_to(double a, double b, double tolerance) {
  if (!isfinite(a) || !isfinite(b) || fabs(b) > 1e30) return true;
  return fabs(a - b) <= tolerance * (1 + fabs(b));
}

static double get(const void *data, size_t i, bool reference) {
  return reference ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

static void compare(const struct graph *graph, int64_t most, int64_t rows, bool reference) {
  struct memory memory;
  float variable[VARIABLES + 1][WHOLE], column[COLUMNS][MOST_ROWS * WIDTH];
  double same_variable[VARIABLES + 1][WHOLE];
  struct exec *exec = exec_of(arena, graph, most, reference);
  fill(&memory);
  for (int v = 0; v <= VARIABLES; v++)
    for (int i = 0; i < WHOLE; i++)
      same_variable[v][i] = memory.variable[v][i], variable[v][i] = (float)memory.variable[v][i];
  for (int v = 0; v < COLUMNS; v++)
    for (int i = 0; i < MOST_ROWS * WIDTH; i++) column[v][i] = (float)memory.column[v][i];
  for (uint32_t v = 0; v <= VARIABLES; v++)
    exec_bind_variable(exec, v, reference ? (void *)same_variable[v] : (void *)variable[v]);
  for (uint32_t v = 0; v < COLUMNS; v++)
    exec_bind_column(exec, v, reference ? (const void *)memory.column[v] : (const void *)column[v]);
  double **value = interpret(graph, rows, &memory), tolerance = reference ? 0 : 1e-3;
  struct memory before = memory;
  exec_run(exec, rows, &step_context, NULL);
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    struct value_type type;
    if (root->kind != ROOT_VALUE) continue;
    const void *got = exec_value(exec, root->name, &type);
    ck_assert_ptr_nonnull(got);
    size_t n = (size_t)(shape_count(type.shape) * (type.rows ? rows : 1));
    for (size_t i = 0; i < n; i++)
      ck_assert_msg(close_to(get(got, i, reference), value[root->node][i], tolerance), "%s[%zu] is %g, not %g",
                    root->name, i, get(got, i, reference), value[root->node][i]);
  }
  store(graph, value, &memory);
  for (int v = 0; v <= VARIABLES; v++)
    for (size_t i = 0; i < WHOLE; i++) {
      double got = reference ? same_variable[v][i] : variable[v][i];
      ck_assert_msg(close_to(got, memory.variable[v][i], tolerance), "variable %d[%zu] is %g, not %g (was %g)", v, i,
                    got, memory.variable[v][i], before.variable[v][i]);
    }
  done(exec);
}

START_TEST(random_graphs_in_reference_mode) {
  for (uint64_t key = 0; key < 200; key++) {
    struct graph *graph = random_graph(arena, key, 15 + (int)(key % 60));
    compare(graph, MOST_ROWS, 1 + (int64_t)(key % MOST_ROWS), true);
  }
}
END_TEST

START_TEST(random_graphs_on_fast_kernels) {
  for (uint64_t key = 1000; key < 1200; key++) {
    struct graph *graph = random_graph(arena, key, 15 + (int)(key % 60));
    compare(graph, MOST_ROWS, 1 + (int64_t)(key % MOST_ROWS), false);
  }
}
END_TEST

START_TEST(the_checked_run_gives_what_a_run_gives) {
  for (uint64_t key = 0; key < 20; key++) {
    struct graph *graph = random_graph(arena, key, 30);
    float first[VARIABLES + 1][WHOLE], second[VARIABLES + 1][WHOLE], column[COLUMNS][MOST_ROWS * WIDTH];
    struct exec *exec = exec_of(arena, graph, MOST_ROWS, false);
    struct error error = {0};
    for (int v = 0; v <= VARIABLES; v++)
      for (int i = 0; i < WHOLE; i++) first[v][i] = second[v][i] = 0.01f * (float)(v + i);
    for (int v = 0; v < COLUMNS; v++)
      for (int i = 0; i < MOST_ROWS * WIDTH; i++) column[v][i] = 0.1f * (float)i;
    for (uint32_t v = 0; v < COLUMNS; v++) exec_bind_column(exec, v, column[v]);
    for (uint32_t v = 0; v <= VARIABLES; v++) exec_bind_variable(exec, v, first[v]);
    exec_run(exec, MOST_ROWS, &step_context, NULL);
    for (uint32_t v = 0; v <= VARIABLES; v++) exec_bind_variable(exec, v, second[v]);
    if (exec_run_checked(exec, MOST_ROWS, &step_context, &error)) ck_assert_mem_eq(first, second, sizeof first);
    done(exec);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("random graphs");
  TCase *tests = tcase_create("random graphs");
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, random_graphs_in_reference_mode);
  tcase_add_test(tests, random_graphs_on_fast_kernels);
  tcase_add_test(tests, the_checked_run_gives_what_a_run_gives);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
