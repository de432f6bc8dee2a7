/* Inside the differentiation pass: what a gradient rule sees, and a builder for every operation.
 *
 * NODE(mul, a, b) is a node of an operation by its name, with as many inputs as its row of ops.def says;
 * NODE_WITH(SETTINGS(.i = {0}), sum, a) one with settings.  Both read `c`, the rule's struct gradient.
 *
 * Ownership: the pass's. */
#ifndef PASS_GRADIENTS_H
#define PASS_GRADIENTS_H
#include "graph/graph.h"

struct gradient {
  struct graph *graph;
  node_id node;     /* whose inputs get gradients */
  node_id g;        /* the gradient of its result; may have no rows where it is the same in all */
  node_id *adjoint; /* by node: the gradient gathered so far, 0 for none */
  /* By node: conditions outside of which the gradient is exactly zero, whatever numbers its adjoint has there; 0 where
   * there is none.  `row` is one number a row, or one number; `element` has the node's shape. */
  struct support {
    node_id row, element;
  } * support;
  const bool *wanted; /* by node: whether a gradient of it is needed */
};

/* Adds value to the gradient of input k, summed as that input was repeated on its way into the result. */
void gradient_to(struct gradient *c, int k, node_id value);
/* The same where value is zero outside of a condition: one number (a row), or of the result's shape. */
void gradient_within(struct gradient *c, int k, node_id value, node_id condition);
/* The same where the rule has summed over rows itself. */
void gradient_add(struct gradient *c, int k, node_id value);
/* A value, with zeros in the rows in which the current gradient is zero: what a rule sums over rows has to be. */
node_id supported(struct gradient *c, node_id value);
/* A value with rows, repeated if it has none. */
node_id with_rows(struct gradient *c, node_id value);
static inline const struct node *gradient_node(const struct gradient *c) { return graph_node(c->graph, c->node); }

#define NUMBER(value) graph_number(c->graph, value)
#define SHAPE(node) graph_node(c->graph, node)->type.shape
#define AXES gradient_node(c)->attr.i[0]
#define SETTINGS(...) (&(const struct attr){__VA_ARGS__})
#define NODE(op, ...) node_##op(c, NULL, __VA_ARGS__)
#define NODE_WITH(settings, op, ...) node_##op(c, settings, __VA_ARGS__)

#define INPUTS_0 node_id a /* of a leaf: 0, which is not a node */
#define INPUTS_1 node_id a
#define INPUTS_2 INPUTS_1, node_id b
#define INPUTS_3 INPUTS_2, node_id d
#define INPUTS_4 INPUTS_3, node_id e
#define INPUTS_5 INPUTS_4, node_id f
#define INPUTS_6 INPUTS_5, node_id g
#define INPUTS_7 INPUTS_6, node_id h
#define LIST_0 a
#define LIST_1 a
#define LIST_2 LIST_1, b
#define LIST_3 LIST_2, d
#define LIST_4 LIST_3, e
#define LIST_5 LIST_4, f
#define LIST_6 LIST_5, g
#define LIST_7 LIST_6, h
#define OP(name, class, arity, ...)                                                                      \
  static inline node_id node_##name(const struct gradient *c, const struct attr *attr, INPUTS_##arity) { \
    return graph_add(c->graph, OP_##name, attr, (const node_id[]){LIST_##arity}, NULL);                  \
  }
#include "op/ops.def"
#undef OP

/* The rules that ops.def names. */
typedef void gradient_rule(struct gradient *c);
gradient_rule gradient_select, gradient_slice, gradient_pad, gradient_transpose, gradient_concat, gradient_max_last;
gradient_rule gradient_matmul, gradient_matmul_rows, gradient_conv2d, gradient_conv2d_input, gradient_conv2d_weights;
gradient_rule gradient_pool_take, gradient_pool_put, gradient_resize, gradient_resize_back, gradient_batch_norm;
gradient_rule gradient_solve_triangular, gradient_rows_to_axis, gradient_axis_to_rows;
gradient_rule gradient_gather, gradient_scatter, gradient_take_last, gradient_cumulative, gradient_roll;
gradient_rule gradient_matmul_each, gradient_inverse;

#endif
