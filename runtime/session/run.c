#include "session/run.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/shell.h"
#include "session/experiment.h"
#include "session/outputs.h"
#include "store/checkpoint.h"
#include "store/export.h"
#include "train/compute.h"
#include "train/evaluate.h"
#include "train/reads.h"
#include "train/signals.h"
#include "train/train.h"

struct manifest *run_find(const char *directory, const char *model, struct error *error) {
  struct stat status;
  char notice[NOTICE_STRING];
  struct checkpoint *found = NULL;
  if (stat(directory, &status) != 0 || !S_ISDIR(status.st_mode))
    error_set(error, ERROR_DATA, "there is no run directory '%s'", directory);
  else if (manifest_is_there(directory) || !checkpoint_latest(directory, &found, notice, error) || found)
    return checkpoint_free(found), manifest_read(directory, error);
  else if (experiment_is_there(directory)) {
    error_set(error, ERROR_DATA, "'%s' holds several runs, in directories of their own", directory);
    error_hint(error, "pass one of these directories; '--compare' shows what the runs come to");
    return NULL;
  } else error_set(error, ERROR_DATA, "there is no checkpoint in '%s'", directory);
  hint_train(model, directory, error);
  return NULL;
}

bool run_has_begun(const char *directory) {
  char notice[NOTICE_STRING];
  struct checkpoint *found = NULL;
  struct error ignored = {0};
  bool begun = manifest_is_there(directory) && (!checkpoint_latest(directory, &found, notice, &ignored) || found);
  checkpoint_free(found);
  return begun;
}

/* A stage that is trained alone begins with what those before it have not made. */
static void say_passed_over(struct session *session) {
  const struct program *program = session->settings->program;
  const char *only = session->settings->stage;
  for (size_t i = 0; only && i < program->stages.n && strcmp(program->stages.at[i].name, only); i++)
    if (!program->stages.at[i].in_evaluation)
      progress_warning(session->progress,
                       "warning: stage '%s' comes before '%s' and is not trained: its weights are as they begin",
                       program->stages.at[i].name, only);
}

static bool has_checkpoint(struct session *session, struct error *error) {
  char notice[NOTICE_STRING];
  struct checkpoint *found = NULL;
  if (!checkpoint_latest(session->path, &found, notice, error)) return true;
  if (!found) return false;
  checkpoint_free(found);
  error_set(error, ERROR_USAGE, "'%s' holds a run already", session->path);
  error_hint(error, "go on with it by 'crlc %s --train --resume', or pass another --out DIR",
             shell_word(session->arena, session->path));
  return true;
}

/* Whether a step reads how long its stage is: the clocks `epochs` and `steps`. */
static bool reads_length(struct arena *arena, const struct graph *step) {
  const bool *live = graph_live(arena, step);
  for (node_id id = 1; id < step->nodes.n; id++) {
    const struct node *node = graph_node(step, id);
    if (!live[id] || node->op != OP_clock) continue;
    if (node->attr.i[0] == CLOCK_EPOCHS || node->attr.i[0] == CLOCK_STEPS) return true;
  }
  return false;
}

static bool stage_reads_length(struct arena *arena, const struct stage *stage) {
  bool reads = false;
  for (size_t i = 0; i < stage->updates; i++) reads |= reads_length(arena, stage->update[i].step);
  return reads;
}

/* A stage may go on for longer than it was to; it cannot have been shorter, and what is done stays done. */
static bool check_epochs(struct session *session, struct error *error) {
  const struct program *now = session->settings->program, *was = session->settings->was;
  const struct training_state *at = &session->training_state;
  for (size_t i = 0; i <= at->stage && i < now->stages.n && i < was->stages.n; i++) {
    const struct stage *stage = &now->stages.at[i];
    int64_t then = was->stages.at[i].epochs;
    bool done = i < at->stage, too_few = !done && stage->epochs < at->epoch;
    if (stage->in_evaluation || stage->epochs == then) continue;
    if (done || too_few) {
      error_set(error, ERROR_USAGE,
                "the stage '%s' has been trained for %" PRId64 " epochs, and the model says %" PRId64, stage->name,
                done ? then : at->epoch, stage->epochs);
      return error_hint(error, "pass --stage NAME with --epochs for a later stage, leave --epochs out, or train anew "
                               "in another --out DIR");
    }
    int64_t steps = stage_steps(session->model, stage);
    if (at->updates && stage_reads_length(session->arena, stage))
      progress_warning(
          session->progress,
          "warning: the steps of '%s' read the clocks 'epochs' and 'steps' (a schedule does): they were %" PRId64
          " and %" PRId64 " and are %" PRId64 " and %" PRId64 " from here on, so that the result "
          "is neither that of %" PRId64 " epochs nor that of %" PRId64,
          stage->name, then, then * steps, stage->epochs, stage->epochs * steps, then, stage->epochs);
  }
  return true;
}

/* What a metric is taken of can be stopped before the first checkpoint. */
static void hint_go_on(const struct session *session, struct error *error) {
  if (run_has_begun(session->path))
    error_hint(error, "go on with 'crlc %s --train --resume'", shell_word(session->arena, session->path));
  else hint_train(session->settings->path, session->path, error);
}

static bool train(struct session *session, struct error *error) {
  const struct run_settings *settings = session->settings;
  bool may = settings->resume ? session_load(session, &session->training_state, error) && check_epochs(session, error)
                              : !has_checkpoint(session, error) && manifest_may_replace(session->path, error);
  if (!may) return false;
  session->manifest = manifest_begin(session->path, settings->before, settings, session->model, error);
  if (!session->manifest) return false;
  session_say(session);
  if (!settings->resume) say_passed_over(session);
  evaluate_foresee(session->model, session->progress);
  struct log *log = log_open(session_file(session, "log.jsonl"), session->training_state.updates, error);
  if (!log) return false;
  struct training_log *training_log = training_log_new(log, session->progress, settings->log_every);
  struct training training = {
      .directory = session->path,
      .only = settings->stage,
      .training_log = training_log,
      .progress = session->progress,
      .checkpoint_seconds = settings->checkpoint_minutes ? 60 * (double)settings->checkpoint_minutes : INFINITY,
  };
  bool ok = train_program(session->model, &training, &session->training_state, error);
  training_log_free(training_log);
  if (!ok && signals_stop(NULL)) hint_go_on(session, error);
  return log_close(log, error) && ok;
}

bool run_train(const struct run_settings *settings, struct error *error) {
  struct session session;
  struct error ignored = {0};
  bool trained = session_open(&session, settings, NULL, error) && train(&session, error);
  bool ok = trained && outputs_write(&session, error);
  if (trained && !ok && signals_stop(NULL))
    error_hint(error, "training is done; measure with 'crlc %s --evaluate'", shell_word(session.arena, session.path));
  if (!ok) session_end(&session, &ignored);
  session_close(&session);
  return ok;
}

bool run_evaluate(const struct run_settings *settings, struct error *error) {
  struct session session;
  struct arena *arena = arena_new();
  bool ok = session_open(&session, settings, run_columns(arena, settings->program, RUN_EVALUATE), error) &&
            session_load(&session, NULL, error);
  arena_free(arena);
  if (ok) session_say(&session);
  if (ok) outputs_say_how_far(&session);
  ok = ok && outputs_write(&session, error);
  session_close(&session);
  return ok;
}

const struct column_set *run_columns(struct arena *arena, const struct program *program, enum run_action action) {
  if (action == RUN_EVALUATE) return reads_of_evaluation(arena, program).columns;
  if (action == RUN_COMPUTE) return reads_of(arena, program, &program->collections.at[program->compute]).columns;
  struct column_set *columns = ARENA_ARRAY(arena, struct column_set, program->tables.n + 1);
  for (size_t i = 0; action == RUN_TRAIN && i < program->tables.n; i++) columns[i] = all_columns;
  return columns;
}

bool run_compute(const struct run_settings *settings, const char *file, struct error *error) {
  struct session session;
  struct arena *arena = arena_new();
  bool ok = session_open(&session, settings, run_columns(arena, settings->program, RUN_COMPUTE), error) &&
            session_load(&session, NULL, error) && compute(session.model, file, session.progress, error);
  session_close(&session);
  arena_free(arena);
  return ok;
}

bool run_can_export(const char *file, struct error *error) {
  const char *dot = strrchr(file, '.');
  if (dot && strcmp(dot, ".safetensors") == 0) return true;
  if (dot && strcmp(dot, ".onnx") == 0)
    error_set(error, ERROR_USAGE, "this version cannot write ONNX, so '%s' was not written", file);
  else error_set(error, ERROR_USAGE, "'%s' names no format that can be written", file);
  error_hint(error, "end it in '.safetensors'");
  return false;
}

bool run_export(const struct run_settings *settings, const char *file, struct error *error) {
  struct session session;
  struct arena *arena = arena_new();
  bool ok = session_open(&session, settings, run_columns(arena, settings->program, RUN_EXPORT), error) &&
            session_load(&session, NULL, error);
  arena_free(arena);
  if (ok) {
    size_t n = model_kept(session.model, true, NULL);
    struct array *kept = ARENA_ARRAY(session.arena, struct array, n + 1);
    model_kept(session.model, true, kept);
    ok = export_safetensors(file, kept, n, error);
  }
  if (ok) progress_note(session.progress, "wrote '%s'", file);
  session_close(&session);
  return ok;
}
