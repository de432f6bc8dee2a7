/* Random graphs: the same program built literally (plain) and with sharing and folding must mean the same, and so
 * must what passes make of it.  All is run by the reference kernels, in double.
 *   - values and gradients of the plain graph and of the folded one
 *   - a pruned graph and its original
 *   - a graph cut at its rows, whose first half runs a batch at a time, and the whole
 *   - a graph cut at what is frozen, and the whole
 *
 * usage: check_random [seed]        runs one graph; a failure prints its seed */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "pass/pass.h"
#include "tests/exec/ready.h"
#include "tests/graph/build.h"

enum { GRAPHS = 80, STEPS_EACH = 40, ROWS = 6, BATCH = 4, COLUMNS = 2, VARIABLES = 4, MOST = 64, CUTS = 32 };

static struct shape shapes[] = {{0}, {1, {3}}, {2, {2, 3}}};

/* The program: its values in the literal graph and in the folded one. */
struct program {
  uint64_t key, thrown;
  struct graph *graph[2];
  node_id value[2][MOST];
  int n;
  node_id loss[2], leaf[2][COLUMNS + VARIABLES];
};

static double column_data[COLUMNS + CUTS][ROWS * 64];
static double variable_data[VARIABLES][64];
static int passed, failed;

static int pick(struct program *p, int n) { return (int)(random_unit(random_bits(p->key, p->thrown++)) * n); }

static void check(bool good, uint64_t seed, const char *what) {
  good ? passed++ : failed++;
  if (!good) printf("failed: seed %llu: %s\n", (unsigned long long)seed, what);
}

/* ---- making a program */

static void keep(struct program *p, node_id plain, node_id folded) {
  p->value[0][p->n] = plain;
  p->value[1][p->n++] = folded;
}

static void add_leaves(struct program *p) {
  for (int which = 0; which < 2; which++) {
    for (int k = 0; k < COLUMNS; k++) p->leaf[which][k] = column(p->graph[which], k, shapes[k + 1]);
    for (int k = 0; k < VARIABLES; k++) p->leaf[which][COLUMNS + k] = variable(p->graph[which], k, shapes[k % 3]);
  }
  for (int k = 0; k < COLUMNS + VARIABLES; k++) keep(p, p->leaf[0][k], p->leaf[1][k]);
  static const double numbers[] = {0, 1, 2, -1, 0.5};
  for (int k = 0; k < 5; k++) {
    struct shape shape = shapes[pick(p, 3)];
    keep(p, graph_constant(p->graph[0], shape, numbers[k]), graph_constant(p->graph[1], shape, numbers[k]));
  }
}

/* Operations whose values stay moderate and whose gradients exist nearly everywhere. */
static const enum op choice[] = {
    OP_add,      OP_sub,      OP_mul,    OP_add,         OP_sub,   OP_mul,    OP_negate,    OP_tanh,   OP_sigmoid,
    OP_relu,     OP_square,   OP_abs,    OP_softplus,    OP_max,   OP_min,    OP_less,      OP_select, OP_pow,
    OP_stop,     OP_sum,      OP_spread, OP_reshape,     OP_slice, OP_pad,    OP_transpose, OP_concat, OP_to_rows,
    OP_sum_rows, OP_max_last, OP_matmul, OP_matmul_rows, OP_rows,  OP_uniform};

static struct attr settings_for(struct program *p, enum op op, const struct value_type *in) {
  struct attr attr = {.i = {0}};
  int rank = in[0].shape.rank, axis = rank ? pick(p, rank) : 0;
  int64_t size = rank ? in[0].shape.dim[axis] : 1;
  switch (op) {
  case OP_sum: attr.i[0] = pick(p, 1 << rank); break;
  case OP_spread:
    attr.i[0] = rank == 2 ? 0 : rank == 1 ? 1 : pick(p, 2) ? 3 : 1;
    attr.shape = rank == 2 ? in[0].shape : shapes[rank == 1 || attr.i[0] == 3 ? 2 : 1];
    break;
  case OP_reshape: attr.shape = pick(p, 2) ? in[0].shape : rank == 2 ? SHAPE(3, 2) : SHAPE(size); break;
  case OP_slice:
    attr.i[0] = axis;
    attr.i[1] = pick(p, (int)size);
    attr.i[2] = attr.i[1] + 1 + pick(p, (int)(size - attr.i[1]));
    break;
  case OP_pad:
    attr.i[0] = axis;
    attr.i[1] = pick(p, 2);
    attr.i[2] = pick(p, 2);
    break;
  case OP_transpose:
    attr.i[0] = rank == 2 && pick(p, 2);
    attr.i[1] = !attr.i[0];
    break;
  case OP_concat: attr.i[0] = axis; break;
  case OP_matmul: attr.i[0] = pick(p, 2); break;
  case OP_uniform:
    attr.key = (uint64_t)pick(p, 3);
    attr.shape = shapes[pick(p, 3)];
    attr.rows = pick(p, 2);
    break;
  default: break;
  }
  return attr;
}

static bool moderate(const struct graph *g, node_id id) { return shape_count(graph_node(g, id)->type.shape) <= 64; }

static void add_step(struct program *p) {
  enum op op = choice[pick(p, sizeof choice / sizeof *choice)];
  node_id in[2][MAX_INPUTS], made[2];
  struct value_type types[MAX_INPUTS] = {{.type = F32}};
  for (int k = 0; k < op_info[op].arity; k++) {
    int from = pick(p, p->n);
    for (int which = 0; which < 2; which++) in[which][k] = p->value[which][from];
    types[k] = graph_node(p->graph[0], in[0][k])->type;
  }
  struct attr attr = settings_for(p, op, types);
  for (int which = 0; which < 2; which++) {
    struct graph *g = p->graph[which];
    if (op == OP_pow) { /* of something between 0 and 1, to a power that may fold */
      in[which][0] = unary(g, OP_sigmoid, in[which][0]);
      in[which][1] = graph_number(g, (double[]){0, 0.5, 1, 2, 3}[p->thrown % 5]);
    }
    made[which] = graph_add(g, op, &attr, in[which], NULL);
    bool tame = op == OP_matmul || op == OP_matmul_rows || op == OP_square || op == OP_sum_rows || op == OP_rows;
    /* that a draw decides would be refused a gradient, which is zero for the rest too */
    if (made[which] && op == OP_less) made[which] = unary(g, OP_stop, made[which]);
    if (made[which] && tame) made[which] = unary(g, OP_tanh, made[which]);
  }
  if (!made[0] != !made[1]) check(false, p->key, "only one of the two graphs takes an operation");
  else if (made[0] && moderate(p->graph[0], made[0])) keep(p, made[0], made[1]);
}

static void add_loss(struct program *p, int which) {
  struct graph *g = p->graph[which];
  node_id loss = graph_number(g, 0);
  for (int k = 0; k < p->n; k++) {
    node_id part = unary(g, OP_tanh, p->value[which][k]);
    loss = binary(g, OP_add, loss, binary(g, OP_mul, total(g, part), graph_number(g, 0.5 + k)));
  }
  p->loss[which] = loss;
  graph_root(g, ROOT_VALUE, "loss", 0, loss);
}

static bool add_gradients(struct program *p, int which) {
  struct graph *g = p->graph[which];
  node_id gradient[COLUMNS + VARIABLES];
  struct error error = {0};
  if (!differentiate(g, p->loss[which], p->leaf[which], COLUMNS + VARIABLES, gradient, &error)) {
    printf("%s\n", error.message);
    return false;
  }
  for (int k = 0; k < COLUMNS + VARIABLES; k++)
    graph_root(g, ROOT_VALUE, arena_format(g->arena, "gradient:%d", k), 0, gradient[k]);
  if (graph_verify(g, &error)) return true;
  printf("%s\n", error.message);
  return false;
}

/* ---- running */

struct results {
  size_t n;
  int64_t length[CUTS];
  double value[CUTS][ROWS * 64];
};

/* Runs rows from .. from + rows - 1 and reads all roots. */
static bool run(const struct graph *graph, int64_t from, int64_t rows, struct results *results) {
  static const int64_t ids[ROWS] = {0, 1, 2, 3, 4, 5};
  struct step_context step_context = {.seed = 3, .row_ids = ids + from};
  struct error error = {0};
  struct exec *exec = ready(graph->arena, graph, (struct plan_settings){.rows = rows}, backend_reference(), NULL,
                            &error);
  if (!exec) {
    printf("%s\n", error.message);
    return false;
  }
  for (uint32_t k = 0; k < VARIABLES; k++) exec_bind_variable(exec, k, variable_data[k]);
  for (size_t i = 1; i < graph->nodes.n; i++) {
    const struct node *n = graph_node(graph, (node_id)i);
    if (n->op == OP_column)
      exec_bind_column(exec, (uint32_t)n->attr.i[0], column_data[n->attr.i[0]] + from * shape_count(n->type.shape));
  }
  exec_run(exec, rows, &step_context, NULL);
  results->n = graph->roots.n;
  for (size_t r = 0; r < graph->roots.n; r++) {
    struct value_type type;
    const double *value = exec_value(exec, graph->roots.at[r].name, &type);
    results->length[r] = shape_count(type.shape) * (type.rows ? rows : 1);
    memcpy(results->value[r], value, (size_t)results->length[r] * sizeof *value);
  }
  done(exec);
  return true;
}

static bool agree(const struct results *a, const struct results *b) {
  if (a->n != b->n) return false;
  for (size_t r = 0; r < a->n; r++) {
    if (a->length[r] != b->length[r]) return false;
    for (int64_t i = 0; i < a->length[r]; i++) {
      double x = a->value[r][i], y = b->value[r][i];
      if (!(fabs(x - y) <= 1e-9 * (1 + fabs(x) + fabs(y)))) {
        printf("root %zu element %lld: %.12g and %.12g\n", r, (long long)i, x, y);
        return false;
      }
    }
  }
  return true;
}

/* Runs the first half in batches, and the second on what they gave. */
static bool run_cut(const struct cut *cut, struct results *results) {
  static struct results part;
  for (int64_t from = 0; from < ROWS && cut->columns; from += BATCH) {
    if (!run(cut->first, from, from + BATCH < ROWS ? BATCH : ROWS - from, &part)) return false;
    for (size_t k = 0; k < cut->first->roots.n; k++) {
      const struct root *root = &cut->first->roots.at[k];
      int64_t count = shape_count(graph_node(cut->first, root->node)->type.shape);
      memcpy(column_data[root->target] + from * count, part.value[k], (size_t)part.length[k] * sizeof(double));
    }
  }
  struct error error = {0};
  if (!graph_verify(cut->second, &error) || !graph_verify(cut->first, &error)) printf("%s\n", error.message);
  return !error.kind && run(cut->second, 0, ROWS, results);
}

static void check_cut(const struct cut *cut, const struct results *whole, uint64_t seed, const char *what) {
  static struct results results;
  if (cut->columns > CUTS) return;
  check(run_cut(cut, &results) && agree(whole, &results), seed, what);
}

/* Two cuts of a graph with one first half: both second halves must still mean the whole. */
static void check_join(struct arena *arena, const struct cut *a, const struct cut *b, const struct results *whole,
                       uint64_t seed) {
  uint32_t column[COLUMNS + CUTS];
  size_t both = a->columns + b->columns, before = a->first->roots.n + b->first->roots.n;
  if (!a->columns || !b->columns || both > CUTS) return;
  for (uint32_t c = 0; c < COLUMNS + CUTS; c++) column[c] = c;
  join_cuts(a->first, b->first, column);
  check(a->first->roots.n <= before, seed, "joining adds roots");
  check_cut(a, whole, seed, "joining a cut changes the first graph");
  struct cut joined = {a->first, with_columns(arena, b->second, column), b->columns};
  check_cut(&joined, whole, seed, "joining a cut changes the second graph");
}

/* ---- one program */

static void fill(uint64_t seed) {
  for (int k = 0; k < COLUMNS; k++)
    for (int i = 0; i < ROWS * 64; i++)
      column_data[k][i] = random_normal(random_bits(key_mix(seed, (uint64_t)k), (uint64_t)i));
  for (int k = 0; k < VARIABLES; k++)
    for (int i = 0; i < 64; i++)
      variable_data[k][i] = random_normal(random_bits(key_mix(seed, 100 + (uint64_t)k), (uint64_t)i));
}

static void run_seed(uint64_t seed) {
  static struct results plain, folded;
  struct arena *arena = arena_new();
  struct program p = {.key = seed};
  p.graph[0] = graph_new(arena, "plain", true);
  p.graph[1] = graph_new(arena, "folded", false);
  fill(seed);
  add_leaves(&p);
  for (int k = 0; k < STEPS_EACH; k++) add_step(&p);
  bool ready = true;
  for (int which = 0; which < 2; which++) {
    add_loss(&p, which);
    ready &= add_gradients(&p, which);
  }
  check(ready, seed, "it cannot be differentiated");
  if (ready && run(p.graph[0], 0, ROWS, &plain) && run(p.graph[1], 0, ROWS, &folded)) {
    check(agree(&plain, &folded), seed, "folding changes what the graph means");
    check(p.graph[1]->nodes.n <= p.graph[0]->nodes.n, seed, "folding makes the graph larger");
    struct graph *small = prune(arena, p.graph[1], NULL);
    check(run(small, 0, ROWS, &plain) && agree(&plain, &folded), seed, "pruning changes what the graph means");
    struct cut cut = cut_at_rows(arena, p.graph[1], COLUMNS);
    check_cut(&cut, &folded, seed, "cutting at rows changes what the graph means");
    const bool frozen[VARIABLES] = {true, false, true, true};
    struct cut still = cut_frozen(arena, p.graph[1], frozen, COLUMNS);
    check_cut(&still, &folded, seed, "cutting what is frozen changes what the graph means");
    still = cut_frozen(arena, p.graph[1], frozen, COLUMNS + (uint32_t)cut.columns);
    check_join(arena, &cut, &still, &folded, seed);
  }
  arena_free(arena);
}

int main(int argc, char **argv) {
  if (argc == 2) run_seed(strtoull(argv[1], NULL, 10));
  for (uint64_t seed = 1; argc == 1 && seed <= GRAPHS; seed++) run_seed(seed);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
