#include "train/evaluate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timings.h"
#include "eval/measure.h"
#include "train/fit.h"
#include "train/gathered.h"
#include "train/reads.h"
#include "train/signals.h"
#include "train/train.h"

/* A probe that cannot be trained has no metric, for the reason that refused[its stage] gets; the others go on. */
static bool run_probes(struct model *model, struct reporting *reporting, struct error *refused, struct error *error) {
  for (size_t i = 0; i < model->program->stages.n; i++) {
    const struct stage *stage = &model->program->stages.at[i];
    if (!stage->in_evaluation) continue;
    reporting->what = stage->name;
    if (train_probe(model, i, (struct watch){report_progress, reporting}, error)) continue;
    if (error->kind != ERROR_NUMBER) return false;
    refused[i] = *error;
    *error = (struct error){0};
  }
  return true;
}

/* How many numbers a row of a root has; 1 where it is not there. */
static int64_t width_of(const struct graph *graph, const char *root) {
  for (size_t i = 0; root && i < graph->roots.n; i++)
    if (!strcmp(graph->roots.at[i].name, root))
      return shape_count(graph_node(graph, graph->roots.at[i].node)->type.shape);
  return 1;
}

static void foresee(const struct model *model, const struct measurement *list, size_t n, struct progress *progress) {
  for (size_t i = 0; i < n; i++) {
    const struct measurement *m = &list[i];
    enum measure which = m->measure ? measure_find(m->measure) : MEASURES;
    if (which == MEASURES) continue;
    const struct collection *collection = &model->program->collections.at[m->collection];
    int64_t width[2];
    for (int k = 0; k < 2; k++) width[k] = width_of(collection->second, m->argument[k]);
    struct error error = {0};
    struct row_set on = {m->table, split_named(collection->split)}, fit = {m->table, SPLIT_TRAIN};
    if (!measure_can(which, model_rows(model, on), model_rows(model, fit), width, &error))
      progress_warning(progress, "warning: '%s' will not be measured: %s", m->name, error.message);
  }
}

void evaluate_foresee(const struct model *model, struct progress *progress) {
  const struct program *program = model->program;
  for (size_t i = 0; i < program->stages.n; i++)
    for (size_t k = 0; k < program->stages.at[i].monitors.n; k++) {
      const struct monitor *monitor = &program->stages.at[i].monitors.at[k];
      foresee(model, monitor->measurements.at, monitor->measurements.n, progress);
    }
  foresee(model, program->measurements.at, program->measurements.n, progress);
}

bool evaluate(struct model *model, struct progress *progress, struct results *results, struct error *error) {
  struct reporting reporting = {progress, "", error, false, model->timings};
  struct error *refused = ARENA_ARRAY(results->arena, struct error, model->program->stages.n + 1);
  const struct program *program = model->program;
  struct reads reads = reads_of_evaluation(results->arena, program);
  if (!run_probes(model, &reporting, refused, error)) return false;
  double begun = clock_now();
  bool ok = fit_only(model, reads.fit, progress, (struct watch){report_progress, &reporting}, error);
  if (program->fits.n) timings_add(model->timings, "on train", begun);
  return ok &&
         measure_all(model, program->measurements.at, program->measurements.n, refused, &reporting, results, error);
}
