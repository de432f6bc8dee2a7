#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/collect.h"
#include "train/fit.h"
#include "train/signals.h"
#include "train/snapshot.h"

/* What goes on around the steps of one stage; a probe has neither journal nor directory. */
struct around {
  const char *directory;
  struct journal *journal;
  struct watch watch;
};

static bool save(const struct around *around, const struct course *course, const struct position *at,
                 struct fault *fault) {
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

static bool is_measured(const struct around *around, const struct course *course, const struct position *at) {
  return around->journal && course->stage->inspect && journal_is_due(around->journal, at);
}

/* One step, and what is told of it; at is moved behind it. */
static bool one_step(const struct around *around, struct course *course, struct snapshots *snapshots,
                     struct position *at, double *value, double *norm, struct fault *fault) {
  bool due = around->journal && journal_is_due(around->journal, at), measured = is_measured(around, course, at);
  snapshots_step(snapshots, at);
  if (measured && !course_inspect(course, at, norm, fault)) return false;
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
  return !due || journal_line(around->journal, at, measured ? norm : NULL, fault);
}

/* Asked after every step: a signal, or whoever watches a probe, may stop. */
static bool may_go_on(const struct around *around, const struct course *course, const struct position *at,
                      struct fault *fault) {
  if (around->directory) {
    if (!signals_stop(NULL)) return true;
    bool saved = at->step == 0 || save(around, course, at, fault);
    return saved && !signals_stop(fault);
  }
  double steps = (double)(course->stage->epochs * course->steps);
  return watch_ask(around->watch, (double)(at->epoch * course->steps + at->step) / steps, fault);
}

static bool all_steps(const struct around *around, struct course *course, struct snapshots *snapshots,
                      struct position *at, double *value, double *norm, struct fault *fault) {
  while (at->epoch < course->stage->epochs) {
    if (!one_step(around, course, snapshots, at, value, norm, fault)) return false;
    if (at->step == 0) {
      if (around->journal) journal_epoch(around->journal, at);
      if (!save(around, course, at, fault)) return false;
    }
    if (!may_go_on(around, course, at, fault)) return false;
  }
  return true;
}

static bool run_stage(const struct around *around, struct model *model, struct position *at, bool named,
                      struct fault *fault) {
  const struct stage *stage = &model->program->stages.at[at->stage];
  struct course course;
  bool fresh = at->epoch == 0 && at->step == 0;
  if (at->epoch >= stage->epochs) return true;
  if (fresh && !set_up(model, stage, around->watch, fault)) return false;
  if (stage->prepare && !collect(model, stage->prepare, SPLIT_TRAIN, around->watch, fault))
    return false;
  if (!course_open(&course, model, stage, around->journal && stage->inspect, fault)) return false;
  struct snapshots *snapshots = snapshots_new(model, stage, fault);
  double *value = must_alloc(size_product(2 * (stage->terms + 1), sizeof *value)), *norm = value + stage->terms + 1;
  if (around->journal) journal_stage(around->journal, &course, named);
  bool ok = snapshots && all_steps(around, &course, snapshots, at, value, norm, fault);
  if (ok && stage->in_evaluation && !course.learnt)
    ok = fault_set(fault, FAULT_NUMBER, "no row of the training split has what it learns from");
  if (ok && !stage->in_evaluation) position_clock(model, at);
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

bool train_program(struct model *model, const char *only, const char *directory, struct journal *journal,
                   struct position *at, struct fault *fault) {
  struct around around = {directory, journal, {signal_watch, fault}};
  size_t stages = model->program->stages.n, ahead = 0, trained = 0;
  if (!train_fits(model, fault)) return false;
  for (size_t i = 0; i < stages; i++) {
    trained += !model->program->stages.at[i].in_evaluation;
    ahead += i >= at->stage && is_trained(&model->program->stages.at[i], only);
  }
  if (only && !ahead) return fault_set(fault, FAULT_USAGE, "the run is past the stage '%s' already", only);
  if (only && at->updates == 0 && !set_up_all(model, around.watch, fault)) return false;
  for (; at->stage < stages; *at = (struct position){.stage = at->stage + 1, .updates = at->updates})
    if (is_trained(&model->program->stages.at[at->stage], only) &&
        !run_stage(&around, model, at, trained > 1, fault))
      return false;
  slab_free(&model->slab); /* what follows has other sizes */
  return at->updates > 0 || position_save(directory, model, at, fault);
}

bool train_probe(struct model *model, size_t stage, struct watch watch, struct fault *fault) {
  struct around around = {NULL, NULL, watch};
  struct position at = {.stage = stage};
  return run_stage(&around, model, &at, false, fault);
}
