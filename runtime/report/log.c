#include "report/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"

struct log {
  int descriptor;
  char *path;
};

/* True for a line that says a later step than this. */
static bool is_later(const char *line, size_t length, int64_t last_step) {
  json_t *object = json_loadb(line, length, 0, NULL);
  json_t *step = json_object_get(object, "step");
  bool later = json_is_integer(step) && json_integer_value(step) > last_step;
  json_decref(object);
  return later;
}

/* How many bytes of the file stay. */
static off_t bytes_to_keep(FILE *file, int64_t last_step) {
  char *line = NULL;
  size_t capacity = 0;
  off_t keep = 0;
  for (ssize_t n; (n = getline(&line, &capacity, file)) > 0; keep += n)
    if (line[n - 1] != '\n' || is_later(line, (size_t)n, last_step)) break;
  free(line);
  return keep;
}

static bool cut(const char *path, int64_t last_step) {
  FILE *file = fopen(path, "r");
  if (!file) return errno == ENOENT;
  off_t keep = last_step > 0 ? bytes_to_keep(file, last_step) : 0;
  bool ok = !ferror(file);
  fclose(file);
  return ok && truncate(path, keep) == 0;
}

struct log *log_open(const char *path, int64_t last_step, struct error *error) {
  int descriptor = cut(path, last_step) ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
  if (descriptor < 0) {
    error_set(error, ERROR_DATA, "cannot open '%s': %s", path, strerror(errno));
    return NULL;
  }
  struct log *log = must_alloc(sizeof *log);
  *log = (struct log){descriptor, must_alloc(strlen(path) + 1)};
  strcpy(log->path, path);
  return log;
}

static json_t *term_json(const struct log_term *term) {
  json_t *object = json_object();
  json_object_set_new(object, "value", json_number_or_null(term->value));
  json_object_set_new(object, "grad_norm", json_number_or_null(term->grad_norm));
  json_object_set_new(object, "weight", json_number_or_null(term->weight));
  if (term->partial) json_object_set_new(object, "empty_steps", json_integer(term->empty_steps));
  return object;
}

static void add_metrics(json_t *object, const struct log_line *line) {
  json_t *watch = json_object();
  for (size_t i = 0; i < line->n_metrics; i++) {
    const struct log_metric *metric = &line->metrics[i];
    if (!metric->fresh) continue;
    json_t *split = json_object_get(watch, metric->split);
    if (!split) json_object_set_new(watch, metric->split, split = json_object());
    json_object_set_new(split, metric->name, json_number_or_null(metric->value));
  }
  if (json_object_size(watch)) json_object_set(object, "watch", watch);
  json_decref(watch);
}

static json_t *rates_json(const struct log_line *line) {
  json_t *rates = json_object();
  for (size_t i = 0; i < line->n_rates; i++)
    json_object_set_new(rates, line->rates[i].name, json_number_or_null(line->rates[i].value));
  return rates;
}

static json_t *line_json(const struct log_line *line) {
  json_t *object = json_object(), *terms = json_object();
  json_object_set_new(object, "step", json_integer(line->step));
  json_object_set_new(object, "epoch", json_integer(line->epoch));
  if (line->stage) json_object_set_new(object, "stage", json_string_or_null(line->stage));
  for (size_t i = 0; i < line->n_terms; i++)
    json_object_set_new(terms, line->terms[i].name, term_json(&line->terms[i]));
  json_object_set_new(object, "terms", terms);
  if (line->n_rates) json_object_set_new(object, "rates", rates_json(line));
  add_metrics(object, line);
  json_object_set_new(object, "samples_per_s", json_number_or_null(line->samples_per_s));
  json_object_set_new(object, "step_seconds", json_number_or_null(line->step_seconds));
  json_object_set_new(object, "step_cpu_seconds", json_number_or_null(line->step_cpu_seconds));
  json_object_set_new(object, "seconds", json_number_or_null(line->seconds));
  return object;
}

bool log_append(struct log *log, const struct log_line *line, struct error *error) {
  struct string_builder string = {0};
  json_line(&string, line_json(line), 9);
  bool ok = file_write_all(log->descriptor, string.at, string.n);
  string_free(&string);
  return ok || error_set(error, ERROR_DATA, "cannot write '%s': %s", log->path, strerror(errno));
}

bool log_close(struct log *log, struct error *error) {
  if (!log) return true;
  bool ok = fsync(log->descriptor) == 0 || errno == EINVAL; /* EINVAL: a pipe has no disk to reach */
  ok = close(log->descriptor) == 0 && ok;
  if (!ok) error_set(error, ERROR_DATA, "cannot write '%s': %s", log->path, strerror(errno));
  free(log->path);
  free(log);
  return ok;
}
