#include "report/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "report/console.h"
#include "report/metrics.h"

enum { CELL = 64 };

const char *set_string(struct arena *arena, const struct setting *set, size_t n) {
  const char *text = "";
  for (size_t i = 0; i < n; i++)
    text = arena_format(arena, "%s%s%s=%s", text, i ? ", " : "", set[i].name, set[i].value);
  return text;
}

/* A value that reads as a number or a truth is one. */
json_t *set_json(const struct setting *set, size_t n) {
  json_t *object = json_object();
  for (size_t i = 0; i < n; i++) {
    json_t *value = json_loads(set[i].value, JSON_DECODE_ANY, NULL);
    json_object_set_new(object, set[i].name, value ? value : json_string_or_null(set[i].value));
  }
  return object;
}

/* ---- which run is where ---- */

bool summary_same_set(const struct summary_run *a, const struct summary_run *b) {
  bool same = a->n_set == b->n_set;
  for (size_t i = 0; same && i < a->n_set; i++)
    same = !strcmp(a->set[i].name, b->set[i].name) && !strcmp(a->set[i].value, b->set[i].value);
  return same;
}

static size_t set_of(struct summary *summary, const struct summary_run *run) {
  for (size_t i = 0; i < summary->sets.n; i++)
    if (summary_same_set(summary->sets.at[i], run)) return i;
  vec_push(summary->arena, &summary->sets, run);
  return summary->sets.n - 1;
}

static size_t column_of(struct summary *summary, const char *name) {
  for (size_t i = 0; i < summary->columns.n; i++)
    if (!strcmp(summary->columns.at[i], name)) return i;
  vec_push(summary->arena, &summary->columns, name);
  return summary->columns.n - 1;
}

static const struct metric *metric_named(const struct summary_run *run, const char *name) {
  for (size_t i = 0; i < run->n; i++)
    if (!strcmp(run->metrics[i].name, name)) return &run->metrics[i];
  return NULL;
}

/* ---- statistics ---- */

static double mean_of(const double *value, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += value[i];
  return n ? sum / (double)n : NAN;
}

static double deviation_of(const double *value, size_t n) {
  double mean = mean_of(value, n), sum = 0;
  for (size_t i = 0; i < n; i++) sum += (value[i] - mean) * (value[i] - mean);
  return n > 1 ? sqrt(sum / (double)(n - 1)) : NAN;
}

/* The finite ones of the values, or of the chance levels, of all columns; how many there are. */
static size_t finite_of(const struct summary *summary, const struct summary_row *row, bool chance, double *out) {
  size_t n = 0;
  for (size_t k = 0; k < summary->columns.n; k++) {
    double value = !row->of[k] ? NAN : chance ? row->of[k]->chance : row->of[k]->value;
    if (isfinite(value)) out[n++] = value;
  }
  return n;
}

/* What the runs agree in is the row's; of reasons, the first. */
static void describe(const struct summary *summary, struct summary_row *row) {
  struct metric *metric = &row->metric;
  const struct metric *first = NULL;
  bool same_protocol = true;
  for (size_t k = 0; k < summary->columns.n; k++) {
    const struct metric *one = row->of[k];
    if (!one) continue;
    if (!first) *metric = *(first = one), row->least_rows = row->most_rows = one->rows;
    if (one->rows < row->least_rows) row->least_rows = one->rows;
    if (one->rows > row->most_rows) row->most_rows = one->rows;
    if (one->rows != first->rows) metric->rows = -1;
    same_protocol &= !strcmp(one->protocol, first->protocol);
    if (!metric->reason) metric->reason = one->reason;
    if (!metric->chance_reason) metric->chance_reason = one->chance_reason;
  }
  if (!same_protocol)
    metric->protocol = arena_format(summary->arena, "differs between runs; of the first: %s", first->protocol);
}

static void compute(const struct summary *summary, struct summary_row *row) {
  double *value = ARENA_ARRAY(summary->arena, double, summary->columns.n + 1);
  describe(summary, row);
  size_t n = finite_of(summary, row, true, value);
  row->metric.chance = mean_of(value, n);
  n = finite_of(summary, row, false, value);
  row->n = (int64_t)n;
  row->metric.value = mean_of(value, n);
  row->sd = deviation_of(value, n);
  row->least = row->most = n ? value[0] : NAN;
  for (size_t i = 1; i < n; i++) row->least = fmin(row->least, value[i]), row->most = fmax(row->most, value[i]);
  if (n) row->metric.reason = NULL;
}

struct summary summarise(struct arena *arena, const struct summary_run *runs, size_t n) {
  struct summary summary = {.arena = arena, .runs = runs, .n_runs = n};
  VEC(const char *) names = {0};
  for (size_t i = 0; i < n; i++) {
    set_of(&summary, &runs[i]);
    column_of(&summary, runs[i].column);
    for (size_t k = 0; k < runs[i].n; k++) {
      bool known = false;
      for (size_t j = 0; j < names.n; j++) known |= !strcmp(names.at[j], runs[i].metrics[k].name);
      if (!known) vec_push(arena, &names, runs[i].metrics[k].name);
    }
  }
  for (size_t j = 0; j < names.n; j++)
    for (size_t s = 0; s < summary.sets.n; s++) {
      struct summary_row row = {.set = s, .metric = {.name = names.at[j], .protocol = "", .rows = -1}};
      row.of = ARENA_ARRAY(arena, const struct metric *, summary.columns.n + 1);
      bool any = false;
      for (size_t i = 0; i < n; i++) {
        const struct metric *metric = metric_named(&runs[i], names.at[j]);
        if (!metric || set_of(&summary, &runs[i]) != s) continue;
        row.of[column_of(&summary, runs[i].column)] = metric;
        any = true;
      }
      if (!any) continue;
      compute(&summary, &row);
      vec_push(arena, &summary.rows, row);
    }
  return summary;
}

/* ---- ranks ---- */

static bool is_called(const char *metric, const char *name) {
  size_t length = strlen(name);
  return !strncmp(metric, name, length) && (!metric[length] || metric[length] == '.');
}

static const struct summary_row *row_of(const struct summary *summary, const char *metric, size_t set) {
  for (size_t i = 0; i < summary->rows.n; i++)
    if (summary->rows.at[i].set == set && !strcmp(summary->rows.at[i].metric.name, metric)) return &summary->rows.at[i];
  return NULL;
}

static bool is_better(double a, double b, bool higher) {
  if (isnan(a) || isnan(b)) return !isnan(a) && isnan(b);
  return higher ? a > b : a < b;
}

/* The places of the settings, the best first; those that are equal stay in order. */
static size_t *places_of(const struct summary *summary, const char *metric, bool higher) {
  size_t n = summary->sets.n, *place = ARENA_ARRAY(summary->arena, size_t, n + 1);
  double *value = ARENA_ARRAY(summary->arena, double, n + 1);
  for (size_t s = 0; s < n; s++) {
    const struct summary_row *row = row_of(summary, metric, s);
    value[s] = row ? row->metric.value : NAN;
  }
  for (size_t s = 0; s < n; s++)
    for (size_t k = 0; k < n; k++)
      place[s] += is_better(value[k], value[s], higher) || (k < s && !is_better(value[s], value[k], higher));
  return place;
}

const struct summary_row *summary_rank(struct summary *summary, const char *name, const char *split, bool higher) {
  const char *metric = NULL;
  size_t rows = summary->rows.n, sets = summary->sets.n, n = 0;
  for (size_t i = 0; i < rows && !metric; i++) {
    const struct metric *one = &summary->rows.at[i].metric;
    if (is_called(one->name, name) && one->split && !strcmp(one->split, split)) metric = one->name;
  }
  if (!metric) return NULL;
  size_t *place = places_of(summary, metric, higher);
  struct summary_row *sorted = ARENA_ARRAY(summary->arena, struct summary_row, rows + 1);
  for (size_t p = 0; p < sets; p++)
    for (size_t s = 0; s < sets; s++)
      if (place[s] == p && row_of(summary, metric, s)) sorted[n++] = *row_of(summary, metric, s);
  for (size_t i = 0; i < rows; i++) {
    const char *other = summary->rows.at[i].metric.name;
    bool done = false;
    for (size_t k = 0; k < n; k++) done |= !strcmp(sorted[k].metric.name, other);
    for (size_t p = 0; !done && p < sets; p++)
      for (size_t s = 0; s < sets; s++)
        if (place[s] == p && row_of(summary, other, s)) sorted[n++] = *row_of(summary, other, s);
  }
  summary->rows.at = sorted;
  return isnan(sorted[0].metric.value) ? NULL : &sorted[0];
}

/* ---- for people and files ---- */

static const char *number(struct arena *arena, double value, const char *unit, bool raw) {
  char text[CELL];
  if (!raw) return arena_format(arena, "%s", metric_number(text, sizeof text, value, unit));
  return isfinite(value) ? arena_format(arena, "%.10g", value) : "";
}

static void put_values(const struct summary *summary, const struct summary_row *row, struct sheet *sheet, bool raw) {
  for (size_t k = 0; summary->columns.n > 1 && k < summary->columns.n; k++)
    sheet_put(sheet, "%s", number(summary->arena, row->of[k] ? row->of[k]->value : NAN, row->metric.unit, raw));
}

static void put_spread(const struct summary *summary, const struct summary_row *row, struct sheet *sheet, bool raw) {
  const double value[] = {row->sd, row->least, row->most};
  for (size_t i = 0; i < 3 && (raw || summary->columns.n > 1); i++)
    sheet_put(sheet, "%s", number(summary->arena, value[i], row->metric.unit, raw));
}

static void put_row(const struct summary *summary, const struct summary_row *row, struct sheet *sheet, bool raw) {
  char text[CELL];
  const struct summary_run *set = summary->sets.at[row->set];
  const struct metric *m = &row->metric;
  struct string_builder remark = {.arena = summary->arena};
  for (size_t i = 0; i < set->n_set; i++) sheet_put(sheet, "%s", set->set[i].value);
  sheet_put(sheet, "%s", m->name);
  if (raw) sheet_put(sheet, "%s", m->unit ? m->unit : "");
  if (raw) sheet_put(sheet, "%s", number(summary->arena, m->value, m->unit, true));
  else sheet_put(sheet, "%s", metric_string(text, sizeof text, m->value, m->unit));
  put_spread(summary, row, sheet, raw);
  if (raw) sheet_put(sheet, "%lld", (long long)row->n);
  put_values(summary, row, sheet, raw);
  if (raw) sheet_put(sheet, "%s", number(summary->arena, m->chance, m->unit, true));
  else sheet_put(sheet, "%s", metric_string(text, sizeof text, m->chance, m->unit));
  sheet_put(sheet, "%s", metric_split(m));
  if (m->rows < 0 && row->least_rows >= 0)
    sheet_put(sheet, "%lld-%lld", (long long)row->least_rows, (long long)row->most_rows);
  else sheet_put(sheet, "%s", raw && m->rows < 0 ? "" : metric_rows(text, sizeof text, m));
  metric_remark(&remark, m);
  sheet_put(sheet, "%s", string_get(&remark));
}

struct sheet summary_sheet(const struct summary *summary, bool raw) {
  struct sheet sheet = {.arena = summary->arena};
  bool several = summary->columns.n > 1;
  const struct summary_run *first = summary->sets.n ? summary->sets.at[0] : NULL;
  for (size_t i = 0; first && i < first->n_set; i++) sheet_head(&sheet, true, "%s", first->set[i].name);
  sheet_head(&sheet, false, "metric");
  if (raw) sheet_head(&sheet, false, "unit");
  sheet_head(&sheet, true, several || raw ? "mean" : "value");
  static const char *const spread[] = {"sd", "min", "max"};
  for (int i = 0; i < 3 && (several || raw); i++) sheet_head(&sheet, true, "%s", spread[i]);
  if (raw) sheet_head(&sheet, true, "runs");
  for (size_t k = 0; several && k < summary->columns.n; k++) sheet_head(&sheet, true, "%s", summary->columns.at[k]);
  sheet_head(&sheet, true, "chance");
  sheet_head(&sheet, false, "split");
  sheet_head(&sheet, true, "rows");
  sheet_head(&sheet, false, "protocol");
  for (size_t i = 0; i < summary->rows.n; i++) put_row(summary, &summary->rows.at[i], &sheet, raw);
  return sheet;
}

static json_t *values_json(const struct summary *summary, const struct summary_row *row) {
  json_t *array = json_array();
  for (size_t i = 0; i < summary->n_runs; i++) {
    const struct summary_run *run = &summary->runs[i];
    const struct metric *metric = metric_named(run, row->metric.name);
    if (!metric || !summary_same_set(run, summary->sets.at[row->set])) continue;
    json_t *value = json_object();
    json_object_set_new(value, "run", json_string_or_null(run->name));
    json_object_set_new(value, "seed", json_seed(metric->seed));
    json_object_set_new(value, "value", json_number_or_null(metric->value));
    json_object_set_new(value, "chance", json_number_or_null(metric->chance));
    json_object_set_new(value, "rows", metric->rows < 0 ? json_null() : json_integer(metric->rows));
    if (metric->reason) json_object_set_new(value, "reason", json_string_or_null(metric->reason));
    json_array_append_new(array, value);
  }
  return array;
}

json_t *summary_json(const struct summary *summary) {
  json_t *array = json_array();
  for (size_t i = 0; i < summary->rows.n; i++) {
    const struct summary_row *row = &summary->rows.at[i];
    const struct summary_run *set = summary->sets.at[row->set];
    json_t *object = metric_json(&row->metric);
    json_object_set_new(object, "seed", json_null());
    if (set->n_set) json_object_set_new(object, "set", set_json(set->set, set->n_set));
    json_object_set_new(object, "mean", json_number_or_null(row->metric.value));
    json_object_set_new(object, "sd", json_number_or_null(row->sd));
    json_object_set_new(object, "min", json_number_or_null(row->least));
    json_object_set_new(object, "max", json_number_or_null(row->most));
    json_object_set_new(object, "runs", json_integer(row->n));
    json_object_set_new(object, "values", values_json(summary, row));
    json_array_append_new(array, object);
  }
  return array;
}
