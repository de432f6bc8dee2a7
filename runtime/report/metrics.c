#include "report/metrics.h"

#include "base/json.h"

static json_t *figure_json(const struct figure *figure) {
  json_t *object = json_object();
  json_object_set_new(object, "name", json_text_or_null(figure->name));
  json_object_set_new(object, "value", json_number_or_null(figure->value));
  json_object_set_new(object, "unit", json_text_or_null(figure->unit));
  json_object_set_new(object, "chance", json_number_or_null(figure->chance));
  json_object_set_new(object, "split", json_text_or_null(figure->split));
  json_object_set_new(object, "rows", figure->rows < 0 ? json_null() : json_integer(figure->rows));
  json_object_set_new(object, "reason", json_text_or_null(figure->reason));
  json_object_set_new(object, "chance_reason", json_text_or_null(figure->chance_reason));
  json_object_set_new(object, "protocol", json_text_or_null(figure->protocol));
  json_object_set_new(object, "seed", json_seed(figure->seed));
  return object;
}

static json_t *texts_json(const char *const *text, int64_t n) {
  json_t *array = json_array();
  for (int64_t i = 0; i < n; i++) json_array_append_new(array, json_text_or_null(text[i]));
  return array;
}

static json_t *table_json(const struct figure_table *table) {
  json_t *object = json_object(), *values = json_array();
  json_object_set_new(object, "name", json_text_or_null(table->name));
  json_object_set_new(object, "split", json_text_or_null(table->split));
  json_object_set_new(object, "rows", json_integer(table->samples));
  json_object_set_new(object, "protocol", json_text_or_null(table->protocol));
  json_object_set_new(object, "seed", json_seed(table->seed));
  json_object_set_new(object, "row", texts_json(table->row, table->rows));
  json_object_set_new(object, "column", texts_json(table->column, table->columns));
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
  json_object_set_new(object, "name", json_text_or_null(run->data));
  json_object_set_new(object, "found", json_text_or_null(run->data_found));
  return object;
}

static json_t *run_json(const struct run *run) {
  json_t *object = json_object(), *settings = json_object();
  json_object_set_new(object, "version", json_text_or_null(run->version));
  json_object_set_new(object, "model", json_text_or_null(run->model));
  json_object_set_new(object, "variant", json_text_or_null(run->variant));
  json_object_set_new(object, "data", data_json(run));
  json_object_set_new(object, "seed", json_seed(run->seed));
  json_object_set_new(object, "epochs", json_integer(run->epochs));
  json_object_set_new(object, "batch", json_integer(run->batch));
  json_object_set_new(object, "steps", json_integer(run->steps));
  json_object_set_new(object, "parameters", json_integer(run->parameters));
  json_object_set_new(object, "threads", json_integer(run->threads));
  json_object_set_new(object, "seconds", json_number_or_null(run->seconds));
  json_object_set_new(object, "begun", json_text_or_null(run->begun));
  json_object_set_new(object, "ended", json_text_or_null(run->ended));
  for (size_t i = 0; i < run->n_settings; i++)
    json_object_set_new(settings, run->settings[i].name, json_text_or_null(run->settings[i].value));
  json_object_set_new(object, "settings", settings);
  return object;
}

bool metrics_write(const char *path, const struct run *run, const struct figure *figures, size_t n,
                   const struct figure_table *tables, size_t n_tables, struct fault *fault) {
  json_t *object = run_json(run), *array = json_array();
  for (size_t i = 0; i < n; i++) json_array_append_new(array, figure_json(&figures[i]));
  json_object_set_new(object, "figures", array);
  array = json_array();
  for (size_t i = 0; i < n_tables; i++) json_array_append_new(array, table_json(&tables[i]));
  if (n_tables) json_object_set(object, "tables", array);
  json_decref(array);
  return json_write(path, object, 10, fault);
}
