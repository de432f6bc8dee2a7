/* Values of all rows of a split, computed a batch at a time and kept as columns.
 *
 * Ownership: the columns become the model's. */
#ifndef TRAIN_COLLECT_H
#define TRAIN_COLLECT_H
#include "eval/watch.h"
#include "train/model.h"

enum { COLLECT_BATCH = 100 };

/* Runs the graph over the rows in order and puts each of its roots into the column that is its target. */
bool collect(struct model *model, const struct graph *graph, struct row_set rows, struct watch watch,
             struct error *error);

#endif
