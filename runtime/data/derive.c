/* A made table is, for each split, columns of references into stores.  Which rows a table has is decided by its kind
 * (choose.c).  Where their values come from is the same for all kinds: the first of its tables that has the column and
 * the row. */
#include "data/derive.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/made.h"

bool derivation_error(struct deriving *d, const struct derivation *how, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return error_set(d->error, ERROR_DATA, "%s: %s", how->location, text);
}

static bool is_mask(const struct data_set *set, int column) { return column > 0 && set->column[column - 1].partial; }

/* ---- which columns are needed ---- */

static struct made *made_of(struct deriving *d, const struct data_set *set) {
  for (size_t i = 0; i < d->tables.n; i++)
    if (d->tables.at[i]->set == set) return d->tables.at[i];
  struct made *made = ARENA_NEW(d->arena, struct made);
  made->set = set;
  vec_push(d->arena, &d->tables, made);
  return made;
}

static uint64_t bit(int column) { return column < 0 ? 0 : (uint64_t)1 << column; }

/* A mask is as its column; the rows of a kind that goes by a key need the key. */
static void need(struct deriving *d, const struct data_set *set, uint64_t wanted) {
  struct made *made = made_of(d, set);
  const struct derivation *how = set->made;
  for (int k = 1; k < set->n_columns; k++)
    if (is_mask(set, k) && wanted >> k & 1) wanted |= bit(k - 1);
  if (!(wanted & ~made->wanted) && made->wanted) return;
  made->wanted |= wanted | 1; /* the first tells how many rows there are */
  for (int t = 0; how && t < how->tables; t++) {
    uint64_t of = how->kind == DERIVE_SPLITS || t > 1 ? 0 : bit(how->key[t]);
    if (t == 0) of |= bit(how->group) | condition_reads(how->condition);
    for (int k = 0; k < set->n_columns; k++)
      if (made->wanted >> k & 1 && !how->source[k].name) of |= bit(how->source[k].of[t]);
    if (how->of[t]) need(d, how->of[t], of);
  }
}

/* ---- columns of references ---- */

static row_reference *references_to(struct deriving *d, int store, int64_t rows) {
  row_reference *column = ARENA_ARRAY(d->arena, row_reference, (size_t)rows + 1);
  for (int64_t i = 0; i < rows; i++) column[i] = reference_to(store, i);
  return column;
}

static bool make_known(struct deriving *d, struct made *made) {
  for (int split = 0; split < DATA_SPLITS; split++)
    for (int k = 0; k < made->set->n_columns; k++) {
      if (!(made->wanted >> k & 1) || !made->set->column[k].file[split].name) continue;
      int store = store_of_set(d->stores, made->set, made->wanted, (enum data_split)split, k, &made->rows[split],
                               d->error);
      if (store < 0) return false;
      made->column[split][k] = references_to(d, store, made->rows[split]);
    }
  return true;
}

/* Columns side by side are of the same number of rows in every split. */
static bool same_rows(struct deriving *d, struct made *made, int split, int64_t rows, int column, int *first) {
  if (*first < 0) *first = column, made->rows[split] = rows;
  if (made->rows[split] == rows) return true;
  return derivation_error(d, made->set->made, "'%s' has %" PRId64 " rows and '%s' has %" PRId64,
                          made->set->column[*first].name, made->rows[split], made->set->column[column].name, rows);
}

static bool has_nan(const struct array *values, int64_t row) {
  int64_t n = shape_count(values->shape);
  for (int64_t i = row * n; i < (row + 1) * n; i++)
    if (values->type == F32 ? isnan(((float *)values->data)[i])
                            : values->type == F64 && isnan(((double *)values->data)[i]))
      return true;
  return false;
}

static bool drop_nan(struct deriving *d, const struct made *made, int split, int k) {
  row_reference *column = made->column[split][k];
  for (int64_t i = 0; column && i < made->rows[split]; i++) {
    if (column[i] == ROW_ABSENT) continue;
    const struct array *values = store_values(d->stores, reference_store(column[i]), d->error);
    if (!values) return false;
    if (has_nan(values, reference_row(column[i]))) column[i] = ROW_ABSENT;
  }
  return true;
}

static bool make_columns(struct deriving *d, struct made *made) {
  const struct derivation *how = made->set->made;
  int first[DATA_SPLITS] = {-1, -1, -1};
  for (int k = 0; k < made->set->n_columns; k++) {
    const struct column_source *source = &how->source[k];
    if (!(made->wanted >> k & 1) || is_mask(made->set, k)) continue;
    if (source->name) {
      int64_t rows;
      int store = store_of_file(d->stores, source, &made->set->column[k], &rows, d->error);
      if (store < 0 || !same_rows(d, made, SPLIT_TRAIN, rows, k, &first[SPLIT_TRAIN])) return false;
      made->column[SPLIT_TRAIN][k] = references_to(d, store, rows);
      if (source->nan_absent && !drop_nan(d, made, SPLIT_TRAIN, k)) return false;
      continue;
    }
    int table = 0;
    while (source->of[table] < 0) table++;
    const struct made *of = made_of(d, how->of[table]);
    for (int split = 0; split < DATA_SPLITS; split++) {
      if (!same_rows(d, made, split, of->rows[split], k, &first[split])) return false;
      made->column[split][k] = of->column[split][source->of[table]];
    }
  }
  return true;
}

static row_reference *absent_rows(struct deriving *d, int64_t rows) {
  row_reference *column = ARENA_ARRAY(d->arena, row_reference, (size_t)rows + 1);
  for (int64_t i = 0; i < rows; i++) column[i] = ROW_ABSENT;
  return column;
}

/* Every split is the rows to train on of a table of its own. */
static bool make_splits(struct deriving *d, struct made *made) {
  const struct derivation *how = made->set->made;
  for (int split = 0; split < DATA_SPLITS; split++) {
    if (!how->of[split]) continue;
    const struct made *of = made_of(d, how->of[split]);
    made->rows[split] = of->rows[SPLIT_TRAIN];
    for (int k = 0; k < made->set->n_columns; k++)
      if (!is_mask(made->set, k))
        made->column[split][k] = how->source[k].of[split] >= 0 ? of->column[SPLIT_TRAIN][how->source[k].of[split]]
                                                               : absent_rows(d, made->rows[split]);
  }
  return true;
}

static row_reference one_reference(const struct column_source *source, struct made *const *of, int tables,
                                   int from_split, const struct chosen *chosen, int64_t i) {
  for (int t = 0; t < tables; t++) {
    int64_t row = chosen->row[t] ? chosen->row[t][i] : -1;
    const row_reference *column = source->of[t] < 0 ? NULL : of[t]->column[from_split][source->of[t]];
    if (row >= 0 && column && column[row] != ROW_ABSENT) return column[row];
  }
  return ROW_ABSENT;
}

static bool make_chosen(struct deriving *d, struct made *made, int split) {
  const struct derivation *how = made->set->made;
  struct made *of[2] = {made_of(d, how->of[0]), how->tables > 1 ? made_of(d, how->of[1]) : NULL};
  struct chosen chosen;
  bool from_train = how->kind == DERIVE_SPLIT && !of[0]->rows[split];
  if (!choose_rows(d, made->set, of, (enum data_split)split, &chosen)) return false;
  made->rows[split] = chosen.n;
  for (int k = 0; k < made->set->n_columns; k++) {
    if (!(made->wanted >> k & 1) || is_mask(made->set, k)) continue;
    row_reference *column = ARENA_ARRAY(d->arena, row_reference, (size_t)chosen.n + 1);
    for (int64_t i = 0; i < chosen.n; i++)
      column[i] = one_reference(&how->source[k], of, how->tables, from_train ? SPLIT_TRAIN : split, &chosen, i);
    made->column[split][k] = column;
  }
  return true;
}

static bool make_numbers(struct deriving *d, struct made *made, int split) {
  int last = made->set->n_columns - 1;
  int store = store_of_numbers(d->stores, made->rows[split], d->error);
  if (store >= 0) made->column[split][last] = references_to(d, store, made->rows[split]);
  return store >= 0;
}

static bool make(struct deriving *d, struct made *made) {
  const struct derivation *how = made->set->made;
  if (made->ready) return true;
  for (int t = 0; how && t < how->tables; t++)
    if (how->of[t] && !make(d, made_of(d, how->of[t]))) return false;
  for (int split = 0; split < DATA_SPLITS; split++)
    made->column[split] = ARENA_ARRAY(d->arena, row_reference *, made->set->n_columns + 1);
  made->ready = true;
  if (!how) return make_known(d, made);
  if (how->kind == DERIVE_COLUMNS) return make_columns(d, made);
  if (how->kind == DERIVE_SPLITS) return make_splits(d, made);
  bool ok = true;
  for (int split = 0; how->kind == DERIVE_ROWS && split < DATA_SPLITS; split++) {
    made->rows[split] = how->count[split];
    if (!make_numbers(d, made, split)) return false;
  }
  if (how->kind == DERIVE_ROWS) return true;
  for (int split = 0; ok && split < DATA_SPLITS; split++) {
    d->scratch = arena_new();
    ok = make_chosen(d, made, split) && (how->kind != DERIVE_NUMBER || make_numbers(d, made, split)) &&
         (how->kind != DERIVE_PRESENT || drop_nan(d, made, split, how->key[0]));
    arena_free(d->scratch);
  }
  return ok;
}

/* ---- values ---- */

static double number_at(const struct array *values, int64_t i) {
  switch (values->type) {
  case F32: return ((const float *)values->data)[i];
  case F64: return ((const double *)values->data)[i];
  case U8: return ((const uint8_t *)values->data)[i];
  case I32: return ((const int32_t *)values->data)[i];
  case I64: return (double)((const int64_t *)values->data)[i];
  }
  return NAN;
}

static void put_number(struct array *values, int64_t i, double number) {
  switch (values->type) {
  case F32: ((float *)values->data)[i] = (float)number; break;
  case F64: ((double *)values->data)[i] = number; break;
  case U8: ((uint8_t *)values->data)[i] = (uint8_t)number; break;
  case I32: ((int32_t *)values->data)[i] = (int32_t)number; break;
  case I64: ((int64_t *)values->data)[i] = (int64_t)number; break;
  }
}

/* Whether a store's classes have the numbers that they have in the table, whose names may be those of several files. */
static bool same_classes(const struct data_column *table, const struct data_column *file) {
  return !table->class_name || !file || !file->class_name || file->class_name == table->class_name;
}

/* A class of a file as a class of the table. */
static double class_in(const struct data_column *table, const struct data_column *file, double class) {
  if (same_classes(table, file) || isnan(class)) return class;
  const char *name = file->class_name[(int)class];
  for (int low = 0, high = table->classes; low < high;) {
    int middle = (low + high) / 2, order = strcmp(table->class_name[middle], name);
    if (!order) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return NAN;
}

/* Fractions are those that the column has, in single precision, as they are in other files; whole numbers are exact. */
static struct key key_at(const struct array *values, int64_t i) {
  double number = number_at(values, i);
  if (values->type == F64 && number != floor(number)) number = (float)number;
  if (values->type != I64) return (struct key){number, 0};
  int64_t whole = ((const int64_t *)values->data)[i];
  return (struct key){number, number < 0x1p63 ? whole - (int64_t)number : whole - INT64_MAX - 1};
}

struct key *made_keys(struct deriving *d, const struct made *made, enum data_split split, int column,
                      const struct data_column *as) {
  struct key *key = ARENA_ARRAY(d->scratch, struct key, (size_t)made->rows[split] + 1);
  for (int64_t i = 0; i < made->rows[split]; i++) {
    row_reference at = made->column[split][column][i];
    key[i].number = NAN;
    if (at == ROW_ABSENT) continue;
    const struct array *values = store_keys(d->stores, reference_store(at), d->error);
    if (!values) return NULL;
    key[i] = key_at(values, reference_row(at));
    key[i].number = class_in(as, store_column(d->stores, reference_store(at)), key[i].number);
  }
  return key;
}

/* Of the rows of other files, which may hold classes that the model does not know, or lack what all its rows have. */
static bool no_place(struct deriving *d, const struct data_column *column, row_reference at, double class) {
  const struct data_column *file = store_column(d->stores, reference_store(at));
  char string[256];
  if (isnan(class))
    return store_error(d->stores, at, "a missing value", "has no place in", dtype_name(column->type), d->error);
  snprintf(string, sizeof string, "'%s'", file->class_name[(int)class]);
  store_error(d->stores, at, string, "is no class of", "the model", d->error);
  return error_hint(d->error, "'%s' has %d classes, from '%s' to '%s'", column->name, column->classes,
                    column->class_name[0], column->class_name[column->classes - 1]);
}

static bool gather(struct deriving *d, const struct data_column *column, const row_reference *from, struct array *to) {
  int64_t width = shape_count(to->shape);
  size_t bytes = (size_t)width * dtype_size(to->type);
  int store = -1;
  const struct array *values = NULL;
  for (int64_t i = 0; i < to->rows; i++) {
    if (from[i] == ROW_ABSENT) continue; /* the block is of zeros */
    int64_t row = reference_row(from[i]);
    if (!values || reference_store(from[i]) != store)
      values = store_values(d->stores, store = reference_store(from[i]), d->error);
    if (!values) return false;
    const struct data_column *file = store_column(d->stores, store);
    if (values->type == to->type && same_classes(column, file)) {
      memcpy((char *)to->data + (size_t)i * bytes, (const char *)values->data + (size_t)row * bytes, bytes);
      continue;
    }
    for (int64_t k = 0; k < width; k++) {
      double from_file = number_at(values, row * width + k), number = class_in(column, file, from_file);
      bool has_place = !isnan(number) || (isnan(from_file) && (to->type == F32 || to->type == F64));
      if (!has_place) return no_place(d, column, from[i], from_file);
      put_number(to, i * width + k, number);
    }
  }
  return true;
}

/* Whether the rows are those of one store, in its order: then its values are the column. */
static bool is_whole_store(struct deriving *d, const struct data_column *column, const row_reference *from,
                           struct array *to) {
  if (!to->rows || from[0] == ROW_ABSENT) return false;
  for (int64_t i = 0; i < to->rows; i++)
    if (from[i] != reference_to(reference_store(from[0]), i)) return false;
  int store = reference_store(from[0]);
  return same_classes(column, store_column(d->stores, store)) && store_values(d->stores, store, d->error) &&
         store_take(d->stores, store, to->type, to->rows, to);
}

/* ---- columns that are read as they are needed ---- */

struct streamed {
  struct row_reader reader; /* the first, so that it is this struct */
  struct stores *stores;
  const row_reference *from;
  size_t row; /* bytes */
};

/* Rows that follow each other in a file are read together; absent ones are zeros. */
static bool read_streamed(struct row_reader *reader, const int64_t *row, int64_t n, void *out, struct error *error) {
  const struct streamed *streamed = (const struct streamed *)reader;
  int64_t next;
  for (int64_t i = 0; i < n; i = next) {
    row_reference at = streamed->from[row[i]];
    char *to = (char *)out + (size_t)i * streamed->row;
    next = i + 1;
    if (at == ROW_ABSENT) {
      memset(to, 0, streamed->row);
      continue;
    }
    while (next < n && streamed->from[row[next]] == at + (next - i)) next++;
    if (!store_read(streamed->stores, reference_store(at), reference_row(at), next - i, to, error)) return false;
  }
  return true;
}

static bool can_stream(const struct deriving *d, const struct data_column *column, const row_reference *from,
                       int64_t rows) {
  for (int64_t i = 0; i < rows; i++) {
    int store = from[i] == ROW_ABSENT ? -1 : reference_store(from[i]);
    if (store >= 0 &&
        !(store_can_stream(d->stores, store, column->type) && same_classes(column, store_column(d->stores, store))))
      return false;
  }
  return true;
}

static struct row_reader *reader_of(struct deriving *d, const row_reference *from, size_t row) {
  struct streamed *streamed = ARENA_NEW(d->arena, struct streamed);
  *streamed = (struct streamed){.reader = {read_streamed}, .stores = d->stores, .from = from, .row = row};
  return &streamed->reader;
}

/* Straight from the files, so that they are never in memory beside the column. */
static bool read_all(struct deriving *d, const row_reference *from, size_t row, struct array *to) {
  enum { ROWS = 1024 };
  struct row_reader *reader = reader_of(d, from, row);
  int64_t rows[ROWS];
  for (int64_t i = 0; i < to->rows; i += ROWS) {
    int64_t n = to->rows - i < ROWS ? to->rows - i : ROWS;
    for (int64_t k = 0; k < n; k++) rows[k] = i + k;
    if (!reader->read(reader, rows, n, (char *)to->data + (size_t)i * row, d->error)) return false;
  }
  return true;
}

static bool fill(struct deriving *d, struct made *made, int split, int k, bool stream, struct array *to) {
  const struct data_column *column = &made->set->column[k];
  const row_reference *from = made->column[split][is_mask(made->set, k) ? k - 1 : k];
  *to = (struct array){.name = column->name, .type = column->type, .shape = column->shape, .rows = made->rows[split]};
  if (!to->rows) return true;
  size_t row = size_product((size_t)shape_count(to->shape), dtype_size(to->type));
  if (stream && !is_mask(made->set, k) && can_stream(d, column, from, to->rows))
    return (to->reader = reader_of(d, from, row)) != NULL;
  if (!is_mask(made->set, k) && is_whole_store(d, column, from, to)) return to->name = column->name, true;
  if (d->error->kind) return false;
  to->data = block_alloc(size_product((size_t)to->rows, row));
  if (!to->data) {
    error_set(d->error, ERROR_DATA, "no memory for the %" PRId64 " rows of '%s'", to->rows, to->name);
    return error_hint(d->error,
                      "--data-memory says how much of the data may be in memory; the rest is read as it is needed");
  }
  if (!is_mask(made->set, k) && can_stream(d, column, from, to->rows)) return read_all(d, from, row, to);
  if (!is_mask(made->set, k)) return gather(d, column, from, to);
  for (int64_t i = 0; i < to->rows; i++) ((uint8_t *)to->data)[i] = from[i] != ROW_ABSENT;
  return true;
}

static int64_t bytes_of(const struct made *made, struct column_set wanted, int k) {
  int64_t rows = 0;
  for (int split = 0; split < DATA_SPLITS; split++) rows += column_wanted(wanted, split, k) ? made->rows[split] : 0;
  return rows * shape_count(made->set->column[k].shape) * (int64_t)dtype_size(made->set->column[k].type);
}

/* The largest columns until the others fit. */
static uint64_t columns_to_stream(const struct made *made, struct column_set wanted, int64_t memory) {
  uint64_t streamed = 0;
  int64_t sum = 0;
  for (int k = 0; k < made->set->n_columns; k++) sum += bytes_of(made, wanted, k);
  while (sum > memory) {
    int largest = -1;
    for (int k = 0; k < made->set->n_columns; k++)
      if (!(streamed >> k & 1) && (largest < 0 || bytes_of(made, wanted, k) > bytes_of(made, wanted, largest)))
        largest = k;
    if (largest < 0) break;
    streamed |= bit(largest);
    sum -= bytes_of(made, wanted, largest);
  }
  return streamed;
}

static struct table *fill_table(struct deriving *d, struct made *made, struct column_set wanted, int64_t memory) {
  struct table *table = table_new(made->set, NULL);
  uint64_t stream = columns_to_stream(made, wanted, memory);
  table->partial = memcmp(&wanted, &all_columns, sizeof wanted) != 0;
  bool ok = true;
  for (int split = 0; split < DATA_SPLITS; split++) {
    table->rows[split] = made->rows[split];
    for (int k = 0; ok && k < made->set->n_columns; k++)
      ok = !column_wanted(wanted, split, k) || fill(d, made, split, k, stream >> k & 1, &table->column[split][k]);
  }
  if (ok) ok = stores_files(d->stores, table, d->error);
  if (ok) return table;
  table_free(table);
  return NULL;
}

static void end_deriving(void *context) {
  struct deriving *d = context;
  struct arena *arena = d->arena;
  stores_free(d->stores);
  arena_free(arena);
}

struct table *table_derive(const struct data_set *set, const struct data_roots *roots, struct column_set wanted,
                           int64_t memory, struct error *error) {
  struct arena *arena = arena_new();
  struct deriving *d = ARENA_NEW(arena, struct deriving);
  *d = (struct deriving){.arena = arena, .stores = stores_new(roots), .error = error};
  need(d, set, wanted.of[SPLIT_TRAIN] | wanted.of[SPLIT_TEST] | wanted.of[SPLIT_VALIDATION]);
  struct made *made = made_of(d, set);
  struct table *table = make(d, made) ? fill_table(d, made, wanted, memory) : NULL;
  bool streams = false;
  for (int split = 0; table && split < DATA_SPLITS; split++)
    for (int k = 0; k < set->n_columns; k++) streams |= table->column[split][k].reader != NULL;
  if (streams) {
    table->open = d;
    table->close = end_deriving;
  } else {
    end_deriving(d);
  }
  return table;
}
