/* Measuring: what a program's `evaluate` and `show` ask for.
 *
 * Three phases: the probes train, in order; each collection that is needed is computed, first a batch at a time,
 * then over all rows of its split at once; the measurements read from the collections.  Draws are those of step 0.
 *
 * Ownership: metrics and image grids belong to the arena. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H
#include "train/measuring.h"

/* progress shows how far it is; a signal stops it.  What cannot be measured loses no other metric: it is a metric with
 * a reason, and a warning. */
bool evaluate(struct model *model, struct progress *progress, struct results *results, struct error *error);

/* Says, before training, what cannot be measured after it. */
void evaluate_foresee(const struct model *model, struct progress *progress);

/* The image grids of `show`: one sample of each class of the test split, or the first ones where there are no labels.
 */
bool show(struct model *model, struct results *results, struct error *error);

/* The maps of `show`, of the first test rows that have what is shown. */
bool show_maps(struct model *model, struct results *results, struct error *error);

#endif
