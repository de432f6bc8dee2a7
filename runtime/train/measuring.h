/* Taking measurements: metrics of a list of them, from what their collections hold.
 *
 * Ownership: metrics and image grids belong to the arena of the results. */
#ifndef TRAIN_MEASURING_H
#define TRAIN_MEASURING_H
#include "base/vec.h"
#include "eval/watch.h"
#include "report/image_grid.h"
#include "report/map.h"
#include "report/metric.h"
#include "report/progress.h"
#include "train/model.h"

struct results {
  struct arena *arena;
  VEC(struct metric) metrics;
  VEC(struct metric_table) tables;
  VEC(struct image_grid) image_grids;
  VEC(struct code_map) maps;
};

struct reporting { /* what is shown while something long goes on */
  struct progress *progress;
  const char *what;
  struct error *error;
  bool silent;             /* of what cannot be measured */
  struct timings *timings; /* or NULL */
};

/* The callback of a struct watch, on a struct telling: shows how far it is, and stops for a signal. */
bool report_progress(void *context, double fraction);

/* refused: by stage, why a probe could not be trained; NULL: none is read.  What cannot be measured loses no other
 * metric: it is a metric with a reason, and a warning. */
bool measure_all(struct model *model, const struct measurement *list, size_t n, const struct error *refused,
                 struct reporting *reporting, struct results *results, struct error *error);

#endif
