#define _XOPEN_SOURCE 700 /* realpath */

#include "session/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/draft.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/timings.h"
#include "kern/micro.h"

enum { FORMAT = 1 };

static uint64_t seed_of(const json_t *json) {
  return json_is_string(json) ? strtoull(json_string_value(json), NULL, 10) : (uint64_t)json_integer_value(json);
}

static void look(struct manifest *manifest) {
  size_t i;
  json_t *session;
  const json_t *model = json_object_get(manifest->json, "model"), *data = json_object_get(manifest->json, "data");
  manifest->model = json_string_at(model, "name");
  manifest->variant = json_string_at(model, "variant");
  manifest->data = json_string_at(data, "name");
  manifest->folder = json_string_at(data, "folder");
  manifest->version = json_string_at(json_object_get(manifest->json, "crlc"), "version");
  manifest->begun = json_string_at(json_array_get(json_object_get(manifest->json, "sessions"), 0), "begun");
  json_array_foreach (json_object_get(manifest->json, "sessions"), i, session)
    if (json_string_at(session, "note")) manifest->note = json_string_at(session, "note");
  manifest->seed = seed_of(json_object_get(manifest->json, "seed"));
  manifest->winograd = json_is_true(json_object_get(manifest->json, "winograd"));
}

void manifest_free(struct manifest *manifest) {
  if (!manifest) return;
  json_decref(manifest->json);
  free(manifest);
}

/* ---- files ---- */

/* A path in the directory; the caller frees it. */
static char *path_in(const char *directory, const char *name) {
  size_t size = strlen(directory) + strlen(name) + 2;
  char *path = must_alloc(size);
  snprintf(path, size, "%s/%s", directory, name);
  return path;
}

static const char *digest(const void *bytes, size_t size, char hex[SHA256_HEX]) {
  struct sha256 sha;
  sha256_start(&sha);
  sha256_add(&sha, bytes, size);
  return sha256_end(&sha, hex);
}

/* False with errno set where it cannot be read. */
static bool digest_file(const char *path, char hex[SHA256_HEX]) {
  unsigned char piece[1 << 14];
  struct sha256 sha;
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  sha256_start(&sha);
  for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) sha256_add(&sha, piece, n);
  bool ok = !ferror(file);
  fclose(file);
  sha256_end(&sha, hex);
  return ok;
}

static json_t *files_json(const struct run_settings *settings) {
  char sha256[SHA256_HEX];
  const char *source = settings->source;
  json_t *files = json_object();
  if (source) json_object_set_new(files, "model.crl", json_string(digest(source, strlen(source), sha256)));
  for (size_t i = 0; i < settings->n_used; i++) {
    const struct used_text *used = &settings->used[i];
    json_object_set_new(files, used->name, json_string(digest(used->text, used->length, sha256)));
  }
  return files;
}

/* The texts that are there and are about to be replaced: until the session ends, these may stand beside run.json. */
static json_t *files_now(const char *directory, const struct manifest *before) {
  const char *name;
  json_t *then, *files = json_object();
  json_object_foreach (json_object_get(before->json, "files"), name, then) {
    char sha256[SHA256_HEX], *path = path_in(directory, name);
    if (digest_file(path, sha256)) json_object_set_new(files, name, json_string(sha256));
    free(path);
  }
  return files;
}

static bool write_file(const char *directory, const char *name, const char *text, size_t length, struct error *error) {
  char *path = path_in(directory, name), *slash = strrchr(path, '/');
  *slash = 0;
  bool ok = folder_make(path, error);
  *slash = '/';
  ok = ok && file_write_whole(path, text, length, error);
  free(path);
  return ok;
}

static bool write_files(const char *directory, const struct run_settings *settings, struct error *error) {
  const char *source = settings->source;
  bool ok = !source || write_file(directory, "model.crl", source, strlen(source), error);
  for (size_t i = 0; ok && i < settings->n_used; i++)
    ok = write_file(directory, settings->used[i].name, settings->used[i].text, settings->used[i].length, error);
  return ok;
}

static bool write_json(const struct manifest *manifest, const char *directory, struct error *error) {
  char *path = path_in(directory, "run.json");
  bool ok = json_write(path, json_incref(manifest->json), 17, error);
  free(path);
  return ok;
}

/* ---- reading ---- */

bool manifest_is_there(const char *directory) {
  char *path = path_in(directory, "run.json");
  json_t *json = json_load_file(path, 0, NULL);
  bool ours = json_string_at(json_object_get(json, "crlc"), "version") != NULL;
  json_decref(json);
  free(path);
  return ours;
}

/* may_lack: a process was killed before it had written all of them. */
static bool check_files(const char *directory, const json_t *json, bool may_lack, struct error *error) {
  const json_t *before = json_object_get(json, "files_before");
  const char *name;
  json_t *then;
  json_object_foreach (json_object_get((json_t *)json, "files"), name, then) {
    char now[SHA256_HEX], *path = path_in(directory, name);
    const char *earlier = json_string_at(before, name);
    bool read = digest_file(path, now), same = !read && errno == ENOENT && may_lack;
    if (read) same = strcmp(now, json_string_value(then)) == 0 || (earlier && strcmp(now, earlier) == 0);
    else if (!same) error_set(error, ERROR_DATA, "cannot read '%s': %s", path, strerror(errno));
    if (!same) error_set(error, ERROR_DATA, "'%s' is not the text that was run: it was changed since", path);
    if (!same) error_hint(error, "restore it, or pass the changed text as a model of its own and another --out DIR");
    free(path);
    if (!same) return false;
  }
  return true;
}

bool manifest_may_replace(const char *directory, struct error *error) {
  char *path = path_in(directory, "run.json");
  json_t *json = json_load_file(path, 0, NULL);
  bool ok = check_files(directory, json, true, error);
  json_decref(json);
  free(path);
  return ok;
}

struct manifest *manifest_read(const char *directory, struct error *error) {
  char *path = path_in(directory, "run.json");
  json_error_t problem = {0};
  bool there = access(path, F_OK) == 0;
  json_t *json = there ? json_load_file(path, 0, &problem) : NULL;
  bool ok = json && json_string_at(json_object_get(json, "crlc"), "version");
  if (!there) {
    error_set(error, ERROR_DATA, "there is no '%s', so nothing says what was run in '%s'", path, directory);
    error_hint(error, "runs of crlc 0.1.0 have none: train anew in another --out DIR");
  } else if (!ok) {
    error_set(error, ERROR_DATA, "'%s' does not describe a run of crlc%s%.200s", path, json ? "" : ": ",
              json ? "" : problem.text);
  }
  free(path);
  ok = ok && check_files(directory, json, false, error);
  if (!ok) {
    json_decref(json);
    return NULL;
  }
  struct manifest *manifest = must_alloc(sizeof *manifest);
  *manifest = (struct manifest){.json = json};
  look(manifest);
  return manifest;
}

/* ---- describing ---- */

static json_t *date_now(void) {
  char date[DATE_STRING];
  return json_string(clock_date(date));
}

/* The program's own digest says which build it is, where the system lets it be read. */
static json_t *program_json(const struct run_settings *settings) {
  char sha256[SHA256_HEX];
  json_t *object = json_object();
  json_object_set_new(object, "version", json_string_or_null(settings->version));
  json_object_set_new(object, "sha256", digest_file("/proc/self/exe", sha256) ? json_string(sha256) : json_null());
  json_object_set_new(object, "compiler", json_string_or_null(__VERSION__));
  json_object_set_new(object, "kernels", json_string_or_null(micro->name));
  return object;
}

/* file: where the text is from that the run keeps, whoever goes on with it. */
static json_t *model_json(const struct manifest *before, const struct run_settings *settings) {
  json_t *object = json_object();
  const char *earlier = before ? json_string_at(json_object_get(before->json, "model"), "file") : NULL;
  char *whole = settings->path ? realpath(settings->path, NULL) : NULL;
  json_object_set_new(object, "name", json_string_or_null(settings->program->name));
  json_object_set_new(object, "variant", json_string_or_null(settings->program->variant));
  json_object_set_new(object, "file", json_string_or_null(whole ? whole : earlier));
  json_object_set_new(object, "parameters", json_integer(settings->parameters));
  free(whole);
  return object;
}

static json_t *options_json(const struct run_settings *settings) {
  json_t *object = json_object();
  for (size_t i = 0; i < settings->n_options; i++) {
    const struct run_option *option = &settings->options[i];
    json_t *value = option->is_string ? NULL : json_loads(option->value, JSON_DECODE_ANY, NULL);
    json_object_set_new(object, option->name, value ? value : json_string_or_null(option->value));
  }
  return object;
}

static json_t *stages_json(const struct program *program) {
  json_t *array = json_array();
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *stage = &program->stages.at[i];
    json_array_append_new(array, json_pack("{s:s, s:b, s:I, s:I, s:b}", "name", stage->name, "in_evaluation",
                                           stage->in_evaluation, "epochs", (json_int_t)stage->epochs, "batch",
                                           (json_int_t)stage->batch, "drop_last", stage->drop_last));
  }
  return array;
}

/* Which table, where it was found, and its rows. */
static json_t *table_json(const struct table *table) {
  json_t *object = json_object(), *splits = json_object();
  char *whole = table->folder ? realpath(table->folder, NULL) : NULL;
  json_object_set_new(object, "name", json_string_or_null(table->set->name));
  json_object_set_new(object, "folder", json_string_or_null(whole ? whole : table->folder));
  json_object_set_new(object, "contents", json_string_or_null(table_contents(table)));
  for (int split = 0; split < DATA_SPLITS; split++)
    if (table->rows[split])
      json_object_set_new(splits, split_name((enum data_split)split),
                          json_pack("{s:I}", "rows", (json_int_t)table->rows[split]));
  json_object_set_new(object, "splits", splits);
  free(whole);
  return object;
}

static void add_files(const struct table *table, json_t *files, json_t *paths, json_t *known) {
  for (size_t i = 0; i < table->files.n; i++) {
    const struct table_file *file = &table->files.at[i];
    char *at = realpath(file->path, NULL);
    json_object_set_new(files, file->name, json_string(file->sha256));
    json_object_set_new(paths, file->name, json_string_or_null(at ? at : file->path));
    free(at);
  }
  for (size_t i = 0; i < table->known.n; i++) json_array_append_new(known, json_string(table->known.at[i]));
}

/* The one table that is read; or of several their names, and each under `tables`. */
static json_t *data_json(const struct model *model, const struct run_settings *settings) {
  json_t *object = NULL, *tables = json_array(), *files = json_object(), *paths = json_object(), *known = json_array();
  for (size_t i = 0; i < model->program->tables.n; i++) {
    if (!model->table[i]) continue;
    json_t *one = table_json(model->table[i]);
    json_array_append_new(tables, one);
    add_files(model->table[i], files, paths, known);
  }
  if (json_array_size(tables) == 1) object = json_incref(json_array_get(tables, 0));
  else if (json_array_size(tables))
    object = json_pack("{s:s, s:O}", "name", program_data(model->program), "tables", tables);
  json_decref(tables);
  if (!object) {
    json_decref(files);
    json_decref(paths);
    json_decref(known);
    return json_null();
  }
  json_object_set_new(object, "files", files);
  json_object_set_new(object, "paths", paths);
  json_object_set_new(object, "known", known);
  json_object_set_new(object, "described", described_json(settings));
  return object;
}

static json_t *machine_json(void) {
  struct utsname name;
  json_t *object = json_object();
  if (uname(&name) < 0) return object;
  json_object_set_new(object, "host", json_string_or_null(name.nodename));
  json_object_set_new(object, "system", json_string_or_null(name.sysname));
  json_object_set_new(object, "release", json_string_or_null(name.release));
  json_object_set_new(object, "processor", json_string_or_null(name.machine));
  return object;
}

static json_t *session_json(const struct run_settings *settings) {
  json_t *object = json_object(), *command = json_array();
  char *folder = getcwd(NULL, 0);
  for (size_t i = 0; i < settings->n_command; i++)
    json_array_append_new(command, json_string_or_null(settings->command[i]));
  json_object_set_new(object, "command", command);
  json_object_set_new(object, "folder", json_string_or_null(folder));
  json_object_set_new(object, "machine", machine_json());
  json_object_set_new(object, "crlc", program_json(settings));
  json_object_set_new(object, "stage", json_string_or_null(settings->stage));
  json_object_set_new(object, "note", json_string_or_null(settings->note));
  json_object_set_new(object, "threads", json_integer(settings->threads));
  json_object_set_new(object, "memory", json_integer(settings->memory));
  json_object_set_new(object, "log_every", json_integer(settings->log_every));
  json_object_set_new(object, "begun", date_now());
  json_object_set_new(object, "ended", json_null());
  json_object_set_new(object, "steps", json_integer(0));
  json_object_set_new(object, "seconds", json_real(0));
  free(folder);
  return object;
}

struct manifest *manifest_begin(const char *directory, const struct manifest *before,
                                const struct run_settings *settings, const struct model *model, struct error *error) {
  json_t *json = json_object();
  json_t *sessions = before ? json_incref(json_object_get(before->json, "sessions")) : NULL;
  json_object_set_new(json, "format", json_integer(FORMAT));
  json_object_set_new(json, "crlc", program_json(settings));
  json_object_set_new(json, "model", model_json(before, settings));
  json_object_set_new(json, "files", files_json(settings));
  if (before) json_object_set_new(json, "files_before", files_now(directory, before));
  json_object_set_new(json, "options", options_json(settings));
  json_object_set_new(json, "stages", stages_json(settings->program));
  json_object_set_new(json, "data", data_json(model, settings));
  json_object_set_new(json, "seed", json_seed(model->seed));
  json_object_set_new(json, "winograd", json_boolean(!settings->program->direct));
  json_object_set_new(json, "sessions", sessions ? sessions : json_array());
  json_array_append_new(json_object_get(json, "sessions"), session_json(settings));
  struct manifest *manifest = must_alloc(sizeof *manifest);
  *manifest = (struct manifest){.json = json};
  look(manifest);
  if (write_json(manifest, directory, error) && write_files(directory, settings, error)) return manifest;
  manifest_free(manifest);
  return NULL;
}

static json_t *last_session(const struct manifest *manifest) {
  json_t *sessions = json_object_get(manifest->json, "sessions");
  size_t n = json_array_size(sessions);
  return n ? json_array_get(sessions, n - 1) : NULL;
}

static json_t *timings_json(const struct timings *timings) {
  json_t *object = json_object();
  const struct timing *all;
  size_t n = timings_all(timings, &all);
  for (size_t i = 0; i < n; i++) json_object_set_new(object, all[i].name, json_real(all[i].seconds));
  return object;
}

bool manifest_end(struct manifest *manifest, const char *directory, int64_t updates, double seconds,
                  const struct timings *timings, struct error *error) {
  json_t *session = last_session(manifest);
  json_object_set_new(session, "ended", date_now());
  json_object_set_new(session, "steps", json_integer(updates));
  json_object_set_new(session, "seconds", json_real(seconds));
  json_object_set_new(session, "timings", timings_json(timings));
  json_object_del(manifest->json, "files_before");
  return write_json(manifest, directory, error);
}

struct trained manifest_trained(const struct manifest *manifest) {
  const json_t *session = last_session(manifest);
  struct trained trained = {
      .steps = json_integer_value(json_object_get(session, "steps")),
      .threads = (int)json_integer_value(json_object_get(session, "threads")),
      .begun = manifest->begun,
      .ended = json_string_at(session, "ended"),
  };
  size_t i;
  json_t *one;
  json_array_foreach (json_object_get(manifest->json, "sessions"), i, one)
    trained.seconds += json_real_value(json_object_get(one, "seconds"));
  return trained;
}

void manifest_timings(const struct manifest *manifest, struct timings *timings) {
  size_t i;
  json_t *one, *seconds;
  const char *name;
  json_array_foreach (json_object_get(manifest->json, "sessions"), i, one)
    json_object_foreach (json_object_get(one, "timings"), name, seconds)
      timings_count(timings, name, json_number_value(seconds));
}

const char *manifest_path(const struct manifest *manifest, const char *file) {
  return json_string_at(json_object_get(json_object_get(manifest->json, "data"), "paths"), file);
}

/* A manifest may have been written by hand: what should be a string need not be one. */
static bool is_string(const json_t *json, const char *string) {
  return json_is_string(json) && !strcmp(json_string_value(json), string);
}

const char *manifest_folder(const struct manifest *manifest, const char *set) {
  size_t i;
  json_t *one;
  json_array_foreach (json_object_get(json_object_get(manifest->json, "data"), "tables"), i, one)
    if (is_string(json_object_get(one, "name"), set)) return json_string_at(one, "folder");
  return NULL;
}

bool manifest_knows(const struct manifest *manifest, const char *set) {
  size_t i;
  json_t *one;
  json_array_foreach (json_object_get(json_object_get(manifest->json, "data"), "known"), i, one)
    if (is_string(one, set)) return true;
  return false;
}

bool manifest_same_data(const struct manifest *manifest, const struct table *table, struct error *error) {
  const json_t *files = json_object_get(json_object_get(manifest->json, "data"), "files");
  for (size_t i = 0; table && i < table->files.n; i++) {
    const struct table_file *file = &table->files.at[i];
    const char *then = json_string_at(files, file->name);
    if (then && strcmp(file->sha256, then) == 0) continue;
    error_set(error, ERROR_DATA, "'%s' has other contents than in the run: sha256 %.12s..., and was %.12s...",
              file->path, file->sha256, then ? then : "unknown");
    const char *folder = manifest->folder ? manifest->folder : manifest_folder(manifest, table->set->name);
    return error_hint(error, "pass the folder of the run's data with --data DIR (it was in '%s'), or train anew",
                      folder ? folder : "");
  }
  return true;
}
