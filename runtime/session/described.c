/* What the headers of data files said when a model was compiled, kept with its run: so that the run can be read, and
 * used on new rows, where these files are no more. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "session/manifest.h"

static json_t *column_json(const struct file_column *at) {
  json_t *object = json_object(), *shape = json_array(), *classes = json_array();
  for (int k = 0; k < at->column.shape.rank; k++) json_array_append_new(shape, json_integer(at->column.shape.dim[k]));
  for (int k = 0; k < at->column.classes; k++)
    json_array_append_new(classes, json_string_or_null(at->column.class_name[k]));
  json_object_set_new(object, "name", json_string_or_null(at->column.name));
  json_object_set_new(object, "type", json_string(dtype_name(at->column.type)));
  json_object_set_new(object, "shape", shape);
  json_object_set_new(object, "rows", json_integer(at->rows));
  json_object_set_new(object, "classes", classes);
  if (at->refused) json_object_set_new(object, "refused", json_string_or_null(at->refused));
  return object;
}

/* How a file was read, in one word. */
enum { OPTIONS_STRING = 40 };
static const char *options_string(struct file_options options, char string[OPTIONS_STRING]) {
  snprintf(string, OPTIONS_STRING, "%s%s%d", options.by_columns ? "columns " : "rows ",
           options.header      ? "header "
           : options.no_header ? "no-header "
                               : "",
           options.delimiter);
  return string;
}

json_t *described_json(const struct run_settings *settings) {
  char string[OPTIONS_STRING];
  json_t *array = json_array();
  for (size_t i = 0; i < settings->n_described; i++) {
    const struct described_file *file = &settings->described[i];
    json_t *object = json_object(), *columns = json_array();
    for (int k = 0; k < file->columns->n; k++) json_array_append_new(columns, column_json(&file->columns->at[k]));
    json_object_set_new(object, "file", json_string_or_null(file->name));
    json_object_set_new(object, "read", json_string(options_string(file->options, string)));
    json_object_set_new(object, "columns", columns);
    json_array_append_new(array, object);
  }
  return array;
}

static struct file_column read_column(const json_t *json, struct arena *arena) {
  const json_t *shape = json_object_get(json, "shape"), *classes = json_object_get(json, "classes");
  const char *type = json_string_at(json, "type"), *name = json_string_at(json, "name");
  size_t n = json_array_size(classes), rank = json_array_size(shape);
  const char **class = ARENA_ARRAY(arena, const char *, n + 1);
  struct file_column column = {.rows = json_integer_value(json_object_get(json, "rows")),
                               .refused = json_string_at(json, "refused")};
  for (size_t k = 0; k < n; k++) {
    const char *string = json_string_value(json_array_get(classes, k));
    class[k] = string ? string : "";
  }
  column.column = (struct data_column){.name = name ? name : "", .classes = (int)n, .class_name = n ? class : NULL};
  for (size_t k = 0; k < rank && k < MAX_RANK; k++)
    column.column.shape.dim[column.column.shape.rank++] = json_integer_value(json_array_get(shape, k));
  for (int k = F32; k <= I64; k++)
    if (type && !strcmp(type, dtype_name((enum dtype)k))) column.column.type = (enum dtype)k;
  return column;
}

const struct file_columns *manifest_described(const struct manifest *manifest, const char *file,
                                              struct file_options options, struct arena *arena) {
  char string[OPTIONS_STRING];
  size_t i;
  json_t *one;
  json_array_foreach (json_object_get(json_object_get(manifest->json, "data"), "described"), i, one) {
    const char *name = json_string_at(one, "file");
    if (!name || strcmp(name, file) || !json_string_at(one, "read") ||
        strcmp(json_string_at(one, "read"), options_string(options, string)))
      continue;
    const json_t *columns = json_object_get(one, "columns");
    struct file_columns *described = ARENA_NEW(arena, struct file_columns);
    struct file_column *at = ARENA_ARRAY(arena, struct file_column, json_array_size(columns) + 1);
    for (size_t k = 0; k < json_array_size(columns); k++) at[k] = read_column(json_array_get(columns, k), arena);
    *described = (struct file_columns){.path = file, .n = (int)json_array_size(columns), .at = at};
    return described;
  }
  return NULL;
}
