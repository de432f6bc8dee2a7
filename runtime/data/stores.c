#include "data/stores.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/datafile.h"

enum { ROW_BITS = 40, STORES = 1 << 20 };

struct store {
  const struct data_column *column; /* NULL: numbers of rows */
  struct datafile *file;            /* or: */
  const struct entry *entry;
  int64_t first_class;
  int beside; /* entries that follow in the row: */
  const struct entry **other;
  struct array values; /* data NULL: not read yet */
  struct array keys;   /* the values in double precision, where they are needed */
  bool owned;          /* the values are the store's own, not a known set's */
};

struct opened_file {
  const struct column_source *source;
  struct datafile *file;
};

struct opened_set {
  const struct data_set *set;
  struct table *table;
};

struct stores {
  struct arena *arena;
  const struct data_roots *roots;
  size_t read; /* bytes, since the files' memory was given back */
  VEC(struct store) all;
  VEC(struct opened_file) files;
  VEC(struct opened_set) sets;
};

struct stores *stores_new(const struct data_roots *roots) {
  struct arena *arena = arena_new();
  struct stores *stores = ARENA_NEW(arena, struct stores);
  *stores = (struct stores){.arena = arena, .roots = roots};
  return stores;
}

void stores_free(struct stores *stores) {
  for (size_t i = 0; i < stores->all.n; i++) {
    if (stores->all.at[i].owned) free(stores->all.at[i].values.data);
    free(stores->all.at[i].keys.data);
  }
  for (size_t i = 0; i < stores->files.n; i++) datafile_close(stores->files.at[i].file);
  for (size_t i = 0; i < stores->sets.n; i++) table_free(stores->sets.at[i].table);
  arena_free(stores->arena);
}

row_reference reference_to(int store, int64_t row) { return (int64_t)store << ROW_BITS | row; }
int reference_store(row_reference reference) { return (int)(reference >> ROW_BITS); }
int64_t reference_row(row_reference reference) { return reference & (((int64_t)1 << ROW_BITS) - 1); }

static int add(struct stores *stores, struct store store, int64_t *rows, struct error *error) {
  *rows = store.values.rows;
  if (stores->all.n >= STORES || *rows >> ROW_BITS)
    return error_set(error, ERROR_DATA, "the model's data have too many columns or rows"), -1;
  vec_push(stores->arena, &stores->all, store);
  return (int)stores->all.n - 1;
}

/* ---- files ---- */

static struct datafile *opened(struct stores *stores, const struct column_source *source, struct error *error) {
  for (size_t i = 0; i < stores->files.n; i++) {
    const struct column_source *other = stores->files.at[i].source;
    if (!strcmp(other->path, source->path) && same_options(other->options, source->options))
      return stores->files.at[i].file;
  }
  struct datafile_options options = datafile_options(source->options);
  struct datafile *file = datafile_open(source->path, &options, stores->arena, error);
  if (file) vec_push(stores->arena, &stores->files, (struct opened_file){source, file});
  return file;
}

static struct shape without_ones(struct shape shape) {
  struct shape out = {.rank = 0};
  for (int i = 0; i < shape.rank; i++)
    if (shape.dim[i] != 1) out.dim[out.rank++] = shape.dim[i];
  return out;
}

/* The model was compiled with what a file's headers said then; new rows are other files.  An axis of one makes no
 * difference. */
static bool still_fits(const struct column_source *source, const struct entry *entry, const struct data_column *column,
                       struct error *error) {
  bool strings = column->class_name != NULL, nothing = entry->missing == entry->rows;
  if (!nothing && strings != (entry->class_name != NULL))
    return error_set(error, ERROR_DATA, "'%s' of '%s' holds %s, and '%s' is a column of %s", entry->name, source->path,
                     strings ? "numbers" : "strings", column->name, strings ? "strings" : "numbers");
  struct shape shape = source->beside ? shape_make(1, &(int64_t){source->beside + 1}) : entry->shape;
  char has[SHAPE_STRING], wants[SHAPE_STRING];
  if (!entry->refused && shape_equal(without_ones(shape), without_ones(column->shape))) return true;
  return error_set(error, ERROR_DATA, "'%s' of '%s' has rows of %s, and '%s' is %s", entry->name, source->path,
                   shape_string(has, shape, false), column->name, shape_string(wants, column->shape, false));
}

static bool is_number(const struct datafile *file, const struct entry *entry, struct error *error) {
  const char *why = entry->refused      ? entry->refused
                    : entry->classes    ? "it holds strings"
                    : entry->shape.rank ? "it holds more than a number in a row"
                                        : NULL;
  return !why ||
         error_set(error, ERROR_DATA, "'%s' of '%s' is not a column of numbers: %s", entry->name, file->path, why);
}

/* Those that stand beside an entry, by their names; most often each is the one that follows.  NULL with an error. */
static const struct entry **others(struct stores *stores, const struct datafile *file, const struct entry *entry,
                                   const struct column_source *source, struct error *error) {
  const struct entry **other = ARENA_ARRAY(stores->arena, const struct entry *, (size_t)source->beside + 1);
  if (source->beside && !is_number(file, entry, error)) return NULL;
  for (int k = 0; k < source->beside; k++) {
    bool last = ++entry == file->entry + file->n;
    if (last || strcmp(entry->name, source->other[k])) entry = datafile_entry(file, source->other[k], error);
    if (!entry || !is_number(file, entry, error)) return NULL;
    other[k] = entry;
  }
  return other;
}

int store_of_file(struct stores *stores, const struct column_source *source, const struct data_column *column,
                  int64_t *rows, struct error *error) {
  struct datafile *file = opened(stores, source, error);
  const struct entry *entry = file ? datafile_entry(file, source->entry, error) : NULL;
  const struct entry **other = entry ? others(stores, file, entry, source, error) : NULL;
  if (!other || !still_fits(source, entry, column, error)) return -1;
  struct store store = {
      .column = column,
      .file = file,
      .entry = entry,
      .first_class = source->first_class,
      .beside = source->beside,
      .other = other,
      .owned = true,
      .values = {.name = column->name, .type = column->type, .shape = column->shape, .rows = entry->rows}};
  return add(stores, store, rows, error);
}

/* ---- known sets ---- */

static const struct table *opened_set(struct stores *stores, const struct data_set *set, uint64_t wanted,
                                      struct error *error) {
  for (size_t i = 0; i < stores->sets.n; i++)
    if (stores->sets.at[i].set == set) return stores->sets.at[i].table;
  struct data_location location;
  if (!data_find(&set, 1, stores->roots, stores->arena, &location, error)) return NULL;
  struct table *table = table_load_columns(set, location.folder, (struct column_set){{wanted, wanted, wanted}}, error);
  if (table) vec_push(stores->arena, &stores->sets, (struct opened_set){set, table});
  return table;
}

int store_of_set(struct stores *stores, const struct data_set *set, uint64_t wanted, enum data_split split, int column,
                 int64_t *rows, struct error *error) {
  const struct table *table = opened_set(stores, set, wanted, error);
  if (!table) return -1;
  struct store store = {.column = &set->column[column], .values = table->column[split][column]};
  store.values.rows = table->rows[split];
  return add(stores, store, rows, error);
}

int store_of_numbers(struct stores *stores, int64_t rows, struct error *error) {
  struct store store = {.owned = true, .values = {.name = "row", .type = I64, .rows = rows}};
  int64_t *number = block_alloc(size_product((size_t)rows + 1, sizeof *number));
  if (!number) return error_set(error, ERROR_DATA, "no memory for the numbers of %" PRId64 " rows", rows), -1;
  for (int64_t i = 0; i < rows; i++) number[i] = i;
  store.values.data = number;
  return add(stores, store, &rows, error);
}

/* ---- values ---- */

/* Numbers of a file become classes from 0, and are held to how many there may be. */
static bool read_classes(const struct store *store, void *out, struct error *error) {
  const struct array *values = &store->values;
  int64_t n = values->rows, classes = store->column->classes;
  int64_t *number = block_alloc(size_product((size_t)n + 1, sizeof *number));
  bool ok = number ||
            error_set(error, ERROR_DATA, "no memory for the %" PRId64 " labels of '%s'", n, store->file->path);
  ok = ok && datafile_read(store->file, store->entry, 0, n, I64, number, error);
  for (int64_t i = 0; ok && i < n; i++) {
    int64_t class = number[i] - store->first_class;
    if (class < 0 || class >= classes) {
      ok = error_set(error, ERROR_DATA,
                     "'%s' of '%s' is %" PRId64 " in row %" PRId64 ", where %" PRId64 " to %" PRId64 " are possible",
                     store->entry->name, store->file->path, number[i], i, store->first_class,
                     store->first_class + classes - 1);
      error_hint(error,
                 "'labels(column, classes, first)' says how many classes there are, and the number of the first");
    } else if (values->type == U8) {
      ((uint8_t *)out)[i] = (uint8_t) class;
    } else {
      ((int32_t *)out)[i] = (int32_t) class;
    }
  }
  free(number);
  return ok;
}

/* Each entry's values are read by themselves, and put beside the others in their rows. */
static bool read_beside(const struct store *store, void *out, struct error *error) {
  const struct array *values = &store->values;
  size_t size = dtype_size(values->type), row = size * (size_t)(store->beside + 1);
  char *one = block_alloc(size_product((size_t)values->rows + 1, size));
  bool ok = one || error_set(error, ERROR_DATA, "no memory for a column of '%s'", store->file->path);
  for (int k = 0; ok && k <= store->beside; k++) {
    ok = datafile_read(store->file, k ? store->other[k - 1] : store->entry, 0, values->rows, values->type, one, error);
    for (int64_t i = 0; ok && i < values->rows; i++)
      memcpy((char *)out + (size_t)i * row + (size_t)k * size, one + (size_t)i * size, size);
  }
  free(one);
  return ok;
}

/* Reads the store's values as what `values` says of their type. */
static bool read_values(const struct store *store, struct array *values, struct error *error) {
  size_t row = size_product((size_t)shape_count(values->shape), dtype_size(values->type));
  values->data = block_alloc(size_product((size_t)values->rows + 1, row));
  if (!values->data)
    return error_set(error, ERROR_DATA, "no memory for the %" PRId64 " rows of '%s'", values->rows, store->file->path);
  bool labels = store->column->classes && !store->column->class_name;
  bool ok = labels ? read_classes(store, values->data, error)
            : store->beside
                ? read_beside(store, values->data, error)
                : datafile_read(store->file, store->entry, 0, values->rows, values->type, values->data, error);
  if (ok) return datafile_forget(store->file), true;
  free(values->data);
  values->data = NULL;
  return false;
}

const struct array *store_values(struct stores *stores, int number, struct error *error) {
  struct store *store = &stores->all.at[number];
  struct array *values = &store->values;
  return values->data || read_values(store, values, error) ? values : NULL;
}

const struct array *store_keys(struct stores *stores, int number, struct error *error) {
  struct store *store = &stores->all.at[number];
  bool more_precise = store->file && store->values.type == F32 && store->entry->type == STORED_F64;
  if (!more_precise || store->beside) return store_values(stores, number, error);
  struct array *keys = &store->keys;
  if (keys->data) return keys;
  *keys = store->values;
  keys->type = F64;
  return read_values(store, keys, error) ? keys : NULL;
}

bool store_can_stream(const struct stores *stores, int number, enum dtype type) {
  const struct store *store = &stores->all.at[number];
  return store->values.type == type &&
         (store->values.data || (store->file && !store->beside && !store->column->classes));
}

bool store_read(struct stores *stores, int number, int64_t first, int64_t n, void *out, struct error *error) {
  enum { READ_AT_ONCE = 4 << 20 }; /* pages around a row come with it */
  const struct store *store = &stores->all.at[number];
  const struct array *values = &store->values;
  size_t row = (size_t)shape_count(values->shape) * dtype_size(values->type);
  if (values->data) return memcpy(out, (const char *)values->data + (size_t)first * row, (size_t)n * row), true;
  stores->read += (size_t)n * row;
  if (stores->read > READ_AT_ONCE) {
    stores->read = 0;
    for (size_t i = 0; i < stores->files.n; i++) datafile_forget(stores->files.at[i].file);
  }
  return datafile_read(store->file, store->entry, first, n, values->type, out, error);
}

bool store_error(const struct stores *stores, row_reference at, const char *what, const char *is, const char *other,
                 struct error *error) {
  const struct store *store = &stores->all.at[reference_store(at)];
  return error_set(error, ERROR_DATA, "'%s' of '%s' holds %s in row %" PRId64 ", which %s %s", store->entry->name,
                   store->file->path, what, reference_row(at), is, other);
}

const struct data_column *store_column(const struct stores *stores, int store) { return stores->all.at[store].column; }

bool store_take(struct stores *stores, int number, enum dtype type, int64_t rows, struct array *array) {
  struct store *store = &stores->all.at[number];
  if (!store->owned || !store->values.data || store->values.type != type || store->values.rows != rows) return false;
  *array = store->values;
  store->owned = false;
  return true;
}

static void add_file(struct table *table, struct table_file file) {
  for (size_t i = 0; i < table->files.n; i++)
    if (!strcmp(table->files.at[i].name, file.name)) return;
  file.name = arena_copy_string(table->arena, file.name, strlen(file.name));
  file.path = arena_copy_string(table->arena, file.path, strlen(file.path));
  vec_push(table->arena, &table->files, file);
}

bool stores_files(const struct stores *stores, struct table *table, struct error *error) {
  for (size_t i = 0; i < stores->files.n; i++) {
    const struct column_source *source = stores->files.at[i].source;
    struct table_file file = {source->name, source->path, ""};
    if (!datafile_digest(stores->files.at[i].file, file.sha256, error)) return false;
    add_file(table, file);
  }
  for (size_t i = 0; i < stores->sets.n; i++) {
    const struct table *set = stores->sets.at[i].table;
    for (size_t k = 0; k < set->files.n; k++) add_file(table, set->files.at[k]);
    vec_push(table->arena, &table->known, set->set->name);
    table->original &= set->original;
  }
  return true;
}
