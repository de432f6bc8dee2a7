/* What a program computes, as digests: they are equal where the same is computed from the same columns, draws and
 * variables, whatever the order in which a file says it, and however nodes, variables and columns are numbered.
 *
 * Ownership: digests live in the arena. */
#ifndef GRAPH_DIGEST_H
#define GRAPH_DIGEST_H
#include "graph/program.h"

/* Of a stage: its initial values and its step, of batches of so many rows; not for how many epochs. */
const char *digest_stage(struct arena *arena, const struct program *program, const struct stage *stage);

/* Of all that is measured and shown, with the stages that measuring trains. */
const char *digest_evaluation(struct arena *arena, const struct program *program);

/* Of a graph's roots, in a program that is still being made: a fit is its variable. */
const char *digest_roots(struct arena *arena, const struct program *program, const struct graph *graph);

/* Of the value that --compute asks for. */
const char *digest_compute(struct arena *arena, const struct program *program);

#endif
