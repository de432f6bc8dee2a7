#include "train/measuring.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timings.h"
#include "eval/measure.h"
#include "train/gathered.h"
#include "train/signals.h"

bool report_progress(void *context, double fraction) {
  const struct reporting *reporting = context;
  progress_work(reporting->progress, reporting->what, fraction);
  return !signals_stop(reporting->error);
}

/* ---- metrics ---- */

struct measuring { /* one measurement, and what it is taken from */
  const struct measurement *measurement;
  const char *split, *table; /* table: NULL where the model reads one */
  const char *refused;       /* why the probe that it is of could not be trained, or NULL */
  const struct gathered *on, *fit;
  int64_t rows, fit_rows; /* of the splits */
  uint64_t seed;
  struct pool *pool;
  struct progress *progress;
  bool tells; /* what cannot be measured */
  struct watch watch;
};

static const char *kept(struct results *results, const char *string) {
  return arena_copy_string(results->arena, string, strlen(string));
}

static void add(const struct measuring *measuring, struct results *results, const char *part, struct metric metric) {
  const char *name = measuring->measurement->name;
  const char *before = results->metrics.n ? results->metrics.at[results->metrics.n - 1].reason : NULL;
  metric.name = part[0] ? arena_format(results->arena, "%s.%s", name, part) : name;
  metric.split = measuring->measurement->split;
  metric.table = metric.split ? measuring->table : NULL;
  if (metric.table) metric.where = arena_format(results->arena, "%s of %s", metric.split, metric.table);
  metric.seed = measuring->seed;
  if (measuring->tells && metric.reason && !(part[0] && before && !strcmp(before, metric.reason)))
    progress_warning(measuring->progress, "warning: '%s' is not measured: %s", metric.name, metric.reason);
  if (measuring->tells && metric.chance_reason)
    progress_warning(measuring->progress, "warning: '%s' has no chance level: %s", metric.name, metric.chance_reason);
  vec_push(results->arena, &results->metrics, metric);
}

static const char *not_finite(struct results *results, double value, int64_t rows) {
  if (rows == 0) return "no row has it";
  const char *what = isnan(value) ? "NaN" : value > 0 ? "infinite" : "minus infinite";
  if (rows == 1) return arena_format(results->arena, "not finite: %s, of 1 row, which may be too few", what);
  return arena_format(results->arena, "not finite: %s", what);
}

static const char *own_protocol(const struct measurement *m) {
  if (!m->split) return "the model's own expression, of no data";
  return m->rows ? "the model's own expression over the rows of the split that have it"
                 : "the model's own expression over all rows of the split";
}

/* Of how many rows of its split a value is: what its root says, or all; -1 where it is of none. */
static bool count_rows(const struct measuring *measuring, const char *split, const char *root, int64_t *rows,
                       struct error *error) {
  double number = -1;
  if (root && !gathered_number(measuring->on, root, &number, error)) return false;
  *rows = !split ? -1 : root ? (int64_t)number : strcmp(split, "train") ? measuring->rows : measuring->fit_rows;
  return true;
}

/* Why a chance level cannot stand beside its metric: NULL where it can.  What is of no rows, as a constant, always
 * can. */
static const char *not_comparable(struct results *results, const struct measurement *m, double chance,
                                  int64_t chance_rows, int64_t rows) {
  if (!isfinite(chance)) return not_finite(results, chance, chance_rows);
  bool same = m->split && m->chance_split && !strcmp(m->split, m->chance_split);
  if (!m->split || !m->chance_split || (same && rows == chance_rows)) return NULL;
  return arena_format(results->arena,
                      "it is of %" PRId64 " rows of the %s split, and the metric of %" PRId64 " of the %s split",
                      chance_rows, m->chance_split, rows, m->split);
}

/* A number that the model itself computes. */
static bool measure_value(const struct measuring *measuring, struct results *results, struct error *error) {
  const struct measurement *m = measuring->measurement;
  double value, chance = NAN;
  int64_t rows, chance_rows;
  if (!gathered_number(measuring->on, m->value, &value, error) ||
      !count_rows(measuring, m->split, m->rows, &rows, error) ||
      !count_rows(measuring, m->chance_split, m->chance_rows, &chance_rows, error) ||
      (m->chance && !gathered_number(measuring->on, m->chance, &chance, error)))
    return false;
  const char *reason = measuring->refused             ? measuring->refused
                       : isfinite(value) && rows != 0 ? NULL
                                                      : not_finite(results, value, rows);
  const char *no_chance = !m->chance || reason ? NULL : not_comparable(results, m, chance, chance_rows, rows);
  add(measuring, results, "",
      (struct metric){
          .value = reason ? NAN : m->scale * value,
          .chance = reason || no_chance ? NAN : m->scale * chance,
          .unit = m->unit ? m->unit : "",
          .protocol = m->protocol ? m->protocol : own_protocol(m),
          .rows = rows,
          .reason = reason,
          .chance_reason = no_chance,
      });
  return true;
}

/* Graphs compute with floats, and classes are bytes: the last argument of measures that have labels. */
static bool labels_as_bytes(struct array *labels, const int64_t *row, struct arena *arena, struct error *error) {
  int64_t n = labels->rows * shape_count(labels->shape);
  const float *value = labels->data;
  if (labels->type != F32) return true;
  uint8_t *bytes = arena_alloc(arena, (size_t)n + 1);
  for (int64_t i = 0; i < n; i++) {
    if (!(value[i] >= 0 && value[i] <= UINT8_MAX && value[i] == floorf(value[i])))
      return error_set(error, ERROR_NUMBER, "the label of row %" PRId64 " is %g, and classes are integers from 0 to %d",
                       row[i], (double)value[i], UINT8_MAX);
    bytes[i] = (uint8_t)value[i];
  }
  labels->type = U8;
  labels->data = bytes;
  return true;
}

/* ---- what measures read ---- */

enum { MOST = sizeof((struct measurement *)0)->argument / sizeof *((struct measurement *)0)->argument };

struct present_rows { /* of one split: the arguments' rows that have all of them, one after the other */
  int64_t n, *row;    /* their numbers in the split */
  struct array array[MOST];
  const struct array *at[MOST];
};

static bool find_present(struct present_rows *p, const struct gathered *gathered, const char *present, int64_t rows,
                         struct arena *arena, struct error *error) {
  struct array mask = {0};
  if (present && !gathered_array(gathered, present, &mask, error)) return false;
  p->row = ARENA_ARRAY(arena, int64_t, (size_t)rows + 1);
  for (int64_t i = 0; i < rows; i++)
    if (!present || ((const float *)mask.data)[i] != 0) p->row[p->n++] = i;
  return true;
}

/* The first row that is not finite is told by its index in the split. */
static bool check_finite(const struct array *array, const struct present_rows *p, const char *split,
                         struct error *error) {
  int64_t width = shape_count(array->shape);
  const float *at = array->data;
  if (array->type != F32) return true;
  for (int64_t i = 0; i < array->rows * width; i++)
    if (!isfinite(at[i]))
      return error_set(error, ERROR_NUMBER, "'%s' is not finite in row %" PRId64 " of the %s split", array->name,
                       p->row[i / width], split);
  return true;
}

static bool take_present(struct present_rows *p, int k, const struct gathered *gathered, const char *root,
                         struct arena *arena, struct error *error) {
  struct array *array = &p->array[k];
  if (!gathered_array(gathered, root, array, error)) return false;
  size_t row = (size_t)shape_count(array->shape) * dtype_size(array->type);
  p->at[k] = array;
  if (array->rows == p->n) return true;
  char *packed = arena_alloc(arena, (size_t)p->n * row + 1);
  for (int64_t i = 0; i < p->n; i++)
    memcpy(packed + (size_t)i * row, (char *)array->data + (size_t)p->row[i] * row, row);
  array->rows = p->n;
  array->data = packed;
  return true;
}

/* False where all stops; `refused` where these values cannot be measured. */
static bool take_arguments(struct present_rows *p, const struct measuring *measuring, bool fit, struct arena *arena,
                           struct error *refused, struct error *error) {
  const struct measurement *m = measuring->measurement;
  const struct gathered *gathered = fit ? measuring->fit : measuring->on;
  *p = (struct present_rows){0};
  if (!find_present(p, gathered, m->present, fit ? measuring->fit_rows : measuring->rows, arena, error)) return false;
  for (int k = 0; k < m->arguments; k++) {
    if (!take_present(p, k, gathered, m->argument[k], arena, error)) return false;
    p->array[k].name = m->argument_string[k] ? m->argument_string[k] : m->name;
    if (!refused->kind) check_finite(&p->array[k], p, fit ? "train" : measuring->split, refused);
    if (fit) p->array[k].name = arena_format(arena, "%s on train", p->array[k].name);
  }
  if (!p->n && !refused->kind)
    error_set(refused, ERROR_NUMBER, fit ? "no row of the training split has it" : "no row has it");
  return true;
}

/* What rows or columns of a table are called: the classes of the measurement's label, or numbers from `first`. */
static const char *const *heads(const struct measuring *measuring, struct arena *arena, int64_t n, bool classes,
                                int first) {
  const struct measurement *m = measuring->measurement;
  const char **head = ARENA_ARRAY(arena, const char *, (size_t)n + 1);
  for (int64_t i = 0; i < n; i++)
    head[i] = classes && m->class_name && i < m->classes ? m->class_name[i]
                                                         : arena_format(arena, "%" PRId64, i + first);
  return head;
}

static void add_table(const struct measuring *measuring, struct results *results, const struct measured_table *from,
                      int64_t samples) {
  struct arena *arena = results->arena;
  struct metric_table table = {
      .name = arena_format(arena, "%s.%s", measuring->measurement->name, from->name),
      .corner = from->corner,
      .split = measuring->measurement->split,
      .table = measuring->table,
      .protocol = from->protocol,
      .seed = measuring->seed,
      .samples = samples,
      .rows = from->rows,
      .columns = from->columns,
      .row = heads(measuring, arena, from->rows, from->rows_are_classes, !from->rows_are_classes),
      .column = from->column ? from->column : heads(measuring, arena, from->columns, true, 0),
      .value = from->value,
  };
  vec_push(arena, &results->tables, table);
}

/* A measure of base/measures.def. */
static bool measure_codes(const struct measuring *measuring, struct results *results, struct error *error) {
  const struct measurement *m = measuring->measurement;
  enum measure which = measure_find(m->measure);
  struct present_rows on, fit;
  struct measured measured[MEASURED_MOST];
  struct measured_tables tables = {.arena = results->arena};
  struct error refused = {0};
  int n = 0;
  if (which == MEASURES || measure_arguments(which) != m->arguments || measure_fits(which) != (measuring->fit != NULL))
    return error_set(error, ERROR_MODEL, "'%s' asks for the measure '%s', which does not fit", m->name, m->measure);
  struct arena *scratch = arena_new();
  bool ok = take_arguments(&on, measuring, false, scratch, &refused, error) &&
            (!measuring->fit || take_arguments(&fit, measuring, true, scratch, &refused, error));
  if (ok && !refused.kind && measure_is_labelled(which))
    labels_as_bytes(&on.array[m->arguments - 1], on.row, scratch, &refused);
  if (ok && !measure_run(which, on.at, measuring->fit ? fit.at : NULL, measuring->seed, measuring->pool,
                         measuring->watch, measured, &n, &tables, &refused)) {
    ok = false;
    if (!error->kind) *error = refused;
  }
  for (int i = 0; ok && i < n; i++)
    add(measuring, results, measured[i].name,
        (struct metric){
            .value = measured[i].value,
            .chance = measured[i].chance,
            .unit = kept(results, measured[i].unit),
            .protocol = kept(results, measured[i].protocol),
            .rows = on.n,
            .reason = measured[i].reason[0] ? kept(results, measured[i].reason) : NULL,
            .chance_reason = measured[i].chance_reason[0] ? kept(results, measured[i].chance_reason) : NULL,
        });
  for (int i = 0; ok && i < tables.n; i++) add_table(measuring, results, &tables.at[i], on.n);
  arena_free(scratch);
  return ok;
}

static const char *why_refused(const struct measurement *m, const struct error *refused, struct results *results) {
  if (!refused || m->stage < 0 || !refused[m->stage].kind) return NULL;
  return arena_format(results->arena, "it could not be trained: %s", refused[m->stage].message);
}

/* ---- all of a list ---- */

static bool is_read(const struct measurement *list, size_t n, int collection) {
  for (size_t i = 0; i < n; i++)
    if (list[i].collection == collection || list[i].fit_collection == collection) return true;
  return false;
}

static bool gather(struct model *model, const struct measurement *list, size_t n, struct gathered **gathered,
                   struct reporting *reporting, struct error *error) {
  for (size_t i = 0; i < model->program->collections.n; i++) {
    const struct collection *collection = &model->program->collections.at[i];
    if (!is_read(list, n, (int)i)) continue;
    reporting->what = collection->split;
    double begun = clock_now();
    gathered[i] = gathered_new(model, collection, (struct watch){report_progress, reporting}, error);
    timings_add(reporting->timings, "what is measured", begun);
    if (!gathered[i]) return false;
  }
  return true;
}

static bool measure_one(struct model *model, const struct measurement *m, struct gathered *const *gathered,
                        const struct error *refused, struct reporting *reporting, struct results *results,
                        struct error *error) {
  struct measuring measuring = {
      .measurement = m,
      .split = model->program->collections.at[m->collection].split,
      .table = model->program->tables.n > 1 ? model->program->tables.at[m->table]->name : NULL,
      .refused = why_refused(m, refused, results),
      .on = gathered[m->collection],
      .fit = m->fit_collection < 0 ? NULL : gathered[m->fit_collection],
      .rows = gathered_rows(gathered[m->collection]),
      .fit_rows = model_rows(model, (struct row_set){m->table, SPLIT_TRAIN}),
      .seed = model->seed,
      .pool = model->pool,
      .progress = reporting->progress,
      .tells = !reporting->silent,
      .watch = {report_progress, reporting},
  };
  reporting->what = m->name;
  double begun = clock_now();
  bool ok = m->measure ? measure_codes(&measuring, results, error) : measure_value(&measuring, results, error);
  timings_add(reporting->timings, m->name, begun);
  return ok;
}

bool measure_all(struct model *model, const struct measurement *list, size_t n, const struct error *refused,
                 struct reporting *reporting, struct results *results, struct error *error) {
  size_t collections = model->program->collections.n;
  struct gathered **gathered = ARENA_ARRAY(results->arena, struct gathered *, collections + 1);
  bool ok = gather(model, list, n, gathered, reporting, error);
  for (size_t i = 0; ok && i < n; i++) ok = measure_one(model, &list[i], gathered, refused, reporting, results, error);
  for (size_t i = 0; i < collections; i++) gathered_free(gathered[i]);
  return ok;
}
