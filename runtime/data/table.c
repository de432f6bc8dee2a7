#include "data/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "data/idx.h"
#include "data/roots.h"

static bool check_labels(const struct array *column, int classes, const char *path, struct fault *fault) {
  const uint8_t *label = column->data;
  int64_t n = column->rows * shape_count(column->shape), per_row = n / column->rows;
  for (int64_t i = 0; i < n; i++)
    if (label[i] >= classes)
      return fault_set(fault, FAULT_DATA, "'%s' holds the label %d in row %lld, where 0 to %d are possible", path,
                       label[i], (long long)(i / per_row), classes - 1);
  return true;
}

static bool load_split(struct table *table, enum data_split split, uint64_t wanted, struct arena *arena,
                       struct fault *fault) {
  const char *first = NULL;
  for (int i = 0; i < table->set->n_columns; i++) {
    const struct data_column *schema = &table->set->column[i];
    struct array *column = &table->column[split][i];
    char *sha256 = table->sha256[split][i];
    if (!(wanted & table_bit(split, i))) continue;
    const char *path = data_file_path(arena, table->folder, &schema->file[split]);
    if (!path)
      return fault_set(fault, FAULT_DATA, "there is no '%s/%s', plain or '.gz'", table->folder,
                       schema->file[split].name);
    if (!idx_read(path, schema, table->set->rows[split], column, sha256, fault)) return false;
    if (strcmp(sha256, schema->file[split].sha256) != 0) table->original = false;
    if (schema->classes && !check_labels(column, schema->classes, path, fault)) return false;
    if (first && column->rows != table->rows[split])
      return fault_set(fault, FAULT_DATA, "'%s' has %lld rows and '%s' has %lld", first,
                       (long long)table->rows[split], path, (long long)column->rows);
    first = path;
    table->rows[split] = column->rows;
  }
  return true;
}

const char *table_lacks(const struct data_set *set, const char *folder, uint64_t wanted, struct arena *arena) {
  for (int split = 0; split < DATA_SPLITS; split++)
    for (int i = 0; i < set->n_columns; i++)
      if (wanted & table_bit(split, i) && !data_file_path(arena, folder, &set->column[i].file[split]))
        return set->column[i].file[split].name;
  return NULL;
}

struct table *table_load(const struct data_set *set, const char *folder, struct fault *fault) {
  return table_load_columns(set, folder, TABLE_WHOLE, fault);
}

struct table *table_load_columns(const struct data_set *set, const char *folder, uint64_t wanted,
                                 struct fault *fault) {
  struct arena *arena = arena_new();
  struct table *table = must_alloc(sizeof *table);
  *table = (struct table){.set = set, .original = true, .partial = wanted != TABLE_WHOLE};
  table->folder = must_alloc(strlen(folder) + 1);
  strcpy(table->folder, folder);
  bool ok = true;
  for (int split = 0; split < DATA_SPLITS; split++) {
    size_t size = size_product((size_t)set->n_columns, sizeof(struct array));
    table->column[split] = memset(must_alloc(size), 0, size);
    size = size_product((size_t)set->n_columns, sizeof **table->sha256);
    table->sha256[split] = memset(must_alloc(size), 0, size);
  }
  for (int split = 0; split < DATA_SPLITS && ok; split++) ok = load_split(table, split, wanted, arena, fault);
  arena_free(arena);
  if (ok) return table;
  fault_hint(fault, "move the folder away and run 'crlc --fetch %s', or name another with --data DIR", set->name);
  table_free(table);
  return NULL;
}

void table_free(struct table *table) {
  if (!table) return;
  for (int split = 0; split < DATA_SPLITS; split++) {
    for (int i = 0; i < table->set->n_columns; i++) free(table->column[split][i].data);
    free(table->column[split]);
    free(table->sha256[split]);
  }
  free(table->folder);
  free(table);
}

const struct array *table_column(const struct table *table, enum data_split split, const char *name) {
  for (int i = 0; i < table->set->n_columns; i++)
    if (strcmp(table->set->column[i].name, name) == 0)
      return table->column[split][i].data ? &table->column[split][i] : NULL;
  return NULL;
}

const char *table_contents(const struct table *table) { return table->original ? "original" : "unknown contents"; }
