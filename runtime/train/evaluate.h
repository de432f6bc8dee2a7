/* Measuring: what a program's `evaluate` and `show` ask for.
 *
 * Three phases: the probes train, in order; each collection that is needed is computed, first a batch at a time,
 * then over all rows of its split at once; the measurements read from the collections.  Draws are those of round 0.
 *
 * Ownership: figures and pictures belong to the arena. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H
#include "base/vec.h"
#include "report/figure.h"
#include "report/picture.h"
#include "report/progress.h"
#include "train/model.h"

struct results {
  struct arena *arena;
  VEC(struct figure) figures;
  VEC(struct picture) pictures;
};

/* progress shows how far it is; a signal stops it.  What cannot be measured loses no other figure: it is a figure with a
 * reason, and a warning. */
bool evaluate(struct model *model, struct progress *progress, struct results *results, struct fault *fault);

/* Says, before training, what cannot be measured after it. */
void evaluate_foresee(const struct model *model, struct progress *progress);

/* The pictures of `show`: one sample of each class of the test split, or the first ones where there are no labels.
 */
bool show(struct model *model, struct results *results, struct fault *fault);

/* A value of --compute, for all rows of its split: the array is written to `path` as its ending says (.npy, .csv,
 * .png), and progress says so.  Rows that do not have it are NaN in npy, empty in csv and blank in png. */
bool compute(struct model *model, const char *path, struct progress *progress, struct fault *fault);

/* Whether the ending of path is one that compute can write. */
bool compute_can_write(const char *path, struct fault *fault);

#endif
