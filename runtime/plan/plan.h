/* The plan of a graph: in which order its nodes run, and where in one slab each result lies.
 *
 * A buffer lives from the step that writes it to the last that reads it; two whose lives overlap get disjoint places.
 * Constants, variables and columns have no place in the slab (constants have a block of their own, filled once).
 * Views share their input's place; operations that allow it write over an input that nobody reads later.
 * lower_bound is the largest number of bytes alive at one step: no placement can do with less for this order.
 *
 * Ownership: a plan lives in the arena given. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H
#include "graph/graph.h"

struct buffer {
  int64_t offset, size; /* bytes in the slab; offset -1: not in the slab */
  int first, last;      /* steps during which it lives */
};

struct plan {
  const struct graph *graph;
  int64_t rows;         /* the largest batch it is made for */
  size_t element;       /* bytes of an F32 element: 4, or 8 for reference execution */
  node_id *order;       /* what runs, one node a step; leaves that are bound and views are not in it */
  int steps;
  struct buffer *buffer; /* by node */
  node_id *holder;       /* by node: whose buffer it uses (itself, or the source of a view) */
  int64_t peak, lower_bound;
};

/* scratch(context, node, rows) says how many bytes of scratch a node's kernel wants: they are placed like a buffer
 * that lives for that step; in_place(op, k) as kernel_in_place.  Either may be NULL.  A FAULT_DATA where a size does not
 * fit. */
struct plan_hooks {
  int64_t (*scratch)(void *context, const struct graph *graph, node_id node, int64_t rows);
  bool (*in_place)(enum op op, int input);
  void *context;
};
struct plan *plan_make(struct arena *arena, const struct graph *graph, int64_t rows, size_t element,
                       const struct plan_hooks *hooks, struct fault *fault);

/* Every pair of buffers alive at the same step is disjoint, inside the slab and aligned. */
bool plan_verify(const struct plan *plan, struct fault *fault);

/* Schedule, lifetimes, offsets, peak, lower bound, ratio: what --plan prints. */
const char *plan_text(struct arena *arena, const struct plan *plan);

/* Placement alone: n buffers with size and [first, last] lifetimes get offsets; returns the peak.  Tries several
 * orders and keeps the best. */
int64_t place(struct arena *arena, struct buffer *buffers, size_t n);
int64_t place_lower_bound(struct arena *arena, const struct buffer *buffers, size_t n);

#endif
