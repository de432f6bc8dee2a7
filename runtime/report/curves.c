#include "report/curves.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/vec.h"

struct point {
  double step, epoch, value;
};

struct trace {
  const char *name;
  VEC(struct point) points;
};

struct traces {
  struct arena *arena;
  VEC(struct trace) all;
};

static struct trace *trace_of(struct traces *traces, const char *stage, const char *term) {
  char *name = arena_format(traces->arena, "%s%s%s", stage ? stage : "", stage ? ": " : "", term);
  for (size_t i = 0; i < traces->all.n; i++)
    if (!strcmp(traces->all.at[i].name, name)) return &traces->all.at[i];
  vec_push(traces->arena, &traces->all, (struct trace){.name = name});
  return &traces->all.at[traces->all.n - 1];
}

static void read_metrics(struct traces *traces, json_t *line, const char *stage, struct point at) {
  json_t *metrics, *metric;
  const char *split, *name;
  json_object_foreach (json_object_get(line, "watch"), split, metrics) {
    json_object_foreach (metrics, name, metric) {
      struct trace *trace = trace_of(traces, stage, arena_format(traces->arena, "%s (%s)", name, split));
      at.value = json_is_number(metric) ? json_number_value(metric) : NAN;
      vec_push(traces->arena, &trace->points, at);
    }
  }
}

static void read_line(struct traces *traces, json_t *line) {
  json_t *step = json_object_get(line, "step"), *epoch = json_object_get(line, "epoch"), *term;
  const char *stage = json_string_at(line, "stage"), *name;
  if (!json_is_number(step) || !json_is_number(epoch)) return;
  json_object_foreach (json_object_get(line, "terms"), name, term) {
    json_t *value = json_object_get(term, "value");
    struct point point = {json_number_value(step), json_number_value(epoch),
                          json_is_number(value) ? json_number_value(value) : NAN};
    struct trace *trace = trace_of(traces, stage, name);
    vec_push(traces->arena, &trace->points, point);
  }
  read_metrics(traces, line, stage, (struct point){json_number_value(step), json_number_value(epoch), NAN});
}

/* The log counts whole epochs.  A step's place within its epoch is its distance from the epoch's first step, over
 * the longest such distance: the last epoch of a run that still goes on is then not stretched. */
static struct curve spread(struct arena *arena, const struct trace *trace) {
  size_t n = trace->points.n;
  const struct point *at = trace->points.at;
  struct curve curve = {trace->name, n, ARENA_ARRAY(arena, double, n), ARENA_ARRAY(arena, double, n),
                        ARENA_ARRAY(arena, double, n)};
  double first = 0, longest = 1;
  for (size_t i = 0; i < n; i++) {
    if (!i || at[i].epoch != at[i - 1].epoch) first = at[i].step;
    curve.step[i] = at[i].step;
    curve.epoch[i] = at[i].step - first + 1;
    curve.value[i] = at[i].value;
    if (curve.epoch[i] > longest) longest = curve.epoch[i];
  }
  for (size_t i = 0; i < n; i++) curve.epoch[i] = at[i].epoch - 1 + curve.epoch[i] / longest;
  return curve;
}

bool curves_read(struct curves *curves, struct arena *arena, const char *path, struct error *error) {
  *curves = (struct curves){0};
  FILE *file = fopen(path, "r");
  if (!file && errno == ENOENT) return true;
  if (!file) return error_set(error, ERROR_DATA, "cannot read '%s': %s", path, strerror(errno));
  struct traces traces = {.arena = arena};
  char *line = NULL;
  size_t capacity = 0;
  for (ssize_t n; (n = getline(&line, &capacity, file)) > 0;) {
    json_t *object = json_loadb(line, (size_t)n, 0, NULL);
    if (object) read_line(&traces, object); /* a last line that a crash left unfinished is none */
    json_decref(object);
  }
  bool ok = !ferror(file) || error_set(error, ERROR_DATA, "cannot read '%s': %s", path, strerror(errno));
  free(line);
  fclose(file);
  curves->n = traces.all.n;
  curves->at = ARENA_ARRAY(arena, struct curve, curves->n);
  for (size_t i = 0; i < curves->n; i++) curves->at[i] = spread(arena, &traces.all.at[i]);
  return ok;
}
