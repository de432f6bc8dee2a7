/* Short words for building graphs in tests.  Ownership: nothing is owned. */
#ifndef TESTS_GRAPH_BUILD_H
#define TESTS_GRAPH_BUILD_H
#include "graph/graph.h"

#define SHAPE(...) shape_make((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]){__VA_ARGS__})

static inline node_id variable(struct graph *g, int64_t number, struct shape shape) {
  return graph_op0(g, OP_variable, &(struct attr){.i = {number}, .shape = shape});
}

static inline node_id column(struct graph *g, int64_t number, struct shape shape) {
  return graph_op0(g, OP_column, &(struct attr){.i = {number, F32}, .shape = shape, .rows = true});
}

static inline node_id unary(struct graph *g, enum op op, node_id a) { return graph_op1(g, op, NULL, a); }
static inline node_id binary(struct graph *g, enum op op, node_id a, node_id b) { return graph_op2(g, op, NULL, a, b); }

/* An operation with whole-number settings. */
#define WITH(...) (&(struct attr){.i = {__VA_ARGS__}})

static inline node_id spread(struct graph *g, node_id a, int64_t axes, struct shape shape) {
  return graph_op1(g, OP_spread, &(struct attr){.i = {axes}, .shape = shape}, a);
}

static inline node_id reshape(struct graph *g, node_id a, struct shape shape) {
  return graph_op1(g, OP_reshape, &(struct attr){.shape = shape}, a);
}

/* The sum of all there is: one number without rows. */
static inline node_id total(struct graph *g, node_id a) {
  int rank = graph_node(g, a)->type.shape.rank;
  if (rank) a = graph_op1(g, OP_sum, WITH(((int64_t)1 << rank) - 1), a);
  return graph_node(g, a)->type.rows ? unary(g, OP_sum_rows, a) : a;
}

#endif
