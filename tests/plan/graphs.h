/* Graphs made up for tests: short builders, and random graphs that no fold has touched.
 *
 * Ownership: a graph lives in the arena given. */
#ifndef TESTS_PLAN_GRAPHS_H
#define TESTS_PLAN_GRAPHS_H
#include "base/random.h"
#include "graph/graph.h"

enum { WIDTH = 4, VARIABLES = 4, COLUMNS = 2 };

static inline struct shape vector_shape(int64_t n) { return shape_make(1, &n); }

static inline node_id leaf(struct graph *graph, enum op op, int64_t number, struct shape shape, bool rows) {
  struct attr attr = {.shape = shape, .rows = rows};
  attr.i[0] = number;
  return graph_op0(graph, op, &attr);
}

static inline node_id unary(struct graph *graph, enum op op, node_id a) {
  struct attr attr = {.rows = false};
  return graph_op1(graph, op, &attr, a);
}

static inline node_id binary(struct graph *graph, enum op op, node_id a, node_id b) {
  struct attr attr = {.rows = false};
  return graph_op2(graph, op, &attr, a, b);
}

static inline node_id reshaped(struct graph *graph, node_id a, struct shape shape) {
  struct attr attr = {.shape = shape};
  return graph_op1(graph, OP_reshape, &attr, a);
}

/* A stream of choices that depend on nothing but the key. */
struct choice {
  uint64_t key, drawn;
};

static inline int choose(struct choice *choice, int n) {
  return (int)(random_unit(random_bits(choice->key, choice->drawn++)) * n);
}

/* One more node over what stands: 0 where the choice does not fit. */
static inline node_id random_node(struct graph *graph, struct choice *c) {
  static const enum op ops[] = {OP_add,     OP_sub,      OP_mul,     OP_max,     OP_negate,
                                OP_sigmoid, OP_relu,     OP_square,  OP_reshape, OP_stop,
                                OP_matmul,  OP_sum_rows, OP_to_rows, OP_sum,     OP_select};
  enum op op = ops[choose(c, (int)(sizeof ops / sizeof *ops))];
  struct attr attr = {.rows = false};
  struct shape_problem problem;
  node_id in[MAX_INPUTS];
  for (int k = 0; k < op_info[op].arity; k++) { /* the last ones more often than the first */
    int n = (int)graph->nodes.n - 1, back = choose(c, choose(c, n) + 1);
    in[k] = (node_id)(n - back);
  }
  const struct value_type *type = &graph_node(graph, in[0])->type;
  if (op == OP_reshape) {
    int64_t square[] = {2, 2};
    attr.shape = type->shape.rank == 1 ? shape_make(2, square) : vector_shape(WIDTH);
    if (shape_count(type->shape) != WIDTH) return 0;
  }
  if (op == OP_sum) attr.i[0] = 1;
  if (op == OP_sum && type->shape.rank == 0) return 0;
  if ((op == OP_sum_rows) != (op == OP_sum_rows && type->rows)) return 0;
  if (op == OP_to_rows && type->rows) return 0;
  return graph_add(graph, op, &attr, in, &problem);
}

/* Variables and a matrix without rows, columns and draws with; then n more nodes; then roots: values, and writes of
 * every kind that a plan tells apart (a variable's own value, a leaf, a view, two writes of one variable). */
static inline struct graph *random_graph(struct arena *arena, uint64_t key, int n) {
  struct graph *graph = graph_new(arena, "made up", true);
  struct choice c = {key, 0};
  int64_t matrix[] = {WIDTH, WIDTH};
  for (int v = 0; v < VARIABLES; v++) leaf(graph, OP_variable, v, vector_shape(WIDTH), false);
  leaf(graph, OP_variable, VARIABLES, shape_make(2, matrix), false);
  for (int v = 0; v < COLUMNS; v++) leaf(graph, OP_column, v, vector_shape(WIDTH), true);
  leaf(graph, OP_normal, 0, vector_shape(WIDTH), true);
  leaf(graph, OP_normal, 0, vector_shape(WIDTH), false);
  graph_constant(graph, vector_shape(WIDTH), 0.25);
  while ((int)graph->nodes.n < n) random_node(graph, &c);
  for (int r = choose(&c, 6) + 1, i = 0; i < r; i++) {
    node_id id = (node_id)(1 + choose(&c, (int)graph->nodes.n - 1));
    graph_root(graph, ROOT_VALUE, arena_format(arena, "value%d", i), 0, id);
  }
  for (int v = 0; v < VARIABLES; v++)
    for (int tries = 0; tries < 20; tries++) {
      node_id id = (node_id)(1 + choose(&c, (int)graph->nodes.n - 1));
      const struct value_type *type = &graph_node(graph, id)->type;
      if (type->rows || !shape_equal(type->shape, vector_shape(WIDTH))) continue;
      graph_root(graph, ROOT_WRITE, "write", (uint32_t)v, id);
      if (choose(&c, 8)) break;
    }
  return graph;
}

#endif
