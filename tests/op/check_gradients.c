/* The gradient of every operation against differences, in double.
 *
 * The loss is a fixed random projection of the operation's result (a plain sum would be blind to much).  Its
 * gradient comes from differentiate(), its values from the reference kernels; differences are central, at three
 * steps, and extrapolated to a step of zero (Richardson), which leaves about 1e-10 of error.  Also: operations
 * that step have gradient zero, those without a gradient say why, and a gradient reads the operation's inputs and
 * result only where the table says that it does.
 *
 * usage: check_gradients [operation seed]        runs one sample; a failure prints these arguments */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pass/pass.h"
#include "sample.h"

#include "base/random.h"

enum { SEEDS = 30, PERTURBED = 12, PROJECTION = MAX_INPUTS, LEAVES };
static const double TOLERANCE = 1e-7;
static int passed, failed;

static void check(bool good, const struct sample *sample, const char *what) {
  good ? passed++ : failed++;
  if (!good) printf("failed: %s: %s\n", sample_string(sample, TINY), what);
}

/* ---- a graph run by the reference kernels */

struct trial {
  const struct sample *sample;
  struct graph *graph;
  node_id leaf[LEAVES], out, loss;
  double *value[LEAVES]; /* what the leaves are bound to */
};

static void *run_node(const struct trial *trial, node_id id, void **memory) {
  const struct node *node = graph_node(trial->graph, id);
  if (memory[id]) return memory[id];
  int64_t n = sample_elements(trial->sample, &node->type);
  struct call call = {.op = node->op,
                      .attr = &node->attr,
                      .rows = trial->sample->rows,
                      .batch = trial->sample->rows,
                      .inputs = node->inputs};
  for (int k = 0; k < node->inputs; k++)
    call.in[k] = (struct operand){run_node(trial, node->in[k], memory), graph_node(trial->graph, node->in[k])->type};
  memory[id] = typed_memory(node->type.type, n, true);
  call.out = (struct operand){memory[id], node->type};
  if (node->op == OP_variable || node->op == OP_column)
    for (int64_t i = 0; i < n; i++) typed_set(memory[id], node->type.type, i, trial->value[node->attr.i[0]][i], true);
  else if (op_info[node->op].class == VIEW)
    memcpy(memory[id], call.in[0].data, (size_t)n * (node->type.type == F32 ? sizeof(double) : 1));
  else kernel_reference[node->op](&call);
  return memory[id];
}

/* The values of a node, as doubles in memory of the caller's. */
static void evaluate(const struct trial *trial, node_id id, double *values) {
  size_t nodes = trial->graph->nodes.n;
  void **memory = calloc(nodes, sizeof *memory);
  memcpy(values, run_node(trial, id, memory),
         (size_t)sample_elements(trial->sample, &graph_node(trial->graph, id)->type) * sizeof *values);
  for (size_t i = 0; i < nodes; i++) free(memory[i]);
  free(memory);
}

static node_id leaf(struct trial *trial, int k, const struct value_type *type) {
  struct attr attr = {.i = {k, type->type}, .shape = type->shape, .rows = type->rows};
  int64_t n = sample_elements(trial->sample, type);
  trial->value[k] = malloc((size_t)n * sizeof(double));
  for (int64_t i = 0; i < n && k == PROJECTION; i++)
    trial->value[k][i] = random_normal(random_bits(key_mix(trial->sample->seed, 99), (uint64_t)i));
  if (k < PROJECTION) sample_fill(trial->sample, k, trial->value[k]);
  /* what has no rows cannot be a column, and what has is none of the variables */
  return trial->leaf[k] = graph_op0(trial->graph, type->rows || type->type != F32 ? OP_column : OP_variable, &attr);
}

static node_id sum_all(struct trial *trial, node_id id) {
  struct attr attr = {.i = {(1 << graph_node(trial->graph, id)->type.shape.rank) - 1}};
  if (graph_node(trial->graph, id)->type.shape.rank) id = graph_op1(trial->graph, OP_sum, &attr, id);
  return graph_node(trial->graph, id)->type.rows ? graph_op1(trial->graph, OP_sum_rows, &(struct attr){0}, id) : id;
}

/* Mean and variance of a batch norm are its input's own: the only operation whose inputs are not free. */
static void own_statistics(struct trial *trial, node_id *in) {
  struct graph *graph = trial->graph;
  const struct attr none = {0};
  const struct value_type *x = &trial->sample->in[0];
  int channel = channel_axis(&trial->sample->attr, x->shape.rank);
  double n = (double)(sample_elements(trial->sample, x) / x->shape.dim[channel]);
  struct attr axes = {.i = {((1 << x->shape.rank) - 1) & ~(1 << channel)}, .shape = x->shape};
  node_id centred = in[0];
  for (int k = 1; k <= 2; k++) {
    node_id sum = k == 2 ? graph_op1(graph, OP_square, &none, centred) : centred;
    if (x->shape.rank > 1) sum = graph_op1(graph, OP_sum, &axes, sum);
    if (x->rows) sum = graph_op1(graph, OP_sum_rows, &none, sum);
    in[k] = graph_op2(graph, OP_mul, &none, sum, graph_number(graph, 1 / n));
    node_id mean = x->shape.rank > 1 ? graph_op1(graph, OP_spread, &axes, in[k]) : in[k];
    if (k == 1) centred = graph_op2(graph, OP_sub, &none, in[0], mean);
  }
}

static void trial_start(struct trial *trial, const struct sample *sample, struct arena *arena) {
  *trial = (struct trial){.sample = sample, .graph = graph_new(arena, "trial", false)};
  node_id in[MAX_INPUTS];
  for (int k = 0; k < sample->inputs; k++) in[k] = leaf(trial, k, &sample->in[k]);
  if (sample->op == OP_batch_norm) own_statistics(trial, in);
  struct shape_problem problem;
  trial->out = graph_add(trial->graph, sample->op, &sample->attr, in, &problem);
  node_id projection = leaf(trial, PROJECTION, &graph_node(trial->graph, trial->out)->type);
  trial->loss = sum_all(trial, graph_op2(trial->graph, OP_mul, &(struct attr){0}, trial->out, projection));
}

static void trial_end(struct trial *trial) {
  for (int k = 0; k < LEAVES; k++) free(trial->value[k]);
}

/* ---- differences */

static double loss_with(struct trial *trial, int input, int64_t at, double step) {
  double *values = trial->value[input], stood = values[at], loss;
  values[at] = stood + step;
  evaluate(trial, trial->loss, &loss);
  values[at] = stood;
  return loss;
}

static double slope(struct trial *trial, int input, int64_t at, double step) {
  return (loss_with(trial, input, at, step) - loss_with(trial, input, at, -step)) / (2 * step);
}

static double difference(struct trial *trial, int input, int64_t at) {
  const double step = 4e-3;
  double a = slope(trial, input, at, step), b = slope(trial, input, at, step / 2),
         c = slope(trial, input, at, step / 4);
  double ab = (4 * b - a) / 3, bc = (4 * c - b) / 3;
  return (16 * bc - ab) / 15;
}

static void check_input(struct trial *trial, int input, node_id gradient) {
  const struct sample *sample = trial->sample;
  int64_t n = sample_elements(sample, &sample->in[input]);
  double *exact = malloc((size_t)n * sizeof *exact), squares = 0;
  evaluate(trial, gradient, exact);
  for (int64_t i = 0; i < n; i++) squares += exact[i] * exact[i];
  double typical = sqrt(squares / (double)n);
  check(!(op_info[sample->op].properties & STEPS) || squares == 0, sample, "a step has a gradient");
  for (int64_t k = 0; k < n && k < PERTURBED; k++) {
    int64_t at = (int64_t)random_permute(sample->seed, (uint64_t)n, (uint64_t)k);
    double found = difference(trial, input, at), off = fabs(found - exact[at]);
    bool good = off <= TOLERANCE * (fabs(exact[at]) + typical) + 1e-12;
    if (!good)
      printf("input %d element %lld: gradient %.12g, difference %.12g\n", input, (long long)at, exact[at], found);
    check(good, sample, "the gradient is not what differences say");
  }
  free(exact);
}

/* ---- what a gradient reads */

static bool reads(const struct graph *graph, node_id from, node_id what) {
  if (from == what) return true;
  for (int k = 0; k < graph_node(graph, from)->inputs; k++)
    if (reads(graph, graph_node(graph, from)->in[k], what)) return true;
  return false;
}

/* With an operation whose inputs are leaves, whatever of them a gradient reads it reads for itself. */
static void check_needs(const struct trial *trial, const node_id *gradients, int n) {
  unsigned properties = op_info[trial->sample->op].properties;
  for (int g = 0; g < n; g++) {
    bool out = reads(trial->graph, gradients[g], trial->out), input = false;
    for (int k = 0; k < trial->sample->inputs && !out; k++) input |= reads(trial->graph, gradients[g], trial->leaf[k]);
    check(!out || properties & NEEDS_OUTPUT, trial->sample, "its gradient reads the result, which the table denies");
    check(!input || properties & NEEDS_INPUT, trial->sample, "its gradient reads an input, which the table denies");
  }
}

/* ---- one sample */

static void run(enum op op, uint64_t seed) {
  struct sample sample;
  if (op_info[op].class == LEAF || !sample_make(&sample, op, seed, TINY) || sample.out.type != F32) return;
  const struct op_info *info = &op_info[op];
  if (!info->differentiable && !(info->properties & STEPS)) return;
  struct arena *arena = arena_new();
  struct trial trial;
  trial_start(&trial, &sample, arena);
  int input[MAX_INPUTS], n = 0;
  bool leaves = true; /* bytes without rows are always computed: in their place no leaf is well formed */
  node_id wrt[MAX_INPUTS], gradients[MAX_INPUTS];
  for (int k = 0; k < sample.inputs; k++) {
    leaves &= sample.in[k].type == F32 || sample.in[k].rows;
    bool statistic = op == OP_batch_norm && (k == 1 || k == 2);
    if (sample.in[k].type != F32 || statistic) continue;
    input[n] = k;
    wrt[n++] = trial.leaf[k];
  }
  struct error error = {0};
  bool done = differentiate(trial.graph, trial.loss, wrt, (size_t)n, gradients, &error);
  if (!done) printf("%s\n", error.message);
  check(done, &sample, "differentiate refuses");
  if (done && leaves && !graph_verify(trial.graph, &error)) {
    printf("%s\n", error.message);
    check(false, &sample, "the gradient's graph is not well formed");
  }
  for (int k = 0; done && k < n; k++) check_input(&trial, input[k], gradients[k]);
  if (done && op != OP_batch_norm) check_needs(&trial, gradients, n);
  trial_end(&trial);
  arena_free(arena);
}

/* An operation without a gradient says why: the text in NO_GRADIENT("..."). */
static void check_reasons(void) {
  static const char *const column[OP_COUNT] = {
#define OP(name, class, arity, shape, facts, domain, expression, gradient, doc) [OP_##name] = #gradient,
#include "op/ops.def"
#undef OP
  };
  for (int op = OP_NONE + 1; op < OP_COUNT; op++) {
    bool none = !strncmp(column[op], "NO_GRADIENT", strlen("NO_GRADIENT"));
    bool reported = none && strlen(column[op]) > strlen("NO_GRADIENT(\"\")");
    bool steps = op_info[op].properties & STEPS;
    bool good = none ? reported && !op_info[op].differentiable : steps ? !column[op][0] : column[op][0] != 0;
    good ? passed++ : failed++;
    if (!good) printf("failed: %s: its gradient column is '%s'\n", op_info[op].name, column[op]);
  }
}

int main(int argc, char **argv) {
  if (argc == 3 && op_by_name(argv[1]) == OP_NONE) {
    printf("failed: there is no operation '%s'\n", argv[1]);
    failed++;
  } else if (argc == 3) run(op_by_name(argv[1]), strtoull(argv[2], NULL, 10));
  else {
    check_reasons();
    for (int op = OP_NONE + 1; op < OP_COUNT; op++)
      for (uint64_t seed = 1; seed <= SEEDS; seed++) run((enum op)op, seed);
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
