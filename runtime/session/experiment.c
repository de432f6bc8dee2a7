#include "session/experiment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/draft.h"
#include "base/file.h"
#include "base/json.h"
#include "base/shell.h"
#include "session/experiment_results.h"
#include "session/manifest.h"
#include "store/rundir.h"
#include "train/signals.h"

enum { FORMAT = 1 };

static const char *file_in(const struct experiment *experiment, const char *name) {
  return arena_format(experiment->arena, "%s/%s", experiment->path, name);
}

static const char *text_at(const struct experiment *experiment, const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? arena_copy_string(experiment->arena, text, strlen(text)) : NULL;
}

bool experiment_is_there(const char *directory) {
  struct arena *arena = arena_new();
  json_t *json = json_load_file(arena_format(arena, "%s/experiment.json", directory), 0, NULL);
  bool there = json_is_array(json_object_get(json, "members"));
  json_decref(json);
  arena_free(arena);
  return there;
}

/* ---- writing ---- */

static json_t *member_json(const struct member *member) {
  json_t *object = json_object(), *set = json_array();
  json_object_set_new(object, "name", json_string_or_null(member->name));
  json_object_set_new(object, "column", json_string_or_null(member->column));
  json_object_set_new(object, "seed", json_seed(member->seed));
  json_object_set_new(object, "fold", json_integer(member->fold));
  for (size_t i = 0; i < member->n_set; i++)
    json_array_append_new(set, json_pack("[s, s]", member->set[i].name, member->set[i].value));
  json_object_set_new(object, "set", set);
  return object;
}

/* All that makes the runs. */
static json_t *plan_json(const struct experiment *experiment) {
  json_t *object = json_object(), *members = json_array(), *texts = json_object();
  for (size_t i = 0; i < experiment->texts.n; i++)
    json_object_set_new(texts, experiment->texts.at[i].name, json_string_or_null(experiment->texts.at[i].text));
  for (size_t i = 0; i < experiment->members.n; i++)
    json_array_append_new(members, member_json(&experiment->members.at[i]));
  json_object_set_new(object, "stage", json_string_or_null(experiment->stage));
  json_object_set_new(object, "folds", json_integer(experiment->folds));
  json_object_set_new(object, "sweeps", json_boolean(experiment->sweeps));
  json_object_set_new(object, "winograd", json_boolean(!experiment->direct));
  json_object_set_new(object, "texts", texts);
  json_object_set_new(object, "members", members);
  return object;
}

static bool write_json(const struct experiment *experiment, struct error *error) {
  return json_write(file_in(experiment, "experiment.json"), json_incref(experiment->json), 17, error);
}

static void make_json(struct experiment *experiment, const struct run_settings *settings) {
  json_t *json = plan_json(experiment);
  json_object_set_new(json, "format", json_integer(FORMAT));
  json_object_set_new(json, "version", json_string_or_null(settings->version));
  json_object_set_new(json, "model", json_string_or_null(experiment->model));
  json_object_set_new(json, "variant", json_string_or_null(experiment->variant));
  json_object_set_new(json, "file", json_string_or_null(experiment->file));
  json_object_set_new(json, "data", json_string_or_null(experiment->data));
  json_object_set_new(json, "command", json_string_or_null(experiment->command));
  json_object_set_new(json, "goal", json_string_or_null(experiment->goal));
  json_object_set_new(json, "higher", json_integer(experiment->higher));
  json_object_set_new(json, "states", json_object());
  experiment->json = json;
}

/* The texts.  begins: whatever is there; else where a process that was killed has not written them, and one that is there
 * has to be what was run. */
static bool write_texts(const struct experiment *experiment, bool begins, struct error *error) {
  for (size_t i = 0; i < experiment->texts.n; i++) {
    const struct used_text *text = &experiment->texts.at[i];
    const char *path = file_in(experiment, text->name), *folder = arena_format(experiment->arena, "%s", path);
    char *slash = strrchr(folder, '/');
    struct stat status;
    if (!begins && stat(path, &status) == 0) {
      char *bytes = ARENA_ARRAY(experiment->arena, char, text->length + 1);
      FILE *file = fopen(path, "rb");
      size_t n = file ? fread(bytes, 1, text->length + 1, file) : 0;
      if (file) fclose(file);
      if (n == text->length && !memcmp(bytes, text->text, n)) continue;
      error_set(error, ERROR_DATA, "'%s' is not the text that was run: it was changed since", path);
      return error_hint(error, "restore it, or pass the changed text as a model of its own and another --out DIR");
    }
    *slash = 0;
    if (!folder_make(folder, error) || !file_write_whole(path, text->text, text->length, error)) return false;
  }
  return true;
}

/* Whether nothing of an experiment has been trained, so that another may take its place. */
static bool is_unused(const char *directory) {
  struct experiment experiment = {.arena = arena_new()};
  struct error ignored = {0};
  bool unused = false;
  if (experiment_is_there(directory) && experiment_read(&experiment, directory, &ignored)) {
    unused = true;
    for (size_t i = 0; i < experiment.members.n; i++)
      unused &= !manifest_is_there(file_in(&experiment, experiment.members.at[i].name));
  }
  experiment_close(&experiment);
  arena_free(experiment.arena);
  return unused;
}

static bool may_begin(const struct experiment *experiment, struct error *error) {
  if (!experiment->path || is_unused(experiment->path)) return true;
  if (!experiment_is_there(experiment->path) && !manifest_is_there(experiment->path))
    return rundir_is_free(experiment->path, error);
  error_set(error, ERROR_USAGE, "'%s' holds a run already", experiment->path);
  return error_hint(error, "go on with it by 'crlc %s --train --resume', or pass another --out DIR",
                    shell_word(experiment->arena, experiment->path));
}

bool experiment_begin(struct experiment *experiment, const struct run_settings *settings, struct error *error) {
  if (!may_begin(experiment, error)) return false;
  if (!experiment->path)
    experiment->path = rundir_make(experiment->arena, settings->path, settings->program->variant, error);
  if (!experiment->path || !(experiment->directory = rundir_open(experiment->path, error))) return false;
  make_json(experiment, settings);
  return write_json(experiment, error) && write_texts(experiment, true, error);
}

/* ---- reading ---- */

static struct member read_member(const struct experiment *experiment, const json_t *object) {
  const json_t *seed = json_object_get(object, "seed"), *set = json_object_get(object, "set");
  size_t n = json_array_size(set);
  struct setting *settings = ARENA_ARRAY(experiment->arena, struct setting, n + 1);
  for (size_t i = 0; i < n; i++) {
    const char *name = json_string_value(json_array_get(json_array_get(set, i), 0));
    const char *value = json_string_value(json_array_get(json_array_get(set, i), 1));
    settings[i] = (struct setting){arena_format(experiment->arena, "%s", name ? name : ""),
                                   arena_format(experiment->arena, "%s", value ? value : "")};
  }
  const char *name = text_at(experiment, object, "name"), *column = text_at(experiment, object, "column");
  return (struct member){.name = name ? name : "",
                         .column = column ? column : "",
                         .set = settings,
                         .n_set = n,
                         .seed = json_is_string(seed) ? strtoull(json_string_value(seed), NULL, 10)
                                                      : (uint64_t)json_integer_value(seed),
                         .fold = (int)json_integer_value(json_object_get(object, "fold"))};
}

bool experiment_read(struct experiment *experiment, const char *directory, struct error *error) {
  size_t i;
  json_t *one;
  const char *name;
  json_error_t problem = {0};
  experiment->path = directory;
  experiment->json = json_load_file(file_in(experiment, "experiment.json"), 0, &problem);
  if (!json_is_array(json_object_get(experiment->json, "members")))
    return error_set(error, ERROR_DATA, "'%s/experiment.json' does not describe runs of crlc: %.200s", directory,
                     problem.text);
  experiment->model = text_at(experiment, experiment->json, "model");
  experiment->variant = text_at(experiment, experiment->json, "variant");
  experiment->file = text_at(experiment, experiment->json, "file");
  experiment->stage = text_at(experiment, experiment->json, "stage");
  experiment->data = text_at(experiment, experiment->json, "data");
  experiment->command = text_at(experiment, experiment->json, "command");
  experiment->goal = text_at(experiment, experiment->json, "goal");
  experiment->higher = (int)json_integer_value(json_object_get(experiment->json, "higher"));
  experiment->folds = (int)json_integer_value(json_object_get(experiment->json, "folds"));
  experiment->sweeps = json_is_true(json_object_get(experiment->json, "sweeps"));
  experiment->direct = !json_is_true(json_object_get(experiment->json, "winograd"));
  json_array_foreach (json_object_get(experiment->json, "members"), i, one) {
    struct member member = read_member(experiment, one);
    vec_push(experiment->arena, &experiment->members, member);
  }
  json_object_foreach (json_object_get(experiment->json, "texts"), name, one) {
    const char *text = json_string_value(one) ? json_string_value(one) : "";
    struct used_text used = {arena_format(experiment->arena, "%s", name),
                             arena_copy_string(experiment->arena, text, strlen(text)), strlen(text)};
    vec_push(experiment->arena, &experiment->texts, used);
  }
  return true;
}

bool experiment_is_as(const struct experiment *experiment, const struct experiment *other, bool runs) {
  json_t *a = plan_json(experiment), *b = plan_json(other);
  bool same = runs ? json_equal(a, b) : json_equal(json_object_get(a, "texts"), json_object_get(b, "texts"));
  json_decref(a);
  json_decref(b);
  return same;
}

void experiment_close(struct experiment *experiment) {
  if (experiment->directory) rundir_close(experiment->directory);
  experiment->directory = NULL;
  json_decref(experiment->json);
  experiment->json = NULL;
}

/* ---- running ---- */

/* A run whose figures are gone or damaged is measured anew. */
static bool is_done(const struct experiment *experiment, const struct member *member) {
  const char *state = json_string_value(json_object_get(json_object_get(experiment->json, "states"), member->name));
  const char *path = arena_format(experiment->arena, "%s/%s/metrics.json", experiment->path, member->name);
  json_t *metrics = state && !strcmp(state, "done") ? json_load_file(path, 0, NULL) : NULL;
  bool done = metrics != NULL;
  json_decref(metrics);
  return done;
}

static bool set_state(struct experiment *experiment, const struct member *member, const char *state,
                      struct error *error) {
  json_object_set_new(json_object_get(experiment->json, "states"), member->name, json_string_or_null(state));
  return write_json(experiment, error);
}

/* What stopped or failed is gone on with as a whole. */
static void hint_resume(const struct experiment *experiment, struct error *error) {
  if (signals_stop(NULL))
    error_hint(error, "go on with 'crlc %s --train --resume'", shell_word(experiment->arena, experiment->path));
}

static bool run_all(struct experiment *experiment, run_member *run, void *context, struct progress *progress,
                    struct error *failed, int *failures, struct error *error) {
  struct progress_series series = {.of = (int)experiment->members.n};
  for (size_t i = 0; i < experiment->members.n; i++) {
    const struct member *member = &experiment->members.at[i];
    struct error one = {0};
    if (is_done(experiment, member)) continue;
    if (signals_stop(error)) return false;
    series.name = member->name;
    series.number = (int)i + 1;
    series.begun = clock_now();
    bool ok = run(context, experiment, member, &series, &one);
    series.before++;
    series.seconds += clock_now() - series.begun;
    if (!ok && one.kind != ERROR_NUMBER) return *error = one, false;
    if (!ok) progress_warning(progress, "warning: the run '%s' has failed: %s", member->name, one.message);
    if (!ok && !(*failures)++) *failed = one;
    if (!set_state(experiment, member, ok ? "done" : "failed", error)) return false;
  }
  return true;
}

bool experiment_run(struct experiment *experiment, run_member *run, void *context, const struct run_settings *settings,
                    struct error *error) {
  struct error failed = {0};
  int failures = 0;
  struct progress *progress = progress_new(settings->messages, settings->quiet);
  signals_watch();
  bool ok = experiment->directory || (experiment->directory = rundir_open(experiment->path, error));
  ok = ok && write_texts(experiment, false, error) &&
       run_all(experiment, run, context, progress, &failed, &failures, error);
  if (!ok) hint_resume(experiment, error);
  ok = ok && experiment_results(experiment, settings, progress, error);
  progress_free(progress);
  if (ok && failures) {
    error_set(error, ERROR_NUMBER, "%d of %zu runs have failed, the first because %s", failures, experiment->members.n,
              failed.message);
    if (failed.hint[0]) error_hint(error, "%s", failed.hint);
  }
  return ok && !failures;
}
