#include "train/train.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timings.h"
#include "train/collect.h"
#include "train/fit.h"
#include "train/monitor.h"
#include "train/signals.h"
#include "train/snapshot.h"

/* Hooks: what goes on around the steps of one stage; a probe has neither training log nor directory, and no
 * monitors. */
struct hooks {
  const char *directory;
  struct training_log *training_log;
  struct monitors *monitors;
  struct progress *progress;
  double checkpoint_seconds; /* between checkpoints within an epoch */
  double saved;              /* when the last one was written, or the stage began */
  struct watch watch;
};

static bool save(struct hooks *hooks, const struct stage_run *stage_run, const struct training_state *at,
                 struct error *error) {
  hooks->saved = clock_now();
  return !hooks->directory || training_state_save(hooks->directory, stage_run->model, at, error);
}

/* The first loss term that is not finite, or NULL. */
static const char *terms_read(struct stage_run *stage_run, double *value) {
  const char *wrong = NULL;
  for (size_t i = 0; i < stage_run->stage->terms; i++) {
    value[i] = stage_run_term(stage_run, i);
    stage_run->learnt |= !stage_run_term_is_empty(stage_run, i);
    if (!isfinite(value[i]) && !wrong) wrong = stage_run->stage->term[i].name;
  }
  return wrong;
}

/* Terms that no row had are left out of their means, and statistics of too few rows are told of. */
static void tell_of_rows(const struct hooks *hooks, const struct stage_run *stage_run, const struct training_state *at,
                         double *value) {
  for (size_t i = 0; i < stage_run->stage->terms; i++)
    if (stage_run_term_is_empty(stage_run, i)) value[i] = NAN;
  for (size_t i = 0; i < stage_run->stage->needs; i++) {
    double rows = stage_run_rows_of(stage_run, i);
    if (rows > 0 && rows < stage_run->stage->need[i].rows) training_log_few(hooks->training_log, at, i, rows);
  }
}

/* What is done between steps does not belong to the stage's own time. */
static void count_apart(const struct stage_run *stage_run, const char *what, double begun) {
  struct timings *timings = stage_run->model->timings;
  timings_count(timings, stage_run->stage->name, begun - clock_now());
  timings_add(timings, what, begun);
}

static bool watches(const struct hooks *hooks, const struct training_state *at) {
  return hooks->monitors && monitors_due(hooks->monitors, at);
}

/* Takes the metrics that are due after a step, for the lines that tell of it. */
static bool take_metrics(const struct hooks *hooks, const struct stage_run *stage_run, const struct training_state *at,
                         struct error *error) {
  size_t n;
  double begun = clock_now();
  if (!monitors_take(hooks->monitors, at, error)) return false;
  count_apart(stage_run, "watching", begun);
  const struct log_metric *metrics = monitors_metrics(hooks->monitors, &n);
  if (hooks->training_log) training_log_metrics(hooks->training_log, metrics, n);
  return true;
}

/* One step, and what is told of it; at is moved behind it. */
static bool one_step(const struct hooks *hooks, struct stage_run *stage_run, struct snapshots *snapshots,
                     struct training_state *at, double *value, double *norm, struct error *error) {
  bool watched = watches(hooks, at);
  bool due = hooks->training_log && (watched || training_log_is_due(hooks->training_log, at));
  bool inspected = due && stage_run->inspected;
  snapshots_step(snapshots, at);
  if (inspected) {
    double begun = clock_now();
    if (!stage_run_inspect(stage_run, at, norm, error)) return false;
    count_apart(stage_run, "gradient norms", begun);
  }
  if (hooks->training_log) training_log_begin(hooks->training_log);
  int64_t rows;
  if (!stage_run_step(stage_run, at, &rows, error)) return false;
  const char *wrong = terms_read(stage_run, value);
  if (wrong) {
    snapshots_explain(snapshots, stage_run, at, wrong, error);
    return false;
  }
  stage_run_advance(stage_run, at);
  if (hooks->training_log) tell_of_rows(hooks, stage_run, at, value);
  if (hooks->training_log) training_log_step(hooks->training_log, at, value, rows);
  if (watched && !take_metrics(hooks, stage_run, at, error)) return false;
  return !due || training_log_line(hooks->training_log, at, inspected ? norm : NULL, watched, error);
}

/* Asked after every step: a signal, or whoever watches a probe, may stop. */
static bool may_go_on(struct hooks *hooks, const struct stage_run *stage_run, const struct training_state *at,
                      struct error *error) {
  if (hooks->directory) {
    if (!signals_stop(NULL)) return true;
    bool saved = at->step == 0 || save(hooks, stage_run, at, error);
    return saved && !signals_stop(error);
  }
  double steps = (double)(stage_run->stage->epochs * stage_run->steps);
  return watch_ask(hooks->watch, (double)(at->epoch * stage_run->steps + at->step) / steps, error);
}

static bool has_ended(const struct model *model, const struct training_state *at) {
  return at->epoch >= model->program->stages.at[at->stage].epochs || stage_gave_up(model, at->stage);
}

static bool all_steps(struct hooks *hooks, struct stage_run *stage_run, struct snapshots *snapshots,
                      struct training_state *at, double *value, double *norm, struct error *error) {
  while (!has_ended(stage_run->model, at)) {
    if (!one_step(hooks, stage_run, snapshots, at, value, norm, error)) return false;
    bool ended = has_ended(stage_run->model, at);
    if (hooks->training_log && (at->step == 0 || ended)) training_log_epoch(hooks->training_log, at);
    bool saves = at->step == 0 || ended || clock_now() - hooks->saved >= hooks->checkpoint_seconds;
    double begun = clock_now();
    if (saves && !save(hooks, stage_run, at, error)) return false;
    if (saves && hooks->directory) count_apart(stage_run, "checkpoints", begun);
    if (!may_go_on(hooks, stage_run, at, error)) return false;
  }
  return true;
}

/* The weights that a stage ends with: those of its last step, or those that a metric says. */
static bool end_stage(const struct hooks *hooks, struct model *model, const struct training_state *at,
                      struct error *error) {
  const struct goal *keep = &model->program->stages.at[at->stage].keep;
  struct training_state best;
  double value;
  training_state_clock(model, at);
  if (!stage_kept(model, at->stage, &best, &value)) {
    if (keep->metric)
      progress_warning(hooks->progress, "warning: '%s' had no value, so the weights of the last step are kept",
                       keep->metric);
    return true;
  }
  progress_note(hooks->progress, "kept: the weights of step %" PRId64 ", where '%s' on %s was %s: %.6g", best.updates,
                keep->metric, keep->split, keep->higher ? "highest" : "lowest", value);
  return stage_restore(hooks->directory, model, at->stage, error);
}

static bool run_stage(struct hooks *hooks, struct model *model, struct training_state *at, bool named,
                      struct error *error) {
  const struct stage *stage = &model->program->stages.at[at->stage];
  struct stage_run stage_run;
  bool fresh = at->epoch == 0 && at->step == 0;
  if (has_ended(model, at)) return end_stage(hooks, model, at, error);
  if (fresh && !set_up(model, stage, hooks->watch, error)) return false;
  if (stage->prepare &&
      !collect(model, stage->prepare, (struct row_set){stage->table, stage->split}, hooks->watch, error))
    return false;
  if (!stage_run_open(&stage_run, model, stage, hooks->training_log != NULL, error)) return false;
  struct snapshots *snapshots = snapshots_new(model, stage, error);
  double *value = must_alloc(size_product(2 * (stage->terms + 1), sizeof *value)), *norm = value + stage->terms + 1;
  if (hooks->training_log) training_log_stage(hooks->training_log, &stage_run, named);
  if (hooks->directory && stage->monitors.n)
    hooks->monitors = monitors_new(model, at->stage, hooks->directory, hooks->progress);
  hooks->saved = clock_now();
  bool ok = snapshots && all_steps(hooks, &stage_run, snapshots, at, value, norm, error);
  if (ok && stage->in_evaluation && !stage_run.learnt)
    ok = error_set(error, ERROR_NUMBER, "no row of the training split has what it learns from");
  if (hooks->training_log) training_log_metrics(hooks->training_log, NULL, 0);
  monitors_free(hooks->monitors);
  hooks->monitors = NULL;
  if (ok && stage_gave_up(model, at->stage))
    progress_note(hooks->progress, "stopped: '%s' on %s was not %s for %" PRId64 " measurements", stage->stop.metric,
                  stage->stop.split, stage->stop.higher ? "higher" : "lower", stage->stop.patience);
  ok = ok && (stage->in_evaluation || end_stage(hooks, model, at, error));
  free(value);
  snapshots_free(snapshots);
  stage_run_close(&stage_run);
  return ok;
}

static bool timed_stage(struct hooks *hooks, struct model *model, struct training_state *at, bool named,
                        struct error *error) {
  double begun = clock_now();
  bool ok = run_stage(hooks, model, at, named, error);
  timings_add(model->timings, model->program->stages.at[at->stage].name, begun);
  return ok;
}

static bool signal_watch(void *context, double fraction) {
  (void)fraction;
  return !signals_stop(context);
}

bool train_fits(const struct model *model, struct error *error) {
  for (size_t i = 0; i < model->program->stages.n; i++)
    if (!stage_run_fits(model, &model->program->stages.at[i], error)) return false;
  return true;
}

static bool is_trained(const struct stage *stage, const char *only) {
  return !stage->in_evaluation && (!only || strcmp(stage->name, only) == 0);
}

/* When only one stage is trained, and no run is gone on with, the others still give their variables initial values,
 * which may read those of stages before them. */
static bool set_up_all(struct model *model, struct watch watch, struct error *error) {
  for (size_t i = 0; i < model->program->stages.n; i++) {
    const struct stage *stage = &model->program->stages.at[i];
    if (!stage->in_evaluation && !set_up(model, stage, watch, error)) return false;
  }
  return true;
}

/* A stage that another session has trained hands its weights on. */
static bool pass_over(const struct hooks *hooks, struct model *model, const struct training_state *at,
                      struct error *error) {
  bool begun = at->epoch || at->step;
  return !begun || end_stage(hooks, model, at, error);
}

/* What is computed before the first step can take long, too, and is computed anew by what goes on from here. */
static bool stopped(const struct training *training, const struct model *model, const struct training_state *at) {
  struct error ignored = {0};
  if (at->updates == 0 && signals_stop(NULL)) training_state_save(training->directory, model, at, &ignored);
  return false;
}

bool train_program(struct model *model, const struct training *training, struct training_state *at,
                   struct error *error) {
  struct hooks hooks = {.directory = training->directory,
                        .training_log = training->training_log,
                        .progress = training->progress,
                        .checkpoint_seconds = training->checkpoint_seconds,
                        .watch = {signal_watch, error}};
  const char *only = training->only;
  size_t stages = model->program->stages.n, ahead = 0, trained = 0;
  if (!train_fits(model, error)) return false;
  for (size_t i = 0; i < stages; i++) {
    trained += !model->program->stages.at[i].in_evaluation;
    ahead += i >= at->stage && is_trained(&model->program->stages.at[i], only);
  }
  if (only && !ahead) return error_set(error, ERROR_USAGE, "the run is past the stage '%s' already", only);
  if (only && at->updates == 0 && !set_up_all(model, hooks.watch, error)) return stopped(training, model, at);
  for (; at->stage < stages; *at = (struct training_state){.stage = at->stage + 1, .updates = at->updates})
    if (!(is_trained(&model->program->stages.at[at->stage], only) ? timed_stage(&hooks, model, at, trained > 1, error)
                                                                  : pass_over(&hooks, model, at, error)))
      return stopped(training, model, at);
  slab_free(&model->slab); /* what follows has other sizes */
  return at->updates > 0 || training_state_save(training->directory, model, at, error);
}

bool train_probe(struct model *model, size_t stage, struct watch watch, struct error *error) {
  struct hooks hooks = {.checkpoint_seconds = INFINITY, .watch = watch};
  struct training_state at = {.stage = stage};
  return timed_stage(&hooks, model, &at, false, error);
}
