#include "session/compared.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sha256.h"
#include "base/shell.h"
#include "report/metrics.h"
#include "session/experiment_results.h"

static const char *text_at(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

/* ---- what was run, of what ---- */

enum { SHORT = 8 }; /* digits of a digest that people compare */

/* One digest of an object of digests, whatever the order of its keys. */
static const char *digest_of(struct arena *arena, const json_t *files) {
  char sha256[SHA256_HEX], *text = json_dumps(files, JSON_SORT_KEYS | JSON_ENCODE_ANY);
  struct sha256 sha;
  sha256_start(&sha);
  sha256_add(&sha, text ? text : "", text ? strlen(text) : 0);
  free(text);
  return arena_format(arena, "%.*s", SHORT, sha256_end(&sha, sha256));
}

/* "pair, variant wide, width=12 (text 1a2b3c4d)" */
static const char *model_string(struct arena *arena, const json_t *run) {
  const json_t *model = json_object_get(run, "model");
  const char *key, *variant = text_at(model, "variant"), *text = text_at(model, "name");
  json_t *value;
  if (*variant) text = arena_format(arena, "%s, variant %s", text, variant);
  json_object_foreach (json_object_get(run, "options"), key, value) {
    char *plain = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
    text = arena_format(arena, "%s, %s=%s", text, key, plain ? plain : "");
    free(plain);
  }
  return arena_format(arena, "%s (text %s)", text, digest_of(arena, json_object_get(run, "files")));
}

/* "digits, 160 rows to train on, 60 to test on (files 1a2b3c4d)" */
static const char *data_string(struct arena *arena, const json_t *run) {
  const json_t *data = json_object_get(run, "data");
  const char *split, *text = text_at(data, "name");
  json_t *rows;
  if (!json_is_object(data)) return "none";
  json_object_foreach (json_object_get(data, "splits"), split, rows)
    text = arena_format(arena, "%s, %s %lld", text, split,
                        (long long)json_integer_value(json_object_get(rows, "rows")));
  return arena_format(arena, "%s (files %s)", text, digest_of(arena, json_object_get(data, "files")));
}

static void describe(struct compared *one, struct arena *arena, const char *directory) {
  json_t *run = json_load_file(arena_format(arena, "%s/run.json", directory), 0, NULL);
  one->model = run ? model_string(arena, run) : "unknown";
  one->data = run ? data_string(arena, run) : "unknown";
  json_decref(run);
}

/* ---- its metrics ---- */

static bool read_one(compared_list *list, struct arena *arena, const char *directory, struct error *error) {
  json_error_t problem;
  struct stat status;
  struct summary_run *run = ARENA_NEW(arena, struct summary_run);
  struct metric *metrics;
  const char *path = arena_format(arena, "%s/metrics.json", directory);
  if (stat(directory, &status) != 0 || !S_ISDIR(status.st_mode))
    return error_set(error, ERROR_DATA, "there is no run directory '%s'", directory);
  if (access(path, F_OK) != 0) {
    error_set(error, ERROR_DATA, "there is no '%s': the run has not been measured", path);
    return error_hint(error, "'crlc %s --train --resume' trains to the end, '--evaluate' measures what there is",
                      shell_word(arena, directory));
  }
  json_t *json = json_load_file(path, 0, &problem);
  if (!json_is_array(json_object_get(json, "figures"))) {
    error_set(error, ERROR_DATA, "'%s' does not hold the metrics of a run%s%.200s", path, json ? "" : ": ",
              json ? "" : problem.text);
    json_decref(json);
    return false;
  }
  run->name = directory;
  run->column = "";
  run->n = metrics_read(json, arena, &metrics);
  run->metrics = metrics;
  json_decref(json);
  struct compared one = {.label = directory, .summary = summarise(arena, run, 1), .runs = 1, .measured = 1};
  describe(&one, arena, directory);
  vec_push(arena, list, one);
  return true;
}

/* The runs of each setting are summarised anew, by themselves. */
static bool read_several(compared_list *list, struct arena *arena, const char *directory, struct error *error) {
  struct experiment experiment = {.arena = arena};
  struct summary whole;
  const struct summary_row *best;
  bool ok = experiment_read(&experiment, directory, error) && experiment_summary(&experiment, &whole, &best, error);
  for (size_t s = 0; ok && s < whole.sets.n; s++) {
    const struct summary_run *first = whole.sets.at[s];
    struct summary_run *runs = ARENA_ARRAY(arena, struct summary_run, whole.n_runs + 1);
    struct compared one = {.label = directory};
    const char *described = NULL;
    for (size_t i = 0; i < whole.n_runs; i++) {
      if (!summary_same_set(&whole.runs[i], first)) continue;
      runs[one.runs++] = whole.runs[i];
      one.measured += whole.runs[i].n > 0;
      if (!described && whole.runs[i].n) described = whole.runs[i].name;
    }
    if (first->n_set) one.label = arena_format(arena, "%s: %s", directory, set_string(arena, first->set, first->n_set));
    one.summary = summarise(arena, runs, one.runs);
    describe(&one, arena, arena_format(arena, "%s/%s", directory, described ? described : first->name));
    vec_push(arena, list, one);
  }
  experiment_close(&experiment);
  return ok;
}

bool compared_read(compared_list *list, struct arena *arena, const char *directory, struct error *error) {
  return experiment_is_there(directory) ? read_several(list, arena, directory, error)
                                        : read_one(list, arena, directory, error);
}
