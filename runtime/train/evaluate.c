#include "train/evaluate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/measure.h"
#include "store/export.h"
#include "train/fit.h"
#include "train/gathered.h"
#include "train/reads.h"
#include "train/signals.h"
#include "train/train.h"

struct telling { /* what is shown while something long goes on */
  struct progress *progress;
  const char *what;
  struct fault *fault;
};

static bool tell(void *context, double fraction) {
  const struct telling *telling = context;
  progress_work(telling->progress, telling->what, fraction);
  return !signals_stop(telling->fault);
}

static bool run_probes(struct model *model, struct telling *telling, struct fault *fault) {
  for (size_t i = 0; i < model->program->stages.n; i++) {
    const struct stage *stage = &model->program->stages.at[i];
    if (!stage->in_evaluation) continue;
    telling->what = stage->name;
    if (!train_probe(model, i, (struct watch){tell, telling}, fault)) return false;
  }
  return true;
}

static bool is_needed(const struct program *program, int collection) {
  for (size_t i = 0; i < program->measurements.n; i++) {
    const struct measurement *measurement = &program->measurements.at[i];
    if (measurement->collection == collection || measurement->fit_collection == collection) return true;
  }
  return false;
}

static bool gather_all(struct model *model, struct gathered **gathered, struct telling *telling,
                       struct fault *fault) {
  for (size_t i = 0; i < model->program->collections.n; i++) {
    const struct collection *collection = &model->program->collections.at[i];
    if (!is_needed(model->program, (int)i)) continue;
    telling->what = collection->split;
    gathered[i] = gathered_new(model, collection, (struct watch){tell, telling}, fault);
    if (!gathered[i]) return false;
  }
  return true;
}

/* ---- figures ---- */

struct measuring { /* one measurement, and what it is taken from */
  const struct measurement *measurement;
  const char *split;
  const struct gathered *on, *fit;
  uint64_t seed;
  struct pool *pool;
  struct watch watch;
};

static void add(const struct measuring *measuring, struct results *results, const char *part, const char *unit,
                double value, double chance, const char *protocol) {
  const char *name = measuring->measurement->name;
  vec_push(results->arena, &results->figures,
           (struct figure){
               .name = part[0] ? arena_format(results->arena, "%s.%s", name, part) : name,
               .value = value,
               .unit = arena_copy_text(results->arena, unit, strlen(unit)),
               .split = measuring->split,
               .protocol = protocol,
               .chance = chance,
               .seed = measuring->seed,
               .rows = -1, /* not known */
           });
}

/* A number that the model itself computes. */
static bool measure_value(const struct measuring *measuring, struct results *results, struct fault *fault) {
  const struct measurement *measurement = measuring->measurement;
  double value, chance = NAN;
  if (!gathered_number(measuring->on, measurement->value, &value, fault)) return false;
  if (measurement->chance && !gathered_number(measuring->on, measurement->chance, &chance, fault)) return false;
  add(measuring, results, "", measurement->unit ? measurement->unit : "", measurement->scale * value,
      measurement->scale * chance,
      measurement->protocol ? measurement->protocol : "the model's own expression over all rows of the split");
  return true;
}

/* Graphs compute with floats, and classes are bytes: the last argument of these measures. */
static bool has_labels(enum measure which) { return which == MEASURE_transfer || which == MEASURE_separate; }

static bool labels_as_bytes(struct array *labels, struct arena *arena, struct fault *fault) {
  int64_t n = labels->rows * shape_count(labels->shape);
  const float *value = labels->data;
  if (labels->type != F32) return true;
  uint8_t *bytes = arena_alloc(arena, (size_t)n + 1);
  for (int64_t i = 0; i < n; i++) {
    if (!(value[i] >= 0 && value[i] <= UINT8_MAX && value[i] == floorf(value[i])))
      return fault_set(fault, FAULT_MODEL, "the label of row %" PRId64 " is %g, which is no class", i,
                       (double)value[i]);
    bytes[i] = (uint8_t)value[i];
  }
  labels->type = U8;
  labels->data = bytes;
  return true;
}

/* A measure of base/measures.def. */
static bool measure_codes(const struct measuring *measuring, struct results *results, struct fault *fault) {
  enum { MOST = sizeof measuring->measurement->argument / sizeof *measuring->measurement->argument };
  const struct measurement *measurement = measuring->measurement;
  enum measure which = measure_find(measurement->measure);
  struct array on[MOST], fit[MOST];
  const struct array *on_at[MOST], *fit_at[MOST];
  struct measured measured[MEASURED_MOST];
  int n = 0;
  if (which == MEASURES || measure_arguments(which) != measurement->arguments ||
      measure_fits(which) != (measuring->fit != NULL))
    return fault_set(fault, FAULT_MODEL, "'%s' asks for the measure '%s', which does not fit", measurement->name,
                     measurement->measure);
  for (int i = 0; i < measurement->arguments; i++) {
    on_at[i] = &on[i];
    fit_at[i] = &fit[i];
    if (!gathered_array(measuring->on, measurement->argument[i], &on[i], fault)) return false;
    if (measuring->fit && !gathered_array(measuring->fit, measurement->argument[i], &fit[i], fault)) return false;
  }
  if (has_labels(which) && !labels_as_bytes(&on[measurement->arguments - 1], results->arena, fault)) return false;
  if (!measure_run(which, on_at, measuring->fit ? fit_at : NULL, measuring->seed, measuring->pool, measuring->watch,
                   measured, &n, fault))
    return false;
  for (int i = 0; i < n; i++)
    add(measuring, results, measured[i].name, measured[i].unit, measured[i].value, measured[i].chance,
        measured[i].protocol);
  return true;
}

static bool measure_all(struct model *model, struct gathered **gathered, struct telling *telling,
                        struct results *results, struct fault *fault) {
  for (size_t i = 0; i < model->program->measurements.n; i++) {
    const struct measurement *measurement = &model->program->measurements.at[i];
    struct measuring measuring = {
        .measurement = measurement,
        .split = model->program->collections.at[measurement->collection].split,
        .on = gathered[measurement->collection],
        .fit = measurement->fit_collection < 0 ? NULL : gathered[measurement->fit_collection],
        .seed = model->seed,
        .pool = model->pool,
        .watch = {tell, telling},
    };
    telling->what = measurement->name;
    bool ok = measurement->measure ? measure_codes(&measuring, results, fault)
                                   : measure_value(&measuring, results, fault);
    if (!ok) return false;
  }
  return true;
}

bool evaluate(struct model *model, struct progress *progress, struct results *results, struct fault *fault) {
  struct telling telling = {progress, "", fault};
  size_t n = model->program->collections.n;
  struct gathered **gathered = ARENA_ARRAY(results->arena, struct gathered *, n + 1);
  bool ok = run_probes(model, &telling, fault) && fit_for_measuring(model, (struct watch){tell, &telling}, fault) &&
            gather_all(model, gathered, &telling, fault) &&
            measure_all(model, gathered, &telling, results, fault);
  for (size_t i = 0; i < n; i++) gathered_free(gathered[i]);
  return ok;
}

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n > m && strcmp(text + n - m, end) == 0;
}

bool compute_can_write(const char *path, struct fault *fault) {
  if (ends_with(path, ".npy") || ends_with(path, ".csv") || ends_with(path, ".png")) return true;
  fault_set(fault, FAULT_USAGE, "'%s' names no format that can be written", path);
  fault_hint(fault, "end it in '.npy', '.csv' or '.png'");
  return false;
}

static bool write_array(const char *path, const struct array *array, struct fault *fault) {
  enum { PICTURES_ON_A_LINE = 20 };
  if (ends_with(path, ".npy")) return write_npy(path, array, fault);
  if (ends_with(path, ".csv")) return write_csv(path, array, fault);
  return write_png_grid(path, array, PICTURES_ON_A_LINE, fault);
}

bool compute(struct model *model, const char *path, struct progress *progress, struct fault *fault) {
  const struct program *program = model->program;
  struct telling telling = {progress, program->compute_root, fault};
  const struct collection *collection = &program->collections.at[program->compute];
  struct watch watch = {tell, &telling};
  struct arena *arena = arena_new();
  bool ready = fit_only(model, reads_of(arena, program, collection).fit, watch, fault);
  struct gathered *gathered = ready ? gathered_new(model, collection, watch, fault) : NULL;
  struct array array;
  bool ok = gathered && gathered_array(gathered, program->compute_root, &array, fault) &&
            write_array(path, &array, fault);
  gathered_free(gathered);
  arena_free(arena);
  return ok;
}
