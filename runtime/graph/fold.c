/* Folding: what is known when a node is asked for need not be computed in every step.
 *
 * A fold gives a node of exactly the same type that has the same value in exact arithmetic wherever the inputs are
 * finite (x * 0 is 0 although infinity times 0 is not); constants are computed in double.  First the inputs of an
 * elementwise operation are freed of repetition that the operation does itself: a constant array, or a number
 * spread over a shape or over the rows, serves as well as the number. */
#include "graph/fold.h"

#include <math.h>

enum { LONGEST_CHAIN = 64 };

struct fold {
  struct graph *graph;
  enum op op;
  const struct attr *attr;
  node_id *in;
  const struct value_type *type;
};

static bool types_equal(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

static const struct node *input(const struct fold *f, int k) { return graph_node(f->graph, f->in[k]); }

/* node, if it has the type asked for. */
static node_id exactly(const struct fold *f, node_id node) {
  return node && types_equal(&graph_node(f->graph, node)->type, f->type) ? node : 0;
}

static node_id constant(const struct fold *f, double value) { return graph_constant_of(f->graph, f->type, value); }

static bool is(const struct fold *f, int k, double value) {
  double found;
  return graph_is_constant(f->graph, f->in[k], &found) && found == value;
}

/* ---- elementwise operations ---- */

static node_id fold_constants(const struct fold *f) {
  double value[3] = {0};
  for (int k = 0; k < op_info[f->op].arity; k++)
    if (!graph_is_constant(f->graph, f->in[k], &value[k])) return 0;
  double result = op_value(f->op, f->attr, value[0], value[1], value[2]);
  return isfinite(result) ? constant(f, result) : 0; /* what is not finite shall be found where it arises */
}

/* What an input repeats, or 0. */
static node_id repeated(const struct fold *f, int k) {
  const struct node *node = input(f, k);
  double value;
  if (graph_is_constant(f->graph, f->in[k], &value))
    return node->type.shape.rank || node->type.rows ? graph_number(f->graph, value) : 0;
  bool number = node->op == OP_spread && !graph_node(f->graph, node->in[0])->type.shape.rank;
  return number || node->op == OP_to_rows ? node->in[0] : 0;
}

static void simplify_inputs(const struct fold *f) {
  for (int k = 0; k < op_info[f->op].arity; k++)
    for (node_id simple; (simple = repeated(f, k));) {
      struct value_type types[MAX_INPUTS], type;
      for (int i = 0; i < op_info[f->op].arity; i++) types[i] = graph_node(f->graph, i == k ? simple : f->in[i])->type;
      if (!op_infer(f->op, f->attr, types, &type, NULL) || !types_equal(&type, f->type)) break;
      f->in[k] = simple;
    }
}

static node_id negated(const struct fold *f, int k) { return input(f, k)->op == OP_negate ? input(f, k)->in[0] : 0; }

/* The type asked for is the node's own only where it is; otherwise the new node is left for nobody. */
static node_id one(const struct fold *f, enum op op, node_id a) {
  return exactly(f, a) ? graph_op1(f->graph, op, NULL, a) : 0;
}

/* The first and the second of two padded parts that lie side by side, [0 a 0] + [0 0 b]: padded as one.  So the gradient of
 * what was cut apart is put together in one go. */
static node_id side_by_side(const struct fold *f, const struct node *a, const struct node *b) {
  if (a->op != OP_pad || b->op != OP_pad || a->attr.i[0] != b->attr.i[0] || !shape_equal(a->type.shape, b->type.shape))
    return 0;
  int64_t axis = a->attr.i[0], before = a->attr.i[1], after = b->attr.i[2];
  if (a->type.shape.dim[axis] - a->attr.i[2] != b->attr.i[1]) return 0;
  node_id both = graph_op2(f->graph, OP_concat, &(struct attr){.i = {axis}}, a->in[0], b->in[0]);
  return exactly(f, graph_op1(f->graph, OP_pad, &(struct attr){.i = {axis, before, after}}, both));
}

static node_id fold_sum(const struct fold *f) {
  node_id y = negated(f, 1), x = negated(f, 0);
  bool minus = f->op == OP_sub;
  if (is(f, 1, 0)) return exactly(f, f->in[0]);
  if (is(f, 0, 0)) return minus ? one(f, OP_negate, f->in[1]) : exactly(f, f->in[1]);
  if (y) return graph_op2(f->graph, minus ? OP_add : OP_sub, NULL, f->in[0], y);
  if (x && !minus) return graph_op2(f->graph, OP_sub, NULL, f->in[1], x);
  if (minus) return 0;
  const struct node a = *input(f, 0), b = *input(f, 1);
  node_id joined = side_by_side(f, &a, &b);
  return joined ? joined : side_by_side(f, &b, &a);
}

/* s (t x) = (s t) x for numbers s and t, which spares a pass over x; and signs go into the number. */
static node_id fold_scale(const struct fold *f, int k) {
  const struct node x = *input(f, !k);
  double c;
  bool known = graph_is_constant(f->graph, f->in[k], &c);
  if (known && c == -1) return one(f, OP_negate, f->in[!k]);
  if (known && x.op == OP_negate && exactly(f, f->in[!k]))
    return graph_op2(f->graph, OP_mul, NULL, graph_number(f->graph, -c), x.in[0]);
  if (x.op != OP_mul || !graph_is_number(f->graph, f->in[k]) || !exactly(f, f->in[!k])) return 0;
  for (int i = 0; i < 2; i++) {
    bool both = known && graph_is_constant(f->graph, x.in[i], NULL);
    if (!graph_is_number(f->graph, x.in[i]) || (graph_is_number(f->graph, f->in[!k]) && !both))
      continue; /* among numbers it would go on for ever */
    node_id factor = graph_op2(f->graph, OP_mul, NULL, f->in[k], x.in[i]);
    return graph_op2(f->graph, OP_mul, NULL, factor, x.in[!i]);
  }
  return 0;
}

static node_id fold_product(const struct fold *f) {
  for (int k = 0; k < 2; k++) {
    if (is(f, k, 0)) return constant(f, 0);
    node_id folded = is(f, k, 1) ? exactly(f, f->in[!k]) : fold_scale(f, k);
    if (folded) return folded;
  }
  return f->in[0] == f->in[1] ? one(f, OP_square, f->in[0]) : 0;
}

static node_id fold_power(const struct fold *f) {
  if (is(f, 1, 0)) return constant(f, 1);
  if (is(f, 1, 1)) return exactly(f, f->in[0]);
  if (is(f, 1, 2)) return one(f, OP_square, f->in[0]);
  return is(f, 1, 0.5) ? one(f, OP_sqrt, f->in[0]) : 0;
}

static node_id fold_negation(const struct fold *f) {
  const struct node *x = input(f, 0);
  double c;
  if (x->op == OP_negate) return x->in[0];
  for (int i = 0; x->op == OP_mul && i < 2; i++)
    if (graph_is_constant(f->graph, x->in[i], &c))
      return exactly(f, graph_op2(f->graph, OP_mul, NULL, graph_number(f->graph, -c), x->in[!i]));
  return 0;
}

static node_id fold_choice(const struct fold *f) {
  double condition;
  if (f->in[1] == f->in[2]) return exactly(f, f->in[1]);
  const struct node *taken = input(f, 1);
  bool again = taken->op == OP_select && taken->in[0] == f->in[0] && taken->in[2] == f->in[2];
  if (again) return exactly(f, f->in[1]);
  if (!graph_is_constant(f->graph, f->in[0], &condition)) return 0;
  return exactly(f, f->in[condition != 0 ? 1 : 2]);
}

static node_id fold_quotient(const struct fold *f) { return is(f, 1, 1) ? exactly(f, f->in[0]) : 0; }

/* ---- pooling ---- */

/* The axes along which an image's channels lie: the set {1, 2}, or {0, 1} where channels are last. */
static int64_t image_axes(const struct attr *attr) { return attr->i[4] ? 3 : 6; }

/* Whether input k of a sum is a number a channel, repeated over the image, and the other has the sum's type. */
static bool by_channel(const struct fold *f, const struct node *sum, int k) {
  const struct node *bias = graph_node(f->graph, sum->in[k]);
  return bias->op == OP_spread && bias->attr.i[0] == image_axes(f->attr) &&
         types_equal(&graph_node(f->graph, sum->in[1 - k])->type, &sum->type);
}

/* Which input of x pooling can move to, or -1. */
static int pooled_input(const struct fold *f, const struct node *x) {
  if (x->op == OP_add) return by_channel(f, x, 0) ? 1 : by_channel(f, x, 1) ? 0 : -1;
  bool increasing = op_info[x->op].class == ELEMENTWISE && op_info[x->op].properties & MONOTONE;
  return increasing && op_info[x->op].arity == 1 ? 0 : -1;
}

/* Pooling picks elements, so what is done to each element alone can be done to the few that are picked:
 *   take(f(x), i) = f(take(x, i)),    take(x + b, i) = take(x, i) + b
 * and indices of the largest are the same before an increasing f or a shift of the whole channel; where f makes
 * equal what was not, as relu does, the index may be another, but not what is taken there, nor what passes back
 * through f.  A chain longer than any model has stays as it is, for each link of it is a call deeper. */
static node_id fold_pooling(const struct fold *f) {
  const struct node x = *input(f, 0);
  int k = pooled_input(f, &x), links = 0;
  for (const struct node *at = &x; pooled_input(f, at) >= 0; at = graph_node(f->graph, at->in[pooled_input(f, at)]))
    if (++links > LONGEST_CHAIN) return 0;
  if (k < 0) return 0;
  if (f->op == OP_pool_argmax) return graph_op1(f->graph, f->op, f->attr, x.in[k]);
  node_id taken = graph_op2(f->graph, f->op, f->attr, x.in[k], f->in[1]);
  if (x.op != OP_add) return graph_op1(f->graph, x.op, &x.attr, taken);
  struct attr spread = {.i = {image_axes(f->attr)}, .shape = f->type->shape};
  node_id bias = graph_node(f->graph, x.in[1 - k])->in[0];
  return graph_op2(f->graph, OP_add, NULL, taken, graph_op1(f->graph, OP_spread, &spread, bias));
}

/* ---- transposing */

/* Whether only axes of length 1 change places: the elements stay where they are. */
static bool moves_ones(const struct fold *f) {
  const struct shape *shape = &input(f, 0)->type.shape;
  int64_t before = -1;
  for (int k = 0; k < shape->rank; k++) {
    if (shape->dim[f->attr->i[k]] == 1) continue;
    if (f->attr->i[k] < before) return false;
    before = f->attr->i[k];
  }
  return true;
}

/* One after the other is one. */
static node_id fold_transpose(const struct fold *f) {
  const struct node x = *input(f, 0);
  if (moves_ones(f)) return graph_op1(f->graph, OP_reshape, &(struct attr){.shape = f->type->shape}, f->in[0]);
  if (x.op != OP_transpose) return 0;
  struct attr both = {{0}, {0}, 0, {0}, false};
  for (int k = 0; k < x.type.shape.rank; k++) both.i[k] = x.attr.i[f->attr->i[k]];
  return graph_op1(f->graph, OP_transpose, &both, x.in[0]);
}

/* ---- rows as an axis */

static node_id fold_rows_to_axis(const struct fold *f) {
  return input(f, 0)->op == OP_axis_to_rows ? exactly(f, input(f, 0)->in[0]) : 0;
}

static node_id fold_axis_to_rows(const struct fold *f) {
  return input(f, 0)->op == OP_rows_to_axis ? exactly(f, input(f, 0)->in[0]) : 0;
}

/* X' Y of matrices without rows sums over their first axes: nothing has to be transposed for it. */
static node_id fold_matmul(const struct fold *f) {
  const struct node *x = input(f, 0);
  if (x->op != OP_transpose || x->type.shape.rank != 2 || x->type.rows || f->attr->i[0]) return 0;
  return graph_op2(f->graph, OP_matmul_rows, NULL, x->in[0], f->in[1]);
}

/* Whether an order of axes only turns the last two over. */
static bool turns_last(const struct node *node) {
  int rank = node->type.shape.rank;
  if (node->op != OP_transpose || rank < 2) return false;
  for (int k = 0; k < rank - 2; k++)
    if (node->attr.i[k] != k) return false;
  return node->attr.i[rank - 2] == rank - 1;
}

/* The kernel reads matrices either way: nothing has to be transposed for it. */
static node_id fold_matmul_each(const struct fold *f) {
  for (int k = 0; k < 2; k++) {
    if (!turns_last(input(f, k))) continue;
    struct attr attr = *f->attr;
    node_id in[2] = {f->in[0], f->in[1]};
    attr.i[k] = !attr.i[k];
    in[k] = input(f, k)->in[0];
    return exactly(f, graph_op2(f->graph, OP_matmul_each, &attr, in[0], in[1]));
  }
  return 0;
}

/* Of the rows themselves, where both are made of them. */
static node_id fold_matmul_rows(const struct fold *f) {
  const struct node *x = input(f, 0), *y = input(f, 1);
  if (x->op != OP_rows_to_axis || y->op != OP_rows_to_axis) return 0;
  return graph_op2(f->graph, OP_matmul_rows, NULL, x->in[0], y->in[0]);
}

/* The diagonal of X' Y, or of a multiple of it: what stands beside the diagonal need not be summed for it. */
static node_id diagonal_of(struct graph *graph, node_id id, int depth) {
  const struct node *n = graph_node(graph, id);
  if (n->op == OP_matmul_rows) {
    const struct value_type *x = &graph_node(graph, n->in[0])->type;
    if (!x->rows || x->shape.rank != 1) return 0;
    return graph_op1(graph, OP_sum_rows, NULL, graph_op2(graph, OP_mul, NULL, n->in[0], n->in[1]));
  }
  int by = node_multiplies(graph, n);
  node_id in[2] = {n->in[0], n->in[1]};
  if (by < 0 || depth == LONGEST_CHAIN || !(in[by] = diagonal_of(graph, in[by], depth + 1))) return 0;
  return graph_add(graph, n->op, NULL, in, NULL);
}

static node_id fold_diagonal(const struct fold *f) { return exactly(f, diagonal_of(f->graph, f->in[0], 0)); }

/* ---- other kernels and views */

static node_id fold_reshape(const struct fold *f) {
  return input(f, 0)->op == OP_reshape ? graph_op1(f->graph, OP_reshape, f->attr, input(f, 0)->in[0]) : 0;
}

/* What lies within one part of what is put together, or of what was cut before. */
static node_id fold_slice(const struct fold *f) {
  const struct node x = *input(f, 0);
  int64_t axis = f->attr->i[0], from = f->attr->i[1], to = f->attr->i[2];
  if ((x.op != OP_concat && x.op != OP_slice) || x.attr.i[0] != axis) return 0;
  int64_t first = graph_node(f->graph, x.in[0])->type.shape.dim[axis];
  int64_t by = x.op == OP_slice ? x.attr.i[1] : from >= first ? -first : 0;
  if (x.op == OP_concat && from < first && to > first) return 0;
  return exactly(f, graph_op1(f->graph, OP_slice, &(struct attr){.i = {axis, from + by, to + by}}, x.in[by < 0]));
}

/* Within rows first: there is less to sum over them. */
static node_id fold_sum_axes(const struct fold *f) {
  double value;
  int batch_axes = shape_batch_axes(input(f, 0)->type.shape) - shape_batch_axes(f->type->shape);
  if (graph_is_constant(f->graph, f->in[0], &value)) {
    if (batch_axes && value != 0) return 0;
    int64_t terms = shape_count(input(f, 0)->type.shape) / shape_count(f->type->shape);
    return constant(f, value * (double)terms);
  }
  if (input(f, 0)->op == OP_rows_to_axis && axis_in(f->attr->i[0], 0)) {
    struct attr rest = {.i = {f->attr->i[0] >> 1}};
    return graph_op1(f->graph, OP_sum_rows, NULL, graph_op1(f->graph, OP_sum, &rest, input(f, 0)->in[0]));
  }
  if (input(f, 0)->op != OP_sum_rows) return 0;
  return graph_op1(f->graph, OP_sum_rows, NULL, graph_op1(f->graph, OP_sum, f->attr, input(f, 0)->in[0]));
}

/* ---- what the table says of an operation */

typedef node_id fold_rule(const struct fold *f);

static fold_rule *rule_of(enum op op) {
#define FOLD(rule) , rule
  static fold_rule *const rules[OP_COUNT][2] = {
#define OP(name, class, arity, shape, facts, ...) [OP_##name] = {NULL facts},
#include "op/ops.def"
#undef OP
  };
  return rules[op][1];
}

static node_id fold_by_facts(const struct fold *f) {
  const struct op_info *info = &op_info[f->op];
  struct value_type in[MAX_INPUTS];
  double value;
  for (int k = 0; k < info->arity; k++) in[k] = input(f, k)->type;
  if (info->same && info->same(f->attr, in, f->type)) return exactly(f, f->in[0]);
  if (info->properties & IDEMPOTENT && input(f, 0)->op == f->op) return exactly(f, f->in[0]);
  if (info->class == ELEMENTWISE) return 0; /* its rule knows more than that it is linear */
  for (int k = 0; k < info->arity; k++)
    if (input_in(info->linear, k) && is(f, k, 0)) return constant(f, 0);
  bool moved = info->properties & MOVES && f->type->type == F32;
  return moved && graph_is_constant(f->graph, f->in[0], &value) ? constant(f, value) : 0;
}

node_id fold(struct graph *graph, enum op op, const struct attr *attr, node_id *in, const struct value_type *type) {
  struct fold f = {graph, op, attr, in, type};
  if (op_info[op].class == LEAF) return 0;
  if (op_info[op].class == ELEMENTWISE) {
    node_id folded = fold_constants(&f);
    if (folded) return folded;
    simplify_inputs(&f);
  }
  node_id folded = fold_by_facts(&f);
  fold_rule *rule = rule_of(op);
  return folded || !rule ? folded : rule(&f);
}
