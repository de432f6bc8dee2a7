/* Passes over graphs.  Each says in its own file what it requires, ensures and breaks.
 * Ownership: results live in the arena given, or in the graph's own where none is given. */
#ifndef PASS_PASS_H
#define PASS_PASS_H
#include "graph/graph.h"

/* What a pass has made, as in pass_run("prune", prune(arena, graph, NULL), error), once the verifier has been over it;
 * NULL, and an ERROR_MODEL that names the pass, where that refuses it.  Every pass is run so, in every build. */
struct graph *pass_run(const char *pass, struct graph *made, struct error *error);

/* Reverse-mode differentiation inside a graph: gradients[k] becomes the gradient of `loss` (a number without rows)
 * with respect to node wrt[k], with wrt[k]'s type; a zero constant where the loss does not depend on it.  A ERROR_MODEL
 * names an operation on the way that has no gradient. */
bool differentiate(struct graph *graph, node_id loss, const node_id *wrt, size_t n, node_id *gradients,
                   struct error *error);

/* A copy with only what the roots reach, in the same order; map (may be NULL) gets the new id of each old node, 0 for
 * those left out. */
struct graph *prune(struct arena *arena, const struct graph *graph, node_id *map);

/* Cuts a graph in two for evaluation over a whole split: everything that is not coupled is computed a batch at a
 * time, and what the coupled rest reads of it becomes columns of the second graph, which then runs once over all rows.
 *   first   roots: the rowed values that were cut (named "cut:<k>", target: the column), to be collected over all
 *   batches
 *   second  roots: the original ones; column k of columns[] stands for cut value k
 * Where nothing is coupled the second graph only has the roots without rows.  The columns of the second graph are
 * numbered from first_column. */
struct cut {
  struct graph *first, *second;
  size_t columns; /* how many values were cut */
};
struct cut cut_at_rows(struct arena *arena, const struct graph *graph, uint32_t first_column);

/* Cuts at sums over the rows, so that a split is never there as a whole: the first graph's roots have no rows, and
 * those of all batches, added, are the second graph's columns.  Same form of result as cut_at_rows. */
struct cut cut_at_sums(struct arena *arena, const struct graph *graph, uint32_t first_column);

/* Cuts off what a training stage need not repeat each step: maximal values that read a variable for which frozen(v)
 * holds but none for which it does not, no draw, no clock, no coupled value.  Same form of result as cut_at_rows. */
struct cut cut_frozen(struct arena *arena, const struct graph *graph, const bool *frozen, uint32_t first_column);

/* For differences that see what a gradient sees: `values` computes what stop(...) holds (NULL: nothing), roots
 * "held:<k>" with the column or variable that stands for it as target; `rest` is the graph with these in its place. */
struct held {
  struct graph *values, *rest;
};
struct held hold_stopped(struct arena *arena, const struct graph *graph, uint32_t first_column,
                         uint32_t first_variable);

/* Lets `to`, the first graph of a cut, compute what `from`, that of another, computes: its roots are added, except
 * those whose value `to` has a root for already.  column[c] becomes the column that now holds what column c held. */
void join_cuts(struct graph *to, const struct graph *from, uint32_t *column);

/* A copy that reads column[c] in the place of column c. */
struct graph *with_columns(struct arena *arena, const struct graph *graph, const uint32_t *column);

/* An equal graph, pruned, in which images with many channels are laid out with their channels last, as the kernels
 * like them.  What comes in and what the roots give stays as it is; so does all of a plain graph.  winograd: with
 * convolutions of these by Winograd's algorithm, where that pays. */
struct graph *lay_out(struct arena *arena, const struct graph *graph, bool winograd);

/* Whether a node of a graph is a convolution that Winograd's algorithm makes faster; channels come first. */
bool winograd_pays(const struct graph *graph, node_id id);

/* For so many rows: a copy in which products over the batch are taken in the order that multiplies less; NULL where they
 * are. */
struct graph *associate(struct arena *arena, const struct graph *graph, int64_t rows);

/* For so few rows that reading the weights takes much of the time: a copy in which several applications of a layer are one,
 * to their values as one array.  NULL where there are none, or they do not pay; `always`, for tests, is whether they do or
 * not. */
struct graph *stack_applications(struct arena *arena, const struct graph *graph, int64_t rows, bool always);

/* A copy in which what `again` marks is computed a second time, for the readers that are `late`: both by node.  map
 * gets the new id of each old node, 0 for those that no root reaches. */
struct graph *rematerialise(struct arena *arena, const struct graph *graph, const bool *again, const bool *late,
                            node_id *map);

/* A copy in which results of batch normalisation are rematerialised for the gradients of weights, not kept for them. */
struct graph *rematerialise_norms(struct arena *arena, const struct graph *graph);

#endif
