/* Two graphs with the same roots, run in double on leaves made up from their numbers, for tests of passes.
 *
 * Ownership: everything lives in arena, which the test sets and frees. */
#ifndef TESTS_GRAPH_COMPARE_H
#define TESTS_GRAPH_COMPARE_H
#include <check.h>
#include <math.h>

#include "base/random.h"
#include "pass/pass.h"
#include "tests/exec/ready.h"
#include "tests/graph/build.h"

enum { ROWS = 3, LEAVES = 1024 };

static struct arena *arena;

/* ---- running a graph on leaves made up from their numbers */

static size_t bytes_of(const struct value_type *type) {
  size_t n = (size_t)shape_count(type->shape) * (type->rows ? ROWS : 1);
  return n * (type->type == F32 ? sizeof(double) : dtype_size(type->type));
}

static void *made_up(const struct node *n) {
  void *data = arena_alloc(arena, bytes_of(&n->type));
  size_t count = (size_t)shape_count(n->type.shape) * (n->type.rows ? ROWS : 1);
  uint64_t key = key_mix((uint64_t)n->op, (uint64_t)n->attr.i[0]);
  for (size_t i = 0; i < count; i++) {
    double unit = random_unit(random_bits(key, i));
    switch (n->type.type) {
    case F32: ((double *)data)[i] = n->op == OP_variable ? 0.1 + unit / 5 : unit - 0.5; break;
    case F64: ((double *)data)[i] = unit; break;
    case U8: ((uint8_t *)data)[i] = (uint8_t)(10 * unit); break;
    case I32: ((int32_t *)data)[i] = (int32_t)(10 * unit); break;
    case I64: ((int64_t *)data)[i] = (int64_t)(10 * unit); break;
    }
  }
  return data;
}

struct running {
  struct exec *exec;
  void *variable[LEAVES];
};

static struct running run(const struct graph *g) {
  struct error error = {0};
  struct running r = {.exec = NULL};
  ck_assert_msg(graph_verify(g, &error), "%s", error.message);
  r.exec = ready(arena, g, (struct plan_settings){.rows = ROWS}, backend_reference(), NULL, &error);
  ck_assert_msg(r.exec != NULL, "%s", error.message);
  for (node_id id = 1; id < g->nodes.n; id++) {
    const struct node *n = graph_node(g, id);
    if (n->op != OP_variable && n->op != OP_column) continue;
    uint32_t number = (uint32_t)n->attr.i[0];
    ck_assert_uint_lt(number, LEAVES);
    void *data = made_up(n);
    if (n->op == OP_variable) exec_bind_variable(r.exec, number, r.variable[number] = data);
    else exec_bind_column(r.exec, number, data);
  }
  for (size_t k = 0; k < g->roots.n; k++) /* what is written and not read */
    if (g->roots.at[k].kind == ROOT_WRITE && !r.variable[g->roots.at[k].target]) {
      uint32_t target = g->roots.at[k].target;
      r.variable[target] = arena_alloc(arena, bytes_of(&graph_node(g, g->roots.at[k].node)->type));
      exec_bind_variable(r.exec, target, r.variable[target]);
    }
  exec_run(r.exec, ROWS, &(struct step_context){.seed = 4, .step = 1, .clock = {0.5, 1, 0.5, 1}}, NULL);
  return r;
}

static double element(const void *data, const struct value_type *type, size_t i) {
  return type->type == F32 ? ((const double *)data)[i] : ((const uint8_t *)data)[i];
}

static inline void compare(const struct graph *a, const struct graph *b) {
  struct running one = run(a), two = run(b);
  ck_assert_uint_eq(a->roots.n, b->roots.n);
  for (size_t k = 0; k < a->roots.n; k++) {
    const struct root *root = &a->roots.at[k];
    struct value_type type = graph_node(a, root->node)->type, other = graph_node(b, b->roots.at[k].node)->type;
    ck_assert(shape_equal(type.shape, other.shape) && type.rows == other.rows && type.type == other.type);
    ck_assert_str_eq(root->name, b->roots.at[k].name);
    bool write = root->kind == ROOT_WRITE;
    const void *x = write ? one.variable[root->target] : exec_value(one.exec, root->name, &type);
    const void *y = write ? two.variable[root->target] : exec_value(two.exec, root->name, &type);
    size_t count = (size_t)shape_count(type.shape) * (type.rows ? ROWS : 1);
    /* steps of optimisers divide by the root of a square, which enlarges last digits where that is small */
    double most = write ? 1e-8 : 1e-12, largest = 0;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(element(x, &type, i)));
    for (size_t i = 0; i < count; i++) {
      double p = element(x, &type, i), q = element(y, &type, i);
      ck_assert_msg(fabs(p - q) <= most * (largest + 1e-3) || (isnan(p) && isnan(q)), "%s: %s[%zu] is %.17g, not %.17g",
                    a->name, root->name, i, q, p);
    }
  }
  done(one.exec);
  done(two.exec);
}

static inline int count(const struct graph *g, enum op op) {
  int n = 0;
  for (node_id id = 1; id < g->nodes.n; id++) n += graph_node(g, id)->op == op;
  return n;
}

/* The loss, and its gradients by all variables and columns of floats. */
static inline void finish(struct graph *g, node_id loss) {
  node_id wrt[64] = {0}, gradient[64];
  size_t n = 0;
  struct error error = {0};
  for (node_id id = 1; id <= loss; id++) {
    enum op op = graph_node(g, id)->op;
    if ((op == OP_variable || op == OP_column) && graph_node(g, id)->type.type == F32) wrt[n++] = id;
  }
  ck_assert_msg(differentiate(g, loss, wrt, n, gradient, &error), "%s", error.message);
  graph_root(g, ROOT_VALUE, "loss", 0, loss);
  for (size_t k = 0; k < n; k++) graph_root(g, ROOT_VALUE, arena_format(arena, "gradient:%zu", k), 0, gradient[k]);
}

#endif
