/* Inside the differentiation pass: what a gradient rule sees.  Ownership: the pass's. */
#ifndef PASS_GRADIENTS_H
#define PASS_GRADIENTS_H
#include "graph/graph.h"

struct gradient {
  struct graph *graph;
  node_id node;      /* whose inputs get gradients */
  node_id g;         /* the gradient of its result; may have no rows where it is the same in all */
  node_id *adjoint;  /* by node: the gradient gathered so far, 0 for none */
  /* By node: conditions outside of which the gradient is exactly zero, whatever numbers its adjoint has there; 0 where
   * there is none.  `row` is one number a row, or one number; `element` has the node's shape. */
  struct support {
    node_id row, element;
  } *support;
  const bool *wanted; /* by node: whether a gradient of it is needed */
};

/* Adds value to the gradient of input k, summed as that input was repeated on its way into the result. */
void gradient_to(struct gradient *c, int k, node_id value);
/* The same where value is zero outside of a condition: one number (a row), or of the result's shape. */
void gradient_within(struct gradient *c, int k, node_id value, node_id condition);
/* The same where the rule has summed over rows itself. */
void gradient_add(struct gradient *c, int k, node_id value);
/* A value, with zeros in the rows in which the gradient at hand is zero: what a rule sums over rows has to be. */
node_id supported(struct gradient *c, node_id value);
/* A value with rows, repeated if it has none. */
node_id with_rows(struct gradient *c, node_id value);
static inline const struct node *gradient_node(const struct gradient *c) { return graph_node(c->graph, c->node); }

void gradient_select(struct gradient *c);
void gradient_slice(struct gradient *c);
void gradient_pad(struct gradient *c);
void gradient_transpose(struct gradient *c);
void gradient_concat(struct gradient *c);
void gradient_max_last(struct gradient *c);
void gradient_matmul(struct gradient *c);
void gradient_matmul_rows(struct gradient *c);
void gradient_conv2d(struct gradient *c);
void gradient_conv2d_input(struct gradient *c);
void gradient_conv2d_weights(struct gradient *c);
void gradient_pool_take(struct gradient *c);
void gradient_pool_put(struct gradient *c);
void gradient_resize(struct gradient *c);
void gradient_resize_back(struct gradient *c);
void gradient_batch_norm(struct gradient *c);

#endif
