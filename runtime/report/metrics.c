#include "report/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

json_t *metric_json(const struct metric *metric) {
  json_t *object = json_object();
  json_object_set_new(object, "name", json_string_or_null(metric->name));
  json_object_set_new(object, "value", json_number_or_null(metric->value));
  json_object_set_new(object, "unit", json_string_or_null(metric->unit));
  json_object_set_new(object, "chance", json_number_or_null(metric->chance));
  json_object_set_new(object, "split", json_string_or_null(metric->split));
  if (metric->table) json_object_set_new(object, "table", json_string(metric->table));
  json_object_set_new(object, "rows", metric->rows < 0 ? json_null() : json_integer(metric->rows));
  json_object_set_new(object, "reason", json_string_or_null(metric->reason));
  json_object_set_new(object, "chance_reason", json_string_or_null(metric->chance_reason));
  json_object_set_new(object, "protocol", json_string_or_null(metric->protocol));
  json_object_set_new(object, "seed", json_seed(metric->seed));
  return object;
}

static const char *text_at(const json_t *object, const char *key, struct arena *arena) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? arena_copy_string(arena, text, strlen(text)) : NULL;
}

static double number_at(const json_t *object, const char *key) {
  const json_t *number = json_object_get(object, key);
  return json_is_number(number) ? json_number_value(number) : NAN;
}

static struct metric read_metric(const json_t *object, struct arena *arena) {
  const json_t *rows = json_object_get(object, "rows"), *seed = json_object_get(object, "seed");
  struct metric metric = {.name = text_at(object, "name", arena),
                          .value = number_at(object, "value"),
                          .unit = text_at(object, "unit", arena),
                          .split = text_at(object, "split", arena),
                          .protocol = text_at(object, "protocol", arena),
                          .chance = number_at(object, "chance"),
                          .rows = json_is_integer(rows) ? json_integer_value(rows) : -1,
                          .reason = text_at(object, "reason", arena),
                          .chance_reason = text_at(object, "chance_reason", arena)};
  metric.seed = json_is_string(seed) ? strtoull(json_string_value(seed), NULL, 10) : (uint64_t)json_integer_value(seed);
  metric.table = text_at(object, "table", arena);
  if (metric.table && metric.split) metric.where = arena_format(arena, "%s of %s", metric.split, metric.table);
  if (!metric.name) metric.name = "";
  if (!metric.protocol) metric.protocol = "";
  return metric;
}

size_t metrics_read(const json_t *file, struct arena *arena, struct metric **metrics) {
  const json_t *figures = json_object_get(file, "figures");
  size_t n = json_array_size(figures);
  *metrics = ARENA_ARRAY(arena, struct metric, n + 1);
  for (size_t i = 0; i < n; i++) (*metrics)[i] = read_metric(json_array_get(figures, i), arena);
  return n;
}

static json_t *strings_json(const char *const *string, int64_t n) {
  json_t *array = json_array();
  for (int64_t i = 0; i < n; i++) json_array_append_new(array, json_string_or_null(string[i]));
  return array;
}

static json_t *table_json(const struct metric_table *table) {
  json_t *object = json_object(), *values = json_array();
  json_object_set_new(object, "name", json_string_or_null(table->name));
  json_object_set_new(object, "split", json_string_or_null(table->split));
  if (table->table) json_object_set_new(object, "table", json_string(table->table));
  json_object_set_new(object, "rows", json_integer(table->samples));
  json_object_set_new(object, "protocol", json_string_or_null(table->protocol));
  json_object_set_new(object, "seed", json_seed(table->seed));
  json_object_set_new(object, "row", strings_json(table->row, table->rows));
  json_object_set_new(object, "column", strings_json(table->column, table->columns));
  for (int64_t i = 0; i < table->rows; i++) {
    json_t *row = json_array();
    for (int64_t j = 0; j < table->columns; j++)
      json_array_append_new(row, json_number_or_null(table->value[i * table->columns + j]));
    json_array_append_new(values, row);
  }
  json_object_set_new(object, "values", values);
  return object;
}

static json_t *data_json(const struct run *run) {
  json_t *object = json_object();
  json_object_set_new(object, "name", json_string_or_null(run->data));
  json_object_set_new(object, "found", json_string_or_null(run->data_found));
  return object;
}

static json_t *timings_json(const struct run *run) {
  json_t *object = json_object();
  for (size_t i = 0; i < run->n_timings; i++)
    json_object_set_new(object, run->timings[i].name, json_number_or_null(run->timings[i].seconds));
  return object;
}

static json_t *run_json(const struct run *run) {
  json_t *object = json_object(), *settings = json_object();
  json_object_set_new(object, "version", json_string_or_null(run->version));
  json_object_set_new(object, "model", json_string_or_null(run->model));
  json_object_set_new(object, "variant", json_string_or_null(run->variant));
  json_object_set_new(object, "data", data_json(run));
  json_object_set_new(object, "seed", json_seed(run->seed));
  json_object_set_new(object, "epochs", json_integer(run->epochs));
  json_object_set_new(object, "batch", json_integer(run->batch));
  json_object_set_new(object, "steps", json_integer(run->steps));
  json_object_set_new(object, "parameters", json_integer(run->parameters));
  json_object_set_new(object, "threads", json_integer(run->threads));
  json_object_set_new(object, "seconds", json_number_or_null(run->seconds));
  json_object_set_new(object, "timings", timings_json(run));
  json_object_set_new(object, "begun", json_string_or_null(run->begun));
  json_object_set_new(object, "ended", json_string_or_null(run->ended));
  for (size_t i = 0; i < run->n_settings; i++)
    json_object_set_new(settings, run->settings[i].name, json_string_or_null(run->settings[i].value));
  json_object_set_new(object, "settings", settings);
  return object;
}

bool metrics_write(const char *path, const struct run *run, const struct metric *metrics, size_t n,
                   const struct metric_table *tables, size_t n_tables, struct error *error) {
  json_t *object = run_json(run), *array = json_array();
  for (size_t i = 0; i < n; i++) json_array_append_new(array, metric_json(&metrics[i]));
  json_object_set_new(object, "figures", array);
  array = json_array();
  for (size_t i = 0; i < n_tables; i++) json_array_append_new(array, table_json(&tables[i]));
  if (n_tables) json_object_set(object, "tables", array);
  json_decref(array);
  return json_write(path, object, 10, error);
}
