#include "interpret.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "plan/plan.h"

enum { MOST_ROWS = 64 };

double variable_element(uint64_t seed, int64_t number, int64_t i) {
  return (float)(0.75 * random_normal(random_bits(key_mix(seed, 1000 + (uint64_t)number), (uint64_t)i)));
}

double column_element(uint64_t seed, int64_t number, enum dtype type, int64_t i) {
  uint64_t bits = random_bits(key_mix(seed, 2000 + (uint64_t)number), (uint64_t)i);
  return type == F32 ? (double)(float)random_normal(bits) : floor(4 * random_unit(bits));
}

struct step_context step_context_of(uint64_t seed, int64_t first) {
  static int64_t ids[2 * MOST_ROWS];
  for (int64_t k = 0; k < 2 * MOST_ROWS; k++) ids[k] = (k * 37 + 11) % (2 * MOST_ROWS);
  return (struct step_context){.seed = seed, .step = seed % 5, .row_ids = ids + first, .clock = {0.25, 3, 2, 7}};
}

/* ---- noise ---- */

/* Results that are as exact as the inputs. */
static bool is_exact(enum op op) { return op_info[op].properties & (EXACT | MOVES); }

/* Which inputs of a sum of products count as they are: 1 as their size, -1 as minus their size, 0 as they are. */
static int sign_of_size(enum op op, int k) {
  static const int norm[] = {1, -1, 0, 1, 1}, by_scale[] = {1, 1, -1, 0}, by_input[] = {1, 1, -1, 0, 1, -1, -1};
  switch (op) {
  case OP_batch_norm: return norm[k];
  case OP_batch_norm_scale: return by_scale[k];
  case OP_batch_norm_input: return by_input[k];
  default: return 1;
  }
}

/* What the result would be without cancellation. */
static double *scale_of(struct arena *arena, const struct call *call) {
  int64_t n = elements_of(&call->out.type, call->rows);
  double *scale = ARENA_ARRAY(arena, double, (size_t)n);
  struct call sizes = *call;
  sizes.out.data = scale;
  if (op_info[call->op].class != KERNEL) {
    for (int64_t i = 0; i < n; i++) scale[i] = fabs(((const double *)call->out.data)[i]);
    return scale;
  }
  for (int k = 0; k < call->inputs; k++) {
    int64_t count = elements_of(&call->in[k].type, call->rows);
    int sign = sign_of_size(call->op, k);
    if (call->in[k].type.type != F32 || !sign) continue;
    double *size = sizes.in[k].data = ARENA_ARRAY(arena, double, (size_t)count);
    for (int64_t i = 0; i < count; i++) size[i] = sign * fabs(((const double *)call->in[k].data)[i]);
  }
  kernel_reference[call->op](&sizes);
  for (int64_t i = 0; i < n; i++) scale[i] = fabs(scale[i]);
  return scale;
}

static void add_noise(const struct interpretation *run, node_id id, const struct call *call) {
  uint64_t key = key_mix(key_mix(run->stream, 99), id);
  int64_t n = elements_of(&call->out.type, call->rows);
  double *value = call->out.data;
  for (int64_t i = 0; i < n; i++)
    value[i] += run->noise * run->scale[id][i] * (2 * random_unit(random_bits(key, (uint64_t)i)) - 1);
}

/* ---- nodes ---- */

static void *leaf_of(struct arena *arena, const struct node *node, const struct interpretation *run) {
  int64_t n = elements_of(&node->type, run->rows), before = run->first * shape_count(node->type.shape);
  double *memory = ARENA_ARRAY(arena, double, (size_t)n);
  for (int64_t i = 0; i < n; i++)
    typed_set(memory, node->type.type, i,
              node->op == OP_variable ? variable_element(run->seed, node->attr.i[0], i)
                                      : column_element(run->seed, node->attr.i[0], node->type.type, before + i),
              true);
  return memory;
}

void interpret(struct arena *arena, const struct graph *graph, const bool *live, struct interpretation *run) {
  run->value = ARENA_ARRAY(arena, void *, graph->nodes.n);
  if (run->noise == 0) run->scale = ARENA_ARRAY(arena, double *, graph->nodes.n);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    if (!live[id]) continue;
    if (!node_runs(node) && node->op != OP_constant) {
      run->value[id] = op_info[node->op].class == VIEW ? run->value[node->in[0]] : leaf_of(arena, node, run);
      continue;
    }
    run->value[id] = ARENA_ARRAY(arena, double, (size_t)elements_of(&node->type, run->rows));
    struct call call = {.op = node->op,
                        .attr = &node->attr,
                        .rows = run->rows,
                        .batch = run->rows,
                        .inputs = node->inputs,
                        .out = {run->value[id], node->type},
                        .step_context = &run->step_context};
    for (int k = 0; k < node->inputs; k++)
      call.in[k] = (struct operand){run->value[node->in[k]], graph_node(graph, node->in[k])->type};
    kernel_reference[node->op](&call);
    if (node->type.type != F32 || is_exact(node->op)) continue;
    if (run->noise == 0) run->scale[id] = scale_of(arena, &call);
    else add_noise(run, id, &call);
  }
}
