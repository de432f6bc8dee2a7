/* Taking measurements: figures of a list of them, from what their collections hold.
 *
 * Ownership: figures and pictures belong to the arena of the results. */
#ifndef TRAIN_MEASURING_H
#define TRAIN_MEASURING_H
#include "base/vec.h"
#include "eval/watch.h"
#include "report/figure.h"
#include "report/picture.h"
#include "report/progress.h"
#include "train/model.h"

struct results {
  struct arena *arena;
  VEC(struct figure) figures;
  VEC(struct figure_table) tables;
  VEC(struct picture) pictures;
};

struct telling { /* what is shown while something long goes on */
  struct progress *progress;
  const char *what;
  struct fault *fault;
  bool silent; /* of what cannot be measured */
};

/* The callback of a struct watch, on a struct telling: shows how far it is, and stops for a signal. */
bool tell_progress(void *context, double fraction);

/* refused: by stage, why a probe could not be trained; NULL: none is read.  What cannot be measured loses no other
 * figure: it is a figure with a reason, and a warning. */
bool measure_all(struct model *model, const struct measurement *list, size_t n, const struct fault *refused,
                 struct telling *telling, struct results *results, struct fault *fault);

#endif
