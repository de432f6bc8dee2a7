#include "session/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "data/derive.h"
#include "data/on.h"
#include "exec/exec.h"
#include "session/experiment.h"
#include "store/checkpoint.h"
#include "train/monitor.h"
#include "train/signals.h"
#include "train/train.h"

const char *session_file(struct session *session, const char *name) {
  return arena_format(session->arena, "%s/%s", session->path, name);
}

bool session_open_model(struct session *session, struct column_set wanted, struct error *error) {
  const struct run_settings *settings = session->settings;
  const struct program *program = settings->program;
  if (settings->on) {
    enum data_split split = split_named(program->collections.at[program->compute].split);
    if (!program->data) return error_set(error, ERROR_USAGE, "the model reads no data, so that --on says nothing");
    session->table = table_on(session->arena, program->data, wanted, split, settings->on, error);
    if (!session->table) return false;
  } else if (program->data && !columns_none(wanted)) {
    session->table = program->data->made
                         ? table_derive(program->data, settings->roots, wanted, settings->data_memory, error)
                         : table_load_columns(program->data, settings->data_folder, wanted, error);
    if (!session->table) return false;
    if (settings->before && !manifest_same_data(settings->before, session->table, error)) return false;
  }
  if (settings->threads > 1 && !(session->pool = pool_new(settings->threads)))
    return error_set(error, ERROR_DATA, "%d threads could not be started", settings->threads);
  session->model = model_new(program, session->table, session->pool, backend_fast(), error);
  if (session->model) session->model->seed = settings->seed, session->model->memory = settings->memory;
  return session->model != NULL;
}

/* What a file made of its rows is only known now: what is trained, measured and shown has some. */
static bool splits_have_rows(const struct session *session, struct error *error) {
  const struct program *program = session->settings->program;
  bool needed[DATA_SPLITS] = {
      [SPLIT_TRAIN] = program->stages.n > 0, [SPLIT_TEST] = program->shows.n + program->maps.n > 0};
  for (size_t i = 0; i < program->collections.n; i++) needed[split_named(program->collections.at[i].split)] = true;
  for (int split = 0; session->table && split < DATA_SPLITS; split++)
    if (needed[split] && !session->table->rows[split])
      return error_set(error, ERROR_DATA, "'%s' has no rows to %s", session->table->set->name, split_purpose(split));
  return true;
}

bool session_open(struct session *session, const struct run_settings *settings, struct column_set wanted,
                  struct error *error) {
  *session = (struct session){.settings = settings, .arena = arena_new(), .begun = clock_now()};
  session->progress = progress_new(settings->messages, settings->quiet);
  progress_of_series(session->progress, settings->series);
  if (!settings->series) signals_watch(); /* a series stops by a signal between its runs, too */
  session->path = settings->out;
  bool begins = !settings->before;
  if (begins && session->path && experiment_is_there(session->path)) {
    error_set(error, ERROR_USAGE, "'%s' holds a run already", session->path);
    return error_hint(error, "pass another --out DIR");
  }
  if (begins && session->path && !manifest_is_there(session->path) && !rundir_is_free(session->path, error))
    return false;
  if (!session_open_model(session, wanted, error)) return false;
  if (begins && !(splits_have_rows(session, error) && train_fits(session->model, error) &&
                  training_state_can_save(session->model, error)))
    return false;
  if (!session->path) session->path = rundir_make(session->arena, settings->path, settings->program->variant, error);
  if (session->path) session->directory = rundir_open(session->path, error);
  return session->directory != NULL;
}

void session_close(struct session *session) {
  model_free(session->model);
  pool_free(session->pool);
  table_free(session->table);
  if (session->directory) rundir_close(session->directory);
  manifest_free(session->manifest);
  progress_free(session->progress);
  arena_free(session->arena);
}

void session_say(const struct session *session) {
  const struct run_settings *settings = session->settings;
  const char *then = settings->before ? settings->before->version : settings->version;
  if (strcmp(then, settings->version) != 0)
    progress_warning(session->progress, "warning: the run was made by crlc %s, and this is crlc %s: numbers may differ",
                     then, settings->version);
  progress_note(session->progress, "run: '%s', seed %" PRIu64 ", %d thread%s, crlc %s", session->path,
                session->model->seed, settings->threads, settings->threads == 1 ? "" : "s", settings->version);
  if (!session->table) return;
  const struct table *table = session->table;
  const char *folder = table->folder ? arena_format(session->arena, " in '%s'", table->folder) : "", *rows = "";
  for (int split = 0; split < DATA_SPLITS; split++) /* 0 of a split that is not read */
    if (table->rows[split])
      rows = arena_format(session->arena, "%s, %" PRId64 "%s to %s", rows, table->rows[split], *rows ? "" : " rows",
                          split_purpose(split));
  progress_note(session->progress, "data: '%s'%s (%s)%s", table->set->name, folder, table_contents(table), rows);
}

bool session_load(struct session *session, struct training_state *training_state, struct error *error) {
  char notice[NOTICE_STRING] = "";
  const struct run_settings *settings = session->settings;
  bool ok = training_state_load(session->path, session->model, training_state,
                                settings->seed_given ? &settings->seed : NULL, notice, error);
  if (notice[0]) progress_warning(session->progress, "warning: %s", notice);
  /* what is measured and exported is what the stage has kept */
  bool reads = !training_state && session->model->updates;
  return ok && (!reads || stage_restore(session->path, session->model, session->model->stage, error));
}

bool session_end(struct session *session, struct error *error) {
  return !session->manifest || manifest_end(session->manifest, session->path, session->training_state.updates,
                                            clock_now() - session->begun, error);
}
