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
  VEC(struct log_figure) figures; /* in the order of the model's text, whichever was taken first */
  VEC(size_t) monitor;            /* of each figure */
};

/* ---- goals ---- */

enum goal_number { GOAL_FOUND, GOAL_VALUE, GOAL_UPDATES, GOAL_EPOCH, GOAL_STEP, GOAL_SINCE };
_Static_assert(GOAL_SINCE + 1 == GOAL_NUMBERS, "the model's state has room for these");

static double *numbers_of(const struct model *model, size_t stage, bool stop) {
  return (double *)model->state[stage].goals.data + (stop ? GOAL_NUMBERS : 0);
}

bool stage_gave_up(const struct model *model, size_t stage) {
  const struct goal *stop = &model->program->stages.at[stage].stop;
  return stop->figure && numbers_of(model, stage, true)[GOAL_SINCE] >= (double)stop->patience;
}

bool stage_kept(const struct model *model, size_t stage, struct position *at, double *value) {
  if (!model->program->stages.at[stage].keep.figure) return false;
  const double *number = numbers_of(model, stage, false);
  if (at)
    *at = (struct position){.stage = stage,
                            .epoch = (int64_t)number[GOAL_EPOCH],
                            .step = (int64_t)number[GOAL_STEP],
                            .updates = (int64_t)number[GOAL_UPDATES]};
  if (value) *value = number[GOAL_VALUE];
  return number[GOAL_FOUND] != 0;
}

bool stage_restore(const char *directory, struct model *model, size_t stage, struct fault *fault) {
  struct position at;
  if (!stage_kept(model, stage, &at, NULL)) return true;
  if (!position_load_best(directory, model, stage, fault)) return false;
  stage_clock(model, &model->program->stages.at[stage], &at, model->clock);
  return true;
}

/* A value counts for a goal; true where it is the best so far. */
static bool count(double *number, const struct goal *goal, double value, const struct position *at) {
  bool better = isfinite(value) && (!number[GOAL_FOUND] || (goal->higher ? value > number[GOAL_VALUE]
                                                                         : value < number[GOAL_VALUE]));
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

static const struct log_figure *fresh_figure(const struct monitors *monitors, const struct goal *goal) {
  for (size_t i = 0; goal->figure && i < monitors->figures.n; i++) {
    const struct log_figure *figure = &monitors->figures.at[i];
    if (figure->fresh && !strcmp(figure->name, goal->figure) && !strcmp(figure->split, goal->split)) return figure;
  }
  return NULL;
}

static bool count_goals(struct monitors *monitors, const struct position *at, struct fault *fault) {
  const struct goal *keep = &monitors->stage->keep, *stop = &monitors->stage->stop;
  const struct log_figure *kept = fresh_figure(monitors, keep), *stopped = fresh_figure(monitors, stop);
  if (stopped) count(numbers_of(monitors->model, monitors->number, true), stop, stopped->value, at);
  return !kept || !count(numbers_of(monitors->model, monitors->number, false), keep, kept->value, at) ||
         position_save_best(monitors->directory, monitors->model, at, fault);
}

/* ---- figures ---- */

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

bool monitors_due(const struct monitors *monitors, const struct position *at) {
  for (size_t i = 0; i < monitors->stage->monitors.n; i++)
    if (is_due(monitors, &monitors->stage->monitors.at[i], at->epoch, at->step + 1)) return true;
  return false;
}

/* Makes room for a figure behind those of its monitor and of the monitors before it. */
static struct log_figure *add_figure(struct monitors *monitors, size_t monitor, struct log_figure figure) {
  size_t at = monitors->figures.n;
  vec_push(monitors->arena, &monitors->figures, figure);
  vec_push(monitors->arena, &monitors->monitor, monitor);
  for (; at > 0 && monitors->monitor.at[at - 1] > monitor; at--) {
    monitors->figures.at[at] = monitors->figures.at[at - 1];
    monitors->monitor.at[at] = monitors->monitor.at[at - 1];
  }
  monitors->figures.at[at] = figure;
  monitors->monitor.at[at] = monitor;
  return &monitors->figures.at[at];
}

/* The figure of this name, as it was last; a new one where there was none. */
static struct log_figure *figure_named(struct monitors *monitors, size_t monitor, const struct figure *from,
                                       const char *split) {
  for (size_t i = 0; i < monitors->figures.n; i++) {
    struct log_figure *figure = &monitors->figures.at[i];
    if (monitors->monitor.at[i] == monitor && !strcmp(figure->name, from->name)) return figure;
  }
  if (from->reason)
    progress_warning(monitors->progress, "warning: '%s' on %s is not measured: %s", from->name, split, from->reason);
  return add_figure(monitors, monitor, (struct log_figure){
      .name = arena_copy_text(monitors->arena, from->name, strlen(from->name)), .split = split});
}

/* What the measurements of a monitor read of the training split is computed anew: it changes with the weights. */
static bool fit(struct monitors *monitors, const struct monitor *monitor, struct watch watch, struct results *results,
                struct fault *fault) {
  const struct program *program = monitors->model->program;
  const struct measurement *m = monitor->measurements.at; /* all of them read the same collections */
  const int from[] = {m->collection, m->fit_collection};
  bool ok = true;
  for (int k = 0; ok && k < 2; k++)
    if (from[k] >= 0)
      ok = fit_only(monitors->model, reads_of(results->arena, program, &program->collections.at[from[k]]).fit, NULL,
                    watch, fault);
  return ok;
}

static bool take(struct monitors *monitors, size_t number, struct fault *fault) {
  const struct monitor *monitor = &monitors->stage->monitors.at[number];
  struct telling telling = {monitors->progress, "", fault, true};
  struct results results = {.arena = arena_new()};
  const struct measurement *list = monitor->measurements.at;
  bool ok = fit(monitors, monitor, (struct watch){tell_progress, &telling}, &results, fault) &&
            measure_all(monitors->model, list, monitor->measurements.n, NULL, &telling, &results, fault);
  const char *split = monitors->model->program->collections.at[list->collection].split;
  for (size_t i = 0; ok && i < results.figures.n; i++) {
    struct log_figure *figure = figure_named(monitors, number, &results.figures.at[i], split);
    figure->value = results.figures.at[i].value;
    figure->percent = !strcmp(results.figures.at[i].unit, "%");
    figure->fresh = true;
  }
  arena_free(results.arena);
  return ok;
}

bool monitors_take(struct monitors *monitors, const struct position *at, struct fault *fault) {
  bool ok = true;
  for (size_t i = 0; i < monitors->figures.n; i++) monitors->figures.at[i].fresh = false;
  position_clock(monitors->model, at);
  for (size_t i = 0; ok && i < monitors->stage->monitors.n; i++) {
    const struct monitor *monitor = &monitors->stage->monitors.at[i];
    int64_t steps = stage_steps(monitors->model, monitors->stage);
    if (is_due(monitors, monitor, at->epoch - !at->step, at->step ? at->step : steps)) ok = take(monitors, i, fault);
  }
  return ok && count_goals(monitors, at, fault);
}

const struct log_figure *monitors_figures(const struct monitors *monitors, size_t *n) {
  *n = monitors->figures.n;
  return monitors->figures.at;
}
