#include "session/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/shell.h"
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

/* ---- tables ---- */

/* Where a known set is, when the model reads several: in --data and nowhere else, or where it was in the run, or in the
 * usual places. */
static const char *find_folder(const struct session *session, const struct data_set *set, struct column_set wanted,
                               struct error *error) {
  const struct run_settings *settings = session->settings;
  struct data_location location;
  if (settings->program->tables.n == 1) return settings->data_folder;
  bool again = settings->before && !settings->roots->option;
  const char *folder = again ? manifest_folder(settings->before, set->name) : NULL;
  if (folder && !table_lacks(set, folder, wanted, session->arena)) return folder;
  return data_find(&set, 1, settings->roots, session->arena, &location, error) ? location.folder : NULL;
}

/* Bytes that its columns take in memory. */
static int64_t table_bytes(const struct table *table) {
  int64_t bytes = 0;
  for (int split = 0; split < DATA_SPLITS; split++)
    for (int i = 0; i < table->set->n_columns; i++) {
      const struct array *column = &table->column[split][i];
      if (column->data) bytes += column->rows * shape_count(column->shape) * (int64_t)dtype_size(column->type);
    }
  return bytes;
}

/* --on replaces the rows of the table that is computed of. */
static bool open_table(struct session *session, size_t number, struct column_set wanted, int64_t *memory,
                       struct error *error) {
  const struct run_settings *settings = session->settings;
  const struct program *program = settings->program;
  const struct data_set *set = program->tables.at[number];
  const struct collection *computed = settings->on ? &program->collections.at[program->compute] : NULL;
  struct table **table = &session->table[number];
  if (computed && computed->table == (int)number) {
    *table = table_on(session->arena, set, wanted, split_named(computed->split), settings->on, error);
    return *table != NULL;
  }
  if (columns_none(wanted)) return true;
  const char *folder = set->made ? NULL : find_folder(session, set, wanted, error);
  if (error->kind) return false;
  *table = set->made ? table_derive(set, settings->roots, wanted, *memory, error)
                     : table_load_columns(set, folder, wanted, error);
  if (*table && set->made) *memory -= table_bytes(*table);
  return *table && (!settings->before || manifest_same_data(settings->before, *table, error));
}

static bool open_tables(struct session *session, const struct column_set *wanted, struct error *error) {
  const struct program *program = session->settings->program;
  int64_t memory = session->settings->data_memory;
  session->table = ARENA_ARRAY(session->arena, struct table *, program->tables.n + 1);
  if (session->settings->on && !program->tables.n)
    return error_set(error, ERROR_USAGE, "the model reads no data, so that --on says nothing");
  for (size_t i = 0; i < program->tables.n; i++)
    if (!open_table(session, i, wanted ? wanted[i] : all_columns, &memory, error)) return false;
  return true;
}

bool session_open_model(struct session *session, const struct column_set *wanted, struct error *error) {
  const struct run_settings *settings = session->settings;
  double begun = clock_now();
  if (!open_tables(session, wanted, error)) return false;
  timings_add(session->timings, "data", begun);
  if (settings->threads > 1 && !(session->pool = pool_new(settings->threads)))
    return error_set(error, ERROR_DATA, "%d threads could not be started", settings->threads);
  session->model = model_new(settings->program, session->table, session->pool, backend_fast(), error);
  if (!session->model) return false;
  session->model->seed = settings->seed;
  session->model->memory = settings->memory;
  session->model->timings = session->timings;
  return true;
}

static size_t of_split(int table, int split) { return (size_t)(table * DATA_SPLITS + split); }

/* What a file made of its rows is only known now: what is trained, measured and shown has some. */
static bool splits_have_rows(const struct session *session, struct error *error) {
  const struct program *program = session->settings->program;
  bool *needed = ARENA_ARRAY(session->arena, bool, (program->tables.n + 1) * DATA_SPLITS);
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *stage = &program->stages.at[i];
    needed[of_split(stage->table, stage->split)] = true;
    for (size_t k = 0; k < stage->beside; k++) needed[of_split(stage->beside_table[k], stage->split)] = true;
  }
  for (size_t i = 0; i < program->shows.n; i++) needed[of_split(program->shows.at[i].table, SPLIT_TEST)] = true;
  for (size_t i = 0; i < program->maps.n; i++) needed[of_split(program->maps.at[i].table, SPLIT_TEST)] = true;
  for (size_t i = 0; i < program->collections.n; i++) {
    const struct collection *collection = &program->collections.at[i];
    needed[of_split(collection->table, split_named(collection->split))] = true;
  }
  for (size_t i = 0; i < program->tables.n; i++)
    for (int split = 0; session->table[i] && split < DATA_SPLITS; split++)
      if (needed[of_split((int)i, split)] && !session->table[i]->rows[split])
        return error_set(error, ERROR_DATA, "'%s' has no rows to %s", session->table[i]->set->name,
                         split_purpose(split));
  return true;
}

bool session_open(struct session *session, const struct run_settings *settings, const struct column_set *wanted,
                  struct error *error) {
  *session = (struct session){.settings = settings,
                              .arena = arena_new(),
                              .begun = clock_now(),
                              .timings = timings_new(),
                              .all_timings = timings_new()};
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
  for (size_t i = 0; session->table && i < session->settings->program->tables.n; i++) table_free(session->table[i]);
  if (session->directory) rundir_close(session->directory);
  manifest_free(session->manifest);
  progress_free(session->progress);
  timings_free(session->timings);
  timings_free(session->all_timings);
  arena_free(session->arena);
}

static void say_table(const struct session *session, const struct table *table) {
  const char *folder = table->folder ? arena_format(session->arena, " in '%s'", table->folder) : "", *rows = "";
  for (int split = 0; split < DATA_SPLITS; split++) /* 0 of a split that is not read */
    if (table->rows[split])
      rows = arena_format(session->arena, "%s, %" PRId64 "%s to %s", rows, table->rows[split], *rows ? "" : " rows",
                          split_purpose(split));
  progress_note(session->progress, "data: '%s'%s (%s)%s", table->set->name, folder, table_contents(table), rows);
}

void session_say(const struct session *session) {
  const struct run_settings *settings = session->settings;
  const char *then = settings->before ? settings->before->version : settings->version;
  if (strcmp(then, settings->version) != 0)
    progress_warning(session->progress, "warning: the run was made by crlc %s, and this is crlc %s: numbers may differ",
                     then, settings->version);
  progress_note(session->progress, "run: '%s', seed %" PRIu64 ", %d thread%s, crlc %s", session->path,
                session->model->seed, settings->threads, settings->threads == 1 ? "" : "s", settings->version);
  for (size_t i = 0; i < settings->program->tables.n; i++)
    if (session->table[i]) say_table(session, session->table[i]);
}

/* A run that was stopped before its first step holds no weights, and one of a model that trains nothing needs none. */
static bool has_begun(const struct session *session, struct error *error) {
  const struct program *program = session->settings->program;
  bool trains = false;
  for (size_t i = 0; i < program->stages.n; i++) trains |= !program->stages.at[i].in_evaluation;
  if (session->model->updates || !trains) return true;
  error_set(error, ERROR_DATA, "'%s' was stopped before its first step, and holds no weights", session->path);
  return error_hint(error, "go on with 'crlc %s --train --resume'", shell_word(session->arena, session->path));
}

bool session_load(struct session *session, struct training_state *training_state, struct error *error) {
  char notice[NOTICE_STRING] = "";
  const struct run_settings *settings = session->settings;
  bool ok = training_state_load(session->path, session->model, training_state,
                                settings->seed_given ? &settings->seed : NULL, notice, error);
  if (notice[0]) progress_warning(session->progress, "warning: %s", notice);
  /* what is measured and exported is what the stage has kept */
  bool reads = !training_state && session->model->updates;
  if (ok && !training_state && !has_begun(session, error)) return false;
  return ok && (!reads || stage_restore(session->path, session->model, session->model->stage, error));
}

bool session_end(struct session *session, struct error *error) {
  return !session->manifest || manifest_end(session->manifest, session->path, session->training_state.updates,
                                            clock_now() - session->begun, session->timings, error);
}
