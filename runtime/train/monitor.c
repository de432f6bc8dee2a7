#include "train/monitor.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/fit.h"
#include "train/measuring.h"
#include "train/reads.h"

struct monitors {
  struct model *model;
  const struct stage *stage;
  size_t number; /* of the stage */
  const char *directory;
  struct progress *progress;
  struct arena *arena;
  VEC(struct log_metric) metrics; /* in the order of the model's text, whichever was taken first */
  VEC(size_t) monitor;            /* of each metric */
};

/* ---- goals ---- */

enum goal_number { GOAL_FOUND, GOAL_VALUE, GOAL_UPDATES, GOAL_EPOCH, GOAL_STEP, GOAL_SINCE };
_Static_assert(GOAL_SINCE + 1 == GOAL_NUMBERS, "the model's state has elements for these");

static double *numbers_of(const struct model *model, size_t stage, bool stop) {
  return (double *)model->state[stage].goals.data + (stop ? GOAL_NUMBERS : 0);
}

bool stage_gave_up(const struct model *model, size_t stage) {
  const struct goal *stop = &model->program->stages.at[stage].stop;
  return stop->metric && numbers_of(model, stage, true)[GOAL_SINCE] >= (double)stop->patience;
}

bool stage_kept(const struct model *model, size_t stage, struct training_state *at, double *value) {
  if (!model->program->stages.at[stage].keep.metric) return false;
  const double *number = numbers_of(model, stage, false);
  if (at)
    *at = (struct training_state){.stage = stage,
                                  .epoch = (int64_t)number[GOAL_EPOCH],
                                  .step = (int64_t)number[GOAL_STEP],
                                  .updates = (int64_t)number[GOAL_UPDATES]};
  if (value) *value = number[GOAL_VALUE];
  return number[GOAL_FOUND] != 0;
}

bool stage_restore(const char *directory, struct model *model, size_t stage, struct error *error) {
  struct training_state at;
  if (!stage_kept(model, stage, &at, NULL)) return true;
  if (!training_state_load_best(directory, model, stage, error)) return false;
  stage_clock(model, &model->program->stages.at[stage], &at, model->clock);
  return true;
}

/* A value counts for a goal; true where it is the best so far. */
static bool count(double *number, const struct goal *goal, double value, const struct training_state *at) {
  bool better = isfinite(value) &&
                (!number[GOAL_FOUND] || (goal->higher ? value > number[GOAL_VALUE] : value < number[GOAL_VALUE]));
  number[GOAL_SINCE]++;
  if (!better) return false;
  number[GOAL_FOUND] = 1;
  number[GOAL_VALUE] = value;
  number[GOAL_UPDATES] = (double)at->updates;
  number[GOAL_EPOCH] = (double)at->epoch;
  number[GOAL_STEP] = (double)at->step;
  number[GOAL_SINCE] = 0;
  return true;
}

static const struct log_metric *fresh_metric(const struct monitors *monitors, const struct goal *goal) {
  for (size_t i = 0; goal->metric && i < monitors->metrics.n; i++) {
    const struct log_metric *metric = &monitors->metrics.at[i];
    if (metric->fresh && !strcmp(metric->name, goal->metric) && !strcmp(metric->split, goal->split)) return metric;
  }
  return NULL;
}

static bool count_goals(struct monitors *monitors, const struct training_state *at, struct error *error) {
  const struct goal *keep = &monitors->stage->keep, *stop = &monitors->stage->stop;
  const struct log_metric *kept = fresh_metric(monitors, keep), *stopped = fresh_metric(monitors, stop);
  if (stopped) count(numbers_of(monitors->model, monitors->number, true), stop, stopped->value, at);
  return !kept || !count(numbers_of(monitors->model, monitors->number, false), keep, kept->value, at) ||
         training_state_save_best(monitors->directory, monitors->model, at, error);
}

/* ---- metrics ---- */

struct monitors *monitors_new(struct model *model, size_t stage, const char *directory, struct progress *progress) {
  struct monitors *monitors = must_alloc(sizeof *monitors);
  *monitors = (struct monitors){.model = model,
                                .stage = &model->program->stages.at[stage],
                                .number = stage,
                                .directory = directory,
                                .progress = progress,
                                .arena = arena_new()};
  return monitors;
}

void monitors_free(struct monitors *monitors) {
  if (!monitors) return;
  arena_free(monitors->arena);
  free(monitors);
}

static bool is_due(const struct monitors *monitors, const struct monitor *monitor, int64_t epoch, int64_t step) {
  int64_t steps = stage_steps(monitors->model, monitors->stage);
  if (monitor->steps) return (epoch * steps + step) % monitor->every == 0;
  return step % steps == 0 && (epoch + step / steps) % monitor->every == 0;
}

bool monitors_due(const struct monitors *monitors, const struct training_state *at) {
  for (size_t i = 0; i < monitors->stage->monitors.n; i++)
    if (is_due(monitors, &monitors->stage->monitors.at[i], at->epoch, at->step + 1)) return true;
  return false;
}

/* Makes an element for a metric behind those of its monitor and of the monitors before it. */
static struct log_metric *add_metric(struct monitors *monitors, size_t monitor, struct log_metric metric) {
  size_t at = monitors->metrics.n;
  vec_push(monitors->arena, &monitors->metrics, metric);
  vec_push(monitors->arena, &monitors->monitor, monitor);
  for (; at > 0 && monitors->monitor.at[at - 1] > monitor; at--) {
    monitors->metrics.at[at] = monitors->metrics.at[at - 1];
    monitors->monitor.at[at] = monitors->monitor.at[at - 1];
  }
  monitors->metrics.at[at] = metric;
  monitors->monitor.at[at] = monitor;
  return &monitors->metrics.at[at];
}

/* The metric of this name, as it was last; a new one where there was none. */
static struct log_metric *metric_named(struct monitors *monitors, size_t monitor, const struct metric *from,
                                       const char *split) {
  for (size_t i = 0; i < monitors->metrics.n; i++) {
    struct log_metric *metric = &monitors->metrics.at[i];
    if (monitors->monitor.at[i] == monitor && !strcmp(metric->name, from->name)) return metric;
  }
  if (from->reason)
    progress_warning(monitors->progress, "warning: '%s' on %s is not measured: %s", from->name, split, from->reason);
  return add_metric(
      monitors, monitor,
      (struct log_metric){.name = arena_copy_string(monitors->arena, from->name, strlen(from->name)), .split = split});
}

/* What the measurements of a monitor read of the training split is computed anew: it changes with the weights. */
static bool fit(struct monitors *monitors, const struct monitor *monitor, struct watch watch, struct results *results,
                struct error *error) {
  const struct program *program = monitors->model->program;
  const struct measurement *m = monitor->measurements.at; /* all of them read the same collections */
  const int from[] = {m->collection, m->fit_collection};
  bool ok = true;
  for (int k = 0; ok && k < 2; k++)
    if (from[k] >= 0)
      ok = fit_only(monitors->model, reads_of(results->arena, program, &program->collections.at[from[k]]).fit, NULL,
                    watch, error);
  return ok;
}

static bool take(struct monitors *monitors, size_t number, struct error *error) {
  const struct monitor *monitor = &monitors->stage->monitors.at[number];
  struct reporting reporting = {.progress = monitors->progress, .what = "", .error = error, .silent = true};
  struct results results = {.arena = arena_new()};
  const struct measurement *list = monitor->measurements.at;
  bool ok = fit(monitors, monitor, (struct watch){report_progress, &reporting}, &results, error) &&
            measure_all(monitors->model, list, monitor->measurements.n, NULL, &reporting, &results, error);
  const char *split = monitors->model->program->collections.at[list->collection].split;
  for (size_t i = 0; ok && i < results.metrics.n; i++) {
    struct log_metric *metric = metric_named(monitors, number, &results.metrics.at[i], split);
    metric->value = results.metrics.at[i].value;
    metric->percent = !strcmp(results.metrics.at[i].unit, "%");
    metric->fresh = true;
  }
  arena_free(results.arena);
  return ok;
}

bool monitors_take(struct monitors *monitors, const struct training_state *at, struct error *error) {
  bool ok = true;
  for (size_t i = 0; i < monitors->metrics.n; i++) monitors->metrics.at[i].fresh = false;
  training_state_clock(monitors->model, at);
  for (size_t i = 0; ok && i < monitors->stage->monitors.n; i++) {
    const struct monitor *monitor = &monitors->stage->monitors.at[i];
    int64_t steps = stage_steps(monitors->model, monitors->stage);
    if (is_due(monitors, monitor, at->epoch - !at->step, at->step ? at->step : steps)) ok = take(monitors, i, error);
  }
  return ok && count_goals(monitors, at, error);
}

const struct log_metric *monitors_metrics(const struct monitors *monitors, size_t *n) {
  *n = monitors->metrics.n;
  return monitors->metrics.at;
}
