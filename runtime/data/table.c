#include "data/table.h"

#include <stdlib.h>
#include <string.h>

#include "data/idx.h"
#include "data/roots.h"

static bool check_labels(const struct array *column, int classes, const char *path, struct error *error) {
  const uint8_t *label = column->data;
  int64_t n = column->rows * shape_count(column->shape), per_row = n / column->rows;
  for (int64_t i = 0; i < n; i++)
    if (label[i] >= classes)
      return error_set(error, ERROR_DATA, "'%s' holds the label %d in row %lld, where 0 to %d are possible", path,
                       label[i], (long long)(i / per_row), classes - 1);
  return true;
}

static bool load_split(struct table *table, enum data_split split, struct column_set wanted, struct error *error) {
  const char *first = NULL;
  for (int i = 0; i < table->set->n_columns; i++) {
    const struct data_column *schema = &table->set->column[i];
    struct array *column = &table->column[split][i];
    struct table_file file = {.name = schema->file[split].name};
    if (!column_wanted(wanted, split, i) || !file.name) continue;
    file.path = data_file_path(table->arena, table->folder, &schema->file[split]);
    if (!file.path)
      return error_set(error, ERROR_DATA, "there is no '%s/%s', plain or '.gz'", table->folder, file.name);
    if (!idx_read(file.path, schema, table->set->rows[split], column, file.sha256, error)) return false;
    if (strcmp(file.sha256, schema->file[split].sha256) != 0) table->original = false;
    vec_push(table->arena, &table->files, file);
    if (schema->classes && !check_labels(column, schema->classes, file.path, error)) return false;
    if (first && column->rows != table->rows[split])
      return error_set(error, ERROR_DATA, "'%s' has %lld rows and '%s' has %lld", first, (long long)table->rows[split],
                       file.path, (long long)column->rows);
    first = file.path;
    table->rows[split] = column->rows;
  }
  return true;
}

const char *table_lacks(const struct data_set *set, const char *folder, struct column_set wanted, struct arena *arena) {
  for (int split = 0; split < DATA_SPLITS; split++)
    for (int i = 0; i < set->n_columns; i++) {
      const struct data_file *file = &set->column[i].file[split];
      if (column_wanted(wanted, split, i) && file->name && !data_file_path(arena, folder, file)) return file->name;
    }
  return NULL;
}

struct table *table_new(const struct data_set *set, const char *folder) {
  struct arena *arena = arena_new();
  struct table *table = ARENA_NEW(arena, struct table);
  *table = (struct table){.arena = arena, .set = set, .original = true};
  if (folder) table->folder = arena_copy_string(arena, folder, strlen(folder));
  if (!set->made) vec_push(arena, &table->known, set->name);
  for (int split = 0; split < DATA_SPLITS; split++)
    table->column[split] = ARENA_ARRAY(arena, struct array, (size_t)set->n_columns);
  return table;
}

struct table *table_load(const struct data_set *set, const char *folder, struct error *error) {
  return table_load_columns(set, folder, all_columns, error);
}

struct table *table_load_columns(const struct data_set *set, const char *folder, struct column_set wanted,
                                 struct error *error) {
  struct table *table = table_new(set, folder);
  bool ok = true;
  table->partial = memcmp(&wanted, &all_columns, sizeof wanted) != 0;
  for (int split = 0; split < DATA_SPLITS && ok; split++) ok = load_split(table, (enum data_split)split, wanted, error);
  if (ok) return table;
  error_hint(error, "move the folder away and run 'crlc --fetch %s', or name another with --data DIR", set->name);
  table_free(table);
  return NULL;
}

void table_free(struct table *table) {
  if (!table) return;
  for (int split = 0; split < DATA_SPLITS; split++)
    for (int i = 0; i < table->set->n_columns; i++) free(table->column[split][i].data);
  if (table->open) table->close(table->open);
  arena_free(table->arena);
}

const struct array *table_column(const struct table *table, enum data_split split, const char *name) {
  for (int i = 0; i < table->set->n_columns; i++)
    if (strcmp(table->set->column[i].name, name) == 0)
      return table->column[split][i].data || table->column[split][i].reader ? &table->column[split][i] : NULL;
  return NULL;
}

const char *table_contents(const struct table *table) {
  if (table->set->made) return "as the model makes it";
  return table->original ? "original" : "unknown contents";
}
