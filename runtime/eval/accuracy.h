/* Classification accuracy, by class and in all, beside its chance level.
 *
 * Ownership: nothing is kept. */
#ifndef EVAL_ACCURACY_H
#define EVAL_ACCURACY_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

enum { MAX_CLASSES = 256 };

struct accuracy {
  double value;                 /* share of rows predicted right */
  double chance;                /* the largest class's share: what a constant answer scores */
  int classes;                  /* largest label + 1 */
  int64_t count[MAX_CLASSES];   /* rows of each class */
  double of_class[MAX_CLASSES]; /* share of each class's rows predicted right; 0 for a class with no rows */
};

/* predicted: U8 (one class a row), or F32 of any width (logits or probabilities: the first largest one is the
 * answer; a row with a NaN is wrong).  labels: U8, one a row. */
bool accuracy_measure(const struct array *predicted, const struct array *labels, struct accuracy *result,
                      struct error *error);

/* Which class is taken for which, counted: taken[c * classes + p] rows of class c are taken for class p, and lost[c]
 * have no answer because a number is missing.  classes: as many as there are scores, or labels. */
struct confusion {
  int classes;
  int64_t *taken, *lost;
};

/* In the arena. */
bool confusion_measure(const struct array *predicted, const struct array *labels, struct arena *arena,
                       struct confusion *result, struct error *error);

/* Of one class; 0 where it is undefined, because there is no row of the class or none that is taken for it. */
struct class_scores {
  double precision, recall, f1;
  int64_t rows;
};
struct class_scores class_scores(const struct confusion *confusion, int class);

/* The largest class's share. */
bool chance_level(const struct array *labels, double *share, struct error *error);

#endif
