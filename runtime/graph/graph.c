/* Building graphs: sharing by hashing, folding by algebra.
 *
 * A node that is equal to one that is there is that one.  Folding never changes a type: a node is replaced only by one
 * of exactly the type that was inferred for it. */
#include "graph/graph.h"

#include <math.h>
#include <string.h>

struct graph *graph_new(struct arena *arena, const char *name, bool plain) {
  struct graph *g = ARENA_NEW(arena, struct graph);
  g->arena = arena;
  g->name = name;
  g->plain = plain;
  g->where = "";
  struct node none = {.where = ""};
  vec_push(arena, &g->nodes, none);
  g->slots = 256;
  g->table = ARENA_ARRAY(arena, uint32_t, g->slots);
  return g;
}

/* ---- sharing ---- */

static uint64_t mix(uint64_t h, uint64_t v) {
  h = (h ^ v) * 0x9e3779b97f4a7c15u;
  return h ^ (h >> 29);
}

static uint64_t bits_of(double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}

static uint64_t node_hash(const struct node *n) {
  uint64_t h = mix(n->op, n->type.rows | (uint64_t)n->type.type << 1);
  for (int k = 0; k < n->inputs; k++) h = mix(h, n->in[k]);
  for (int k = 0; k < 6; k++) h = mix(h, (uint64_t)n->attr.i[k]);
  h = mix(mix(mix(h, bits_of(n->attr.f[0])), bits_of(n->attr.f[1])), n->attr.key);
  for (int k = 0; k < n->type.shape.rank; k++) h = mix(h, (uint64_t)n->type.shape.dim[k]);
  return h;
}

static bool same_node(const struct node *a, const struct node *b) {
  if (a->op != b->op || a->inputs != b->inputs || a->type.type != b->type.type || a->type.rows != b->type.rows ||
      !shape_equal(a->type.shape, b->type.shape) || a->attr.key != b->attr.key ||
      bits_of(a->attr.f[0]) != bits_of(b->attr.f[0]) || bits_of(a->attr.f[1]) != bits_of(b->attr.f[1]))
    return false;
  return !memcmp(a->in, b->in, sizeof a->in[0] * (size_t)a->inputs) && !memcmp(a->attr.i, b->attr.i, sizeof a->attr.i);
}

static node_id find(const struct graph *g, const struct node *n) {
  for (size_t slot = node_hash(n) & (g->slots - 1); g->table[slot]; slot = (slot + 1) & (g->slots - 1))
    if (same_node(&g->nodes.at[g->table[slot]], n)) return g->table[slot];
  return 0;
}

static void remember(struct graph *g, node_id id) {
  if (2 * g->nodes.n > g->slots) {
    g->slots *= 4;
    g->table = ARENA_ARRAY(g->arena, uint32_t, g->slots);
    for (node_id k = 1; k < id; k++) remember(g, k);
  }
  size_t slot = node_hash(&g->nodes.at[id]) & (g->slots - 1);
  while (g->table[slot]) slot = (slot + 1) & (g->slots - 1);
  g->table[slot] = id;
}

/* Variables and columns are the same value all through a step, so they are shared although pinned. */
static bool shareable(const struct graph *g, const struct node *n) {
  bool leaf = n->op == OP_variable || n->op == OP_column || n->op == OP_constant;
  return leaf || (!g->plain && !(op_info[n->op].properties & PINNED));
}

/* ---- folding ---- */

bool graph_is_constant(const struct graph *g, node_id id, double *value) {
  const struct node *n = &g->nodes.at[id];
  if (n->op != OP_constant) return false;
  if (value) *value = n->attr.f[0];
  return true;
}

static bool is_value(const struct graph *g, node_id id, double value) {
  double v;
  return graph_is_constant(g, id, &v) && v == value;
}

static bool type_equal(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

#define EXP exp
#define LOG log
#define LOG1P log1p
#define SQRT sqrt
#define TANH tanh
#define POW pow
#define ABS fabs
#define FLOOR floor

/* An elementwise operation on numbers. */
static double calculate(enum op op, const double *in, const struct attr *attr) {
  const double a = in[0], b = in[1], c = in[2], p = attr->f[0], q = attr->f[1];
  (void)a, (void)b, (void)c, (void)p, (void)q;
  switch (op) {
#define OP(name, class, arity, rule, properties, domain, expression, gradient, doc) \
  case OP_##name: return expression;
#include "op/ops.def"
#undef OP
    default: return 0;
  }
}

/* All inputs are constants: so is the result. */
static bool fold_constant(const struct graph *g, const struct node *n, double *value) {
  double in[3] = {0};
  if (op_info[n->op].class != ELEMENTWISE || n->op == OP_to_float || n->type.rows) return false;
  for (int k = 0; k < n->inputs; k++)
    if (!graph_is_constant(g, n->in[k], &in[k])) return false;
  *value = calculate(n->op, in, &n->attr);
  return isfinite(*value);
}

/* Operations that take zeros to zeros. */
static bool keeps_zero(enum op op) {
  switch (op) {
    case OP_slice: case OP_pad: case OP_transpose: case OP_spread: case OP_sum: case OP_matmul: case OP_conv2d:
    case OP_conv2d_input: case OP_resize: case OP_resize_back: case OP_reshape: case OP_stop:
      return true;
    default:
      return false;
  }
}

static node_id same_type(const struct graph *g, const struct node *n, node_id id) {
  return type_equal(&g->nodes.at[id].type, &n->type) ? id : 0;
}

/* The node that n is equal to, or 0; may change n into a cheaper one of the same value. */
static node_id fold_algebra(struct graph *g, struct node *n) {
  node_id a = n->in[0], b = n->in[1];
  const struct node *x = &g->nodes.at[a];
  double v;
  switch (n->op) {
    case OP_add:
      if (is_value(g, b, 0)) return same_type(g, n, a);
      return is_value(g, a, 0) ? same_type(g, n, b) : 0;
    case OP_sub: return is_value(g, b, 0) ? same_type(g, n, a) : 0;
    case OP_mul:
      if (is_value(g, b, 1)) return same_type(g, n, a);
      return is_value(g, a, 1) ? same_type(g, n, b) : 0;
    case OP_div: return is_value(g, b, 1) ? same_type(g, n, a) : 0;
    case OP_negate: return x->op == OP_negate ? same_type(g, n, x->in[0]) : 0;
    case OP_pow:
      if (!graph_is_constant(g, b, &v) || !type_equal(&x->type, &n->type)) return 0;
      if (v == 1) return a;
      if (v == 2 || v == 0.5) {
        n->op = v == 2 ? OP_square : OP_sqrt;
        n->inputs = 1;
        n->in[1] = 0;
      }
      return 0;
    case OP_select:
      if (!graph_is_constant(g, a, &v)) return 0;
      return same_type(g, n, n->in[v != 0 ? 1 : 2]);
    case OP_reshape:
      if (x->op == OP_reshape) n->in[0] = x->in[0];
      return same_type(g, n, n->in[0]);
    case OP_stop: return x->op == OP_stop ? a : 0;
    case OP_sum: return n->attr.i[0] == 0 ? same_type(g, n, a) : 0;
    case OP_spread: return n->attr.i[0] == 0 ? same_type(g, n, a) : 0;
    default: return 0;
  }
}

static node_id fold(struct graph *g, struct node *n) {
  double value;
  if (fold_constant(g, n, &value)) return graph_constant(g, n->type.shape, value);
  node_id same = fold_algebra(g, n);
  if (same) return same;
  bool product = n->op == OP_mul && !n->type.rows && (is_value(g, n->in[0], 0) || is_value(g, n->in[1], 0));
  bool zero = keeps_zero(n->op) && !n->type.rows && n->type.type == F32 && is_value(g, n->in[0], 0);
  return zero || product ? graph_constant(g, n->type.shape, 0) : 0;
}

/* ---- adding ---- */

static node_id append(struct graph *g, const struct node *n) {
  vec_push(g->arena, &g->nodes, *n);
  node_id id = (node_id)g->nodes.n - 1;
  remember(g, id);
  return id;
}

node_id graph_add(struct graph *g, enum op op, const struct attr *attr, const node_id *in,
                  struct shape_problem *problem) {
  struct value_type types[MAX_INPUTS];
  struct node n = {.op = op, .inputs = op_info[op].arity, .attr = *attr, .where = g->where, .place = g->place};
  for (int k = 0; k < n.inputs; k++) {
    n.in[k] = in[k];
    types[k] = g->nodes.at[in[k]].type;
    n.coupled |= g->nodes.at[in[k]].coupled || (op_info[op].properties & CONTRACTS && types[k].rows);
  }
  if (!op_infer(op, attr, types, &n.type, problem)) return 0;
  if ((op_info[op].properties & COMMUTES) && n.in[0] > n.in[1]) {
    node_id first = n.in[0];
    n.in[0] = n.in[1];
    n.in[1] = first;
  }
  if (!g->plain) {
    node_id folded = fold(g, &n);
    if (folded) return folded;
  }
  if (shareable(g, &n)) {
    node_id found = find(g, &n);
    if (found) return found;
  }
  return append(g, &n);
}

void graph_root(struct graph *g, enum root_kind kind, const char *name, uint32_t target, node_id node) {
  struct root root = {kind, name, target, node};
  vec_push(g->arena, &g->roots, root);
}

node_id graph_constant(struct graph *g, struct shape shape, double value) {
  struct attr attr = {.f = {value}, .shape = shape};
  return graph_add(g, OP_constant, &attr, NULL, NULL);
}

node_id graph_number(struct graph *g, double value) { return graph_constant(g, (struct shape){0}, value); }

static const struct attr no_attr;

node_id graph_op0(struct graph *g, enum op op, const struct attr *attr) {
  return graph_add(g, op, attr ? attr : &no_attr, NULL, NULL);
}

node_id graph_op1(struct graph *g, enum op op, const struct attr *attr, node_id a) {
  return graph_add(g, op, attr ? attr : &no_attr, &a, NULL);
}

node_id graph_op2(struct graph *g, enum op op, const struct attr *attr, node_id a, node_id b) {
  node_id in[2] = {a, b};
  return graph_add(g, op, attr ? attr : &no_attr, in, NULL);
}

node_id graph_op3(struct graph *g, enum op op, const struct attr *attr, node_id a, node_id b, node_id d) {
  node_id in[3] = {a, b, d};
  return graph_add(g, op, attr ? attr : &no_attr, in, NULL);
}
