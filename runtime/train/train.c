#include "train/train.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "train/collect.h"
#include "train/fit.h"
#include "train/monitor.h"
#include "train/signals.h"
#include "train/snapshot.h"

/* What goes on around the steps of one stage; a probe has neither journal nor directory, and no monitors. */
struct around {
  const char *directory;
  struct journal *journal;
  struct monitors *monitors;
  struct progress *progress;
  double checkpoint_seconds; /* between checkpoints within an epoch */
  double saved;              /* when the last one was written, or the stage began */
  struct watch watch;
};

static bool save(struct around *around, const struct course *course, const struct position *at, struct fault *fault) {
  around->saved = clock_now();
  return !around->directory || position_save(around->directory, course->model, at, fault);
}

/* The first loss term that is not finite, or NULL. */
static const char *terms_read(struct course *course, double *value) {
  const char *wrong = NULL;
  for (size_t i = 0; i < course->stage->terms; i++) {
    value[i] = course_term(course, i);
    course->learnt |= !course_term_is_empty(course, i);
    if (!isfinite(value[i]) && !wrong) wrong = course->stage->term[i].name;
  }
  return wrong;
}

/* Terms that no row had are left out of their means, and statistics of too few rows are told of. */
static void tell_of_rows(const struct around *around, const struct course *course, const struct position *at,
                         double *value) {
  for (size_t i = 0; i < course->stage->terms; i++)
    if (course_term_is_empty(course, i)) value[i] = NAN;
  for (size_t i = 0; i < course->stage->needs; i++) {
    double rows = course_rows_of(course, i);
    if (rows > 0 && rows < course->stage->need[i].rows) journal_few(around->journal, at, i, rows);
  }
}

static bool watches(const struct around *around, const struct position *at) {
  return around->monitors && monitors_due(around->monitors, at);
}

/* Takes the figures that are due after a step, for the lines that tell of it. */
static bool take_figures(const struct around *around, const struct position *at, struct fault *fault) {
  size_t n;
  if (!monitors_take(around->monitors, at, fault)) return false;
  const struct log_figure *figures = monitors_figures(around->monitors, &n);
  if (around->journal) journal_figures(around->journal, figures, n);
  return true;
}

/* One step, and what is told of it; at is moved behind it. */
static bool one_step(const struct around *around, struct course *course, struct snapshots *snapshots,
                     struct position *at, double *value, double *norm, struct fault *fault) {
  bool watched = watches(around, at);
  bool due = around->journal && (watched || journal_is_due(around->journal, at));
  bool inspected = due && course->stage->inspect;
  snapshots_step(snapshots, at);
  if (inspected && !course_inspect(course, at, norm, fault)) return false;
  if (around->journal) journal_begin(around->journal);
  int64_t rows;
  if (!course_step(course, at, &rows, fault)) return false;
  const char *wrong = terms_read(course, value);
  if (wrong) {
    snapshots_explain(snapshots, course, at, wrong, fault);
    return false;
  }
  course_advance(course, at);
  if (around->journal) tell_of_rows(around, course, at, value);
  if (around->journal) journal_step(around->journal, at, value, rows);
  if (watched && !take_figures(around, at, fault)) return false;
  return !due || journal_line(around->journal, at, inspected ? norm : NULL, watched, fault);
}

/* Asked after every step: a signal, or whoever watches a probe, may stop. */
static bool may_go_on(struct around *around, const struct course *course, const struct position *at,
                      struct fault *fault) {
  if (around->directory) {
    if (!signals_stop(NULL)) return true;
    bool saved = at->step == 0 || save(around, course, at, fault);
    return saved && !signals_stop(fault);
  }
  double steps = (double)(course->stage->epochs * course->steps);
  return watch_ask(around->watch, (double)(at->epoch * course->steps + at->step) / steps, fault);
}

static bool has_ended(const struct model *model, const struct position *at) {
  return at->epoch >= model->program->stages.at[at->stage].epochs || stage_gave_up(model, at->stage);
}

static bool all_steps(struct around *around, struct course *course, struct snapshots *snapshots, struct position *at,
                      double *value, double *norm, struct fault *fault) {
  while (!has_ended(course->model, at)) {
    if (!one_step(around, course, snapshots, at, value, norm, fault)) return false;
    bool ended = has_ended(course->model, at);
    if (around->journal && (at->step == 0 || ended)) journal_epoch(around->journal, at);
    bool saves = at->step == 0 || ended || clock_now() - around->saved >= around->checkpoint_seconds;
    if (saves && !save(around, course, at, fault)) return false;
    if (!may_go_on(around, course, at, fault)) return false;
  }
  return true;
}

/* The weights that a stage ends with: those of its last step, or those that a figure says. */
static bool end_stage(const struct around *around, struct model *model, const struct position *at,
                      struct fault *fault) {
  const struct goal *keep = &model->program->stages.at[at->stage].keep;
  struct position best;
  double value;
  position_clock(model, at);
  if (!stage_kept(model, at->stage, &best, &value)) {
    if (keep->figure)
      progress_warning(around->progress, "warning: '%s' had no value, so the weights of the last step are kept",
                       keep->figure);
    return true;
  }
  progress_note(around->progress, "kept: the weights of step %" PRId64 ", where '%s' on %s was %s: %.6g", best.updates,
                keep->figure, keep->split, keep->higher ? "highest" : "lowest", value);
  return stage_restore(around->directory, model, at->stage, fault);
}

static bool run_stage(struct around *around, struct model *model, struct position *at, bool named,
                      struct fault *fault) {
  const struct stage *stage = &model->program->stages.at[at->stage];
  struct course course;
  bool fresh = at->epoch == 0 && at->step == 0;
  if (has_ended(model, at)) return end_stage(around, model, at, fault);
  if (fresh && !set_up(model, stage, around->watch, fault)) return false;
  if (stage->prepare && !collect(model, stage->prepare, SPLIT_TRAIN, around->watch, fault))
    return false;
  if (!course_open(&course, model, stage, around->journal && stage->inspect, fault)) return false;
  struct snapshots *snapshots = snapshots_new(model, stage, fault);
  double *value = must_alloc(size_product(2 * (stage->terms + 1), sizeof *value)), *norm = value + stage->terms + 1;
  if (around->journal) journal_stage(around->journal, &course, named);
  if (around->directory && stage->monitors.n)
    around->monitors = monitors_new(model, at->stage, around->directory, around->progress);
  around->saved = clock_now();
  bool ok = snapshots && all_steps(around, &course, snapshots, at, value, norm, fault);
  if (ok && stage->in_evaluation && !course.learnt)
    ok = fault_set(fault, FAULT_NUMBER, "no row of the training split has what it learns from");
  if (around->journal) journal_figures(around->journal, NULL, 0);
  monitors_free(around->monitors);
  around->monitors = NULL;
  if (ok && stage_gave_up(model, at->stage))
    progress_note(around->progress, "stopped: '%s' on %s was not %s for %" PRId64 " measurements", stage->stop.figure,
                  stage->stop.split, stage->stop.higher ? "higher" : "lower", stage->stop.patience);
  ok = ok && (stage->in_evaluation || end_stage(around, model, at, fault));
  free(value);
  snapshots_free(snapshots);
  course_close(&course);
  return ok;
}

static bool signal_watch(void *context, double fraction) {
  (void)fraction;
  return !signals_stop(context);
}

bool train_fits(const struct model *model, struct fault *fault) {
  for (size_t i = 0; i < model->program->stages.n; i++)
    if (!course_fits(model, &model->program->stages.at[i], fault)) return false;
  return true;
}

static bool is_trained(const struct stage *stage, const char *only) {
  return !stage->in_evaluation && (!only || strcmp(stage->name, only) == 0);
}

/* When only one stage is trained, and no run is gone on with, the others still give their variables first values, which
 * may read those of stages before them. */
static bool set_up_all(struct model *model, struct watch watch, struct fault *fault) {
  for (size_t i = 0; i < model->program->stages.n; i++) {
    const struct stage *stage = &model->program->stages.at[i];
    if (!stage->in_evaluation && !set_up(model, stage, watch, fault)) return false;
  }
  return true;
}

/* A stage that another session has trained hands its weights on. */
static bool pass_over(const struct around *around, struct model *model, const struct position *at,
                      struct fault *fault) {
  bool begun = at->epoch || at->step;
  return !begun || end_stage(around, model, at, fault);
}

bool train_program(struct model *model, const struct training *training, struct position *at, struct fault *fault) {
  struct around around = {.directory = training->directory,
                          .journal = training->journal,
                          .progress = training->progress,
                          .checkpoint_seconds = training->checkpoint_seconds,
                          .watch = {signal_watch, fault}};
  const char *only = training->only;
  size_t stages = model->program->stages.n, ahead = 0, trained = 0;
  if (!train_fits(model, fault)) return false;
  for (size_t i = 0; i < stages; i++) {
    trained += !model->program->stages.at[i].in_evaluation;
    ahead += i >= at->stage && is_trained(&model->program->stages.at[i], only);
  }
  if (only && !ahead) return fault_set(fault, FAULT_USAGE, "the run is past the stage '%s' already", only);
  if (only && at->updates == 0 && !set_up_all(model, around.watch, fault)) return false;
  for (; at->stage < stages; *at = (struct position){.stage = at->stage + 1, .updates = at->updates})
    if (!(is_trained(&model->program->stages.at[at->stage], only) ? run_stage(&around, model, at, trained > 1, fault)
                                                                   : pass_over(&around, model, at, fault)))
      return false;
  slab_free(&model->slab); /* what follows has other sizes */
  return at->updates > 0 || position_save(training->directory, model, at, fault);
}

bool train_probe(struct model *model, size_t stage, struct watch watch, struct fault *fault) {
  struct around around = {.checkpoint_seconds = INFINITY, .watch = watch};
  struct position at = {.stage = stage};
  return run_stage(&around, model, &at, false, fault);
}
