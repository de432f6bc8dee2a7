/* `data` statements: tables made of files, known sets and other tables.
 *
 * What a statement says is carried out when the model is run (data/derive.c); here only its columns are worked out,
 * from the headers of files.  Within a data statement `t.x` is a column as it is stored; everywhere else it is the
 * array of its values. */
#include <math.h>
#include <stdlib.h>

#include "dsl/eval/tables.h"

#define CALL(name) \
  struct value name(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span)
#define GIVEN(k) (in[k].kind != V_ERROR)

struct value set_value(const struct data_set *set, struct span span) {
  struct value v = {.kind = V_SET, .made = span};
  v.set = set;
  return v;
}

struct value wrong(const struct context *e, const struct builtin *self, const char *what, const struct value *v,
                   struct span span) {
  diag_error(e->diags, DIAG_E0204, span, "'%s' takes %s, not %s", self->name, what, describe(e, v));
  return v_error();
}

/* "pairs.crl:3:12", for what is only seen when the rows are. */
static const char *location_string(const struct context *e, struct span span) {
  int line = 0, column = 0;
  span = diag_location(e->diags, span);
  source_position(e->compile->sources, span.source, span.begin, &line, &column);
  return arena_format(e->arena, "%s:%d:%d", source_get(e->compile->sources, span.source)->name, line, column);
}

const char *table_name(const struct context *e, const struct data_set *set) {
  return set->name ? arena_format(e->arena, "'%s'", set->name) : "the table";
}

/* ---- numbers and strings of a call ---- */

bool read_number(const struct context *e, const struct builtin *self, const struct value *v, const char *what,
                 double least, double *out, struct span span) {
  if (v->kind == V_ERROR) return true; /* not given: as it stands */
  if (v->kind == V_NUMBER && v->number == floor(v->number) && v->number >= least && v->number < 1e15)
    return *out = v->number, true;
  if (v->kind == V_NUMBER)
    diag_error(e->diags, DIAG_E0304, span, "'%s' takes an integer from %g for its %s, not %g", self->name, least, what,
               v->number);
  else
    diag_error(e->diags, DIAG_E0304, span, "'%s' takes an integer from %g for its %s, not %s", self->name, least, what,
               describe(e, v));
  return false;
}

bool read_seed(const struct context *e, const struct builtin *self, const struct value *v, uint64_t *seed,
               struct span span) {
  double number = 1;
  bool ok = read_number(e, self, v, "seed", 0, &number, span);
  *seed = (uint64_t)number;
  return ok;
}

bool read_boolean(const struct context *e, const struct builtin *self, const struct value *v, const char *what,
                  bool *out, struct span span) {
  if (v->kind == V_ERROR) return true;
  if (v->kind == V_BOOLEAN) return *out = v->boolean, true;
  diag_error(e->diags, DIAG_E0304, span, "'%s' takes true or false for its %s, not %s", self->name, what,
             describe(e, v));
  return false;
}

/* ---- columns ---- */

bool is_mask(const struct data_set *set, int column) { return column > 0 && set->column[column - 1].partial; }

int set_column(const struct context *e, const struct data_set *set, const char *name, struct span span) {
  VEC(const char *) all = {0};
  for (int i = 0; i < set->n_columns; i++) {
    if (is_mask(set, i)) continue;
    if (!strcmp(set->column[i].name, name)) return i;
    vec_push(e->arena, &all, set->column[i].name);
  }
  diag_error(e->diags, DIAG_E0502, span, "%s%s has no column '%s'", set->made ? "" : "data set ", table_name(e, set),
             name);
  suggest(e, name, all.at, all.n, "it has");
  return -1;
}

/* A column that a key names; -1 where it is not given or wrong (then *ok is false). */
int key_column(const struct context *e, const struct builtin *self, const struct data_set *set, const struct value *v,
               const char *what, bool *ok, struct span span) {
  int column = -1;
  if (v->kind == V_ERROR) return -1;
  if (v->kind == V_KEY || v->kind == V_STRING) column = set_column(e, set, v->string, span);
  else
    diag_error(e->diags, DIAG_E0304, span, "'%s' takes a column's key for its %s, such as '.label', not %s", self->name,
               what, describe(e, v));
  if (column >= 0 && set->column[column].shape.rank) {
    diag_error(e->diags, DIAG_E0304, span, "the %s of '%s' is one number in a row, and '%s' is more", what, self->name,
               set->column[column].name);
    column = -1;
  }
  *ok &= column >= 0;
  return column;
}

void add_column(const struct context *e, struct column_list *list, struct data_column column,
                struct column_source source) {
  vec_push(e->arena, &list->columns, column);
  vec_push(e->arena, &list->sources, source);
  if (!column.partial) return;
  struct data_column mask = {.name = arena_format(e->arena, "%s?", column.name), .type = U8};
  vec_push(e->arena, &list->columns, mask);
  vec_push(e->arena, &list->sources, (struct column_source){.of = {-1, -1, -1}});
}

/* Columns of one table as they are: the k-th of the tables that the new one is made of. */
void add_columns_of(const struct context *e, struct column_list *list, const struct data_set *set, int k) {
  for (int i = 0; i < set->n_columns; i++) {
    struct column_source source = {.of = {-1, -1, -1}};
    source.of[k] = i;
    if (!is_mask(set, i)) add_column(e, list, set->column[i], source);
  }
}

enum { MOST_COLUMNS = 63 }; /* a set of columns is the bits of one word */

struct value make_table(const struct context *e, struct derivation how, const struct column_list *list,
                        const int64_t rows[DATA_SPLITS], struct span span) {
  if (list->columns.n > MOST_COLUMNS) {
    diag_error(e->diags, DIAG_E0505, span, "a table has at most %d columns, not %zu", MOST_COLUMNS, list->columns.n);
    return v_error();
  }
  struct derivation *made = ARENA_NEW(e->arena, struct derivation);
  struct data_set *set = ARENA_NEW(e->arena, struct data_set);
  how.location = location_string(e, span);
  how.source = list->sources.at;
  *made = how;
  *set = (struct data_set){.n_columns = (int)list->columns.n, .column = list->columns.at, .made = made};
  memcpy(set->rows, rows, sizeof set->rows);
  return set_value(set, span);
}

struct derivation derivation_of(const struct context *e, enum derivation_kind kind, const struct data_set *const *of,
                                int n) {
  const struct data_set **tables = ARENA_ARRAY(e->arena, const struct data_set *, DATA_SPLITS);
  for (int k = 0; k < n; k++) tables[k] = of[k];
  return (struct derivation){.kind = kind, .tables = n, .of = tables, .key = {-1, -1}, .group = -1};
}

/* A table with the columns of another and other rows. */
struct value same_columns(const struct context *e, const struct data_set *of, struct derivation how,
                          const int64_t rows[DATA_SPLITS], struct span span) {
  struct column_list list = {0};
  add_columns_of(e, &list, of, 0);
  return make_table(e, how, &list, rows, span);
}

bool wants_table(const struct context *e, const struct builtin *self, const struct value *v, struct span span) {
  if (v->kind == V_SET) return true;
  wrong(e, self, "a table", v, span);
  if (v->kind == V_COLUMN || v->kind == V_FILE) diag_hint(e->diags, "make one: 'table(x = ...)'");
  return false;
}

enum dtype wider(enum dtype a, enum dtype b) {
  static const int rank[] = {[U8] = 0, [I32] = 1, [I64] = 2, [F32] = 3, [F64] = 4};
  return rank[a] > rank[b] ? a : b;
}

/* ---- files ---- */

struct value file_field(const struct context *e, const struct value *file, const char *name, struct span span) {
  const struct file_columns *columns = file->file->columns;
  VEC(const char *) all = {0};
  for (int i = 0; i < columns->n; i++) {
    if (strcmp(columns->at[i].column.name, name)) {
      vec_push(e->arena, &all, columns->at[i].column.name);
      continue;
    }
    if (columns->at[i].refused) {
      diag_error(e->diags, DIAG_E0505, span, "'%s' of '%s' cannot be read: %s", name, file->file->name,
                 columns->at[i].refused);
      return v_error();
    }
    struct column_value *column = ARENA_NEW(e->arena, struct column_value);
    *column = (struct column_value){.column = columns->at[i].column, .rows = columns->at[i].rows};
    column->source = (struct column_source){.name = file->file->name,
                                            .path = columns->path,
                                            .entry = name,
                                            .options = file->file->options,
                                            .of = {-1, -1, -1}};
    struct value v = {.kind = V_COLUMN, .made = span};
    v.column = column;
    return v;
  }
  diag_error(e->diags, DIAG_E0502, span, "'%s' holds no '%s'", file->file->name, name);
  suggest(e, name, all.at, all.n, "it holds");
  return v_error();
}

/* How it is to be read: by = "columns", header = false, delimiter = ";". */
static bool read_file_options(const struct context *e, const struct builtin *self, const struct value *in,
                              struct file_options *options, struct span span) {
  bool header = false, one_char = in[2].kind == V_STRING && strlen(in[2].string) == 1;
  if (GIVEN(0) && !(in[0].kind == V_STRING && (!strcmp(in[0].string, "rows") || !strcmp(in[0].string, "columns")))) {
    diag_error(e->diags, DIAG_E0304, span, "samples are \"rows\" or \"columns\", not %s", describe(e, &in[0]));
    return false;
  }
  if (!read_boolean(e, self, &in[1], "header", &header, span)) return false;
  if (GIVEN(2) && !one_char) {
    diag_error(e->diags, DIAG_E0304, span, "a delimiter is one character, such as \";\", not %s", describe(e, &in[2]));
    return false;
  }
  options->by_columns = GIVEN(0) && !strcmp(in[0].string, "columns");
  options->header = GIVEN(1) && header;
  options->no_header = GIVEN(1) && !header;
  options->delimiter = GIVEN(2) ? in[2].string[0] : 0;
  return true;
}

/* A file with one array in it is that array. */
static bool as_column(const struct context *e, struct value *v, struct span span) {
  if (v->kind == V_FILE && v->file->columns->n == 1) *v = file_field(e, v, v->file->columns->at[0].column.name, span);
  if (v->kind == V_COLUMN || v->kind == V_ERROR) return v->kind == V_COLUMN;
  if (v->kind == V_FILE) {
    VEC(const char *) all = {0};
    for (int i = 0; i < v->file->columns->n; i++) vec_push(e->arena, &all, v->file->columns->at[i].column.name);
    diag_error(e->diags, DIAG_E0204, span, "'%s' holds several arrays, and a column is one", v->file->name);
    suggest(e, "", all.at, all.n, "it holds");
    return false;
  }
  diag_error(e->diags, DIAG_E0204, span, "a column is of a file or a table, not %s", describe(e, v));
  if (v->kind == V_ARRAY) diag_hint(e->diags, "name the column itself, such as 'digits.image', and compute in a view");
  return false;
}

/* ---- files that a model declares ---- */

/* What `shape` and `classes` say of the rows of an array: false where they say nothing, or with *ok false. */
static bool read_declared(const struct context *e, const struct value *shape, const struct value *classes,
                          struct data_column *column, bool *ok, struct span span) {
  struct values sizes = {0}, names = {0};
  if (shape->kind == V_ERROR && classes->kind == V_ERROR) return false;
  if (shape->kind == V_LIST) sizes = shape->list;
  if (classes->kind == V_LIST) names = classes->list;
  *ok = (shape->kind == V_LIST || (shape->kind == V_ERROR && names.n)) && sizes.n <= MAX_RANK &&
        (classes->kind == V_ERROR || names.n > 1);
  for (size_t i = 0; *ok && i < sizes.n; i++) {
    double size = sizes.at[i].number;
    *ok = sizes.at[i].kind == V_NUMBER && size >= 1 && size == floor(size) && size < 1e9;
    column->shape.dim[column->shape.rank++] = *ok ? (int64_t)size : 1;
  }
  const char **name = ARENA_ARRAY(e->arena, const char *, names.n + 1);
  for (size_t i = 0; *ok && i < names.n; i++) {
    *ok = names.at[i].kind == V_STRING && (!i || strcmp(names.at[i - 1].string, names.at[i].string) < 0);
    name[i] = names.at[i].string;
  }
  column->type = !names.n ? F32 : names.n <= 256 ? U8 : I32;
  column->classes = (int)names.n;
  if (names.n) column->class_name = name;
  if (*ok) return true;
  diag_error(e->diags, DIAG_E0304, span,
             "a file is declared by the shape of a row, a list of sizes, or by its classes, a sorted list of strings");
  diag_hint(e->diags, "write 'file(\"x.npy\", shape = [784])', or 'file(\"kinds.csv\", \"kind\", classes = [\"cat\", "
                      "\"dog\"])'");
  return false;
}

/* What is in the file is what was declared of it. */
static struct value as_declared(const struct context *e, struct value v, const struct data_column *declared,
                                struct span span) {
  char has[SHAPE_STRING], says[SHAPE_STRING];
  if (v.kind != V_COLUMN) return v;
  const struct data_column *column = &v.column->column;
  bool same = column->classes == declared->classes;
  if (!shape_equal(column->shape, declared->shape)) {
    diag_error(e->diags, DIAG_E0505, span, "'%s' of '%s' has rows of %s, and is declared as %s", column->name,
               v.column->source.name, shape_string(has, column->shape, false),
               shape_string(says, declared->shape, false));
    return v_error();
  }
  if (!declared->class_name) return v;
  for (int i = 0; same && i < column->classes; i++)
    same = column->class_name && !strcmp(column->class_name[i], declared->class_name[i]);
  if (same) return v;
  diag_error(e->diags, DIAG_E0505, span, "'%s' of '%s' does not hold the classes that are declared", column->name,
             v.column->source.name);
  if (column->class_name) suggest(e, "", column->class_name, (size_t)column->classes, "it holds");
  return v_error();
}

/* A file that is not there is what was declared of it, where no rows are to be read. */
static const struct file_columns *declared_file(const struct context *e, const char *name, const struct value *entry,
                                                const struct data_column *declared) {
  struct file_columns *columns = ARENA_NEW(e->arena, struct file_columns);
  struct file_column *at = ARENA_NEW(e->arena, struct file_column);
  *at = (struct file_column){.column = *declared, .rows = -1};
  at->column.name = entry->kind == V_STRING || entry->kind == V_KEY ? entry->string : name;
  *columns = (struct file_columns){.path = name, .n = 1, .at = at};
  return columns;
}

static struct value data_missing(const struct context *e, const struct error *error, struct span span) {
  if (!e->compile->error->kind) {
    if (error->kind) *e->compile->error = *error;
    else error_set(e->compile->error, ERROR_DATA, "%s: there are no files here", location_string(e, span));
  }
  return v_error();
}

CALL(call_file) {
  (void)n;
  struct file_options options = {0};
  if (in[0].kind != V_STRING) return wrong(e, self, "the name of a file", &in[0], span);
  if (GIVEN(1) && in[1].kind != V_STRING && in[1].kind != V_KEY)
    return wrong(e, self, "the name of what is in it", &in[1], span);
  if (!read_file_options(e, self, &in[2], &options, span)) return v_error();
  const char *name = in[0].string;
  if (*name == '/' || strstr(name, "..") || !*name) {
    diag_error(e->diags, DIAG_E0505, span, "a model reads files beside it or in its data directory, not '%s'", name);
    diag_hint(e->diags, "name the file alone, and its folder with --data DIR");
    return v_error();
  }
  struct error error = {0};
  struct data_column declaration = {0};
  bool ok = true, declared = read_declared(e, &in[5], &in[6], &declaration, &ok, span);
  if (!ok) return v_error();
  const struct file_columns *columns = e->compile->describe_file
                                           ? e->compile->describe_file(e->compile->data_context, name, options, &error)
                                           : NULL;
  if (!columns && declared && e->compile->without_rows) columns = declared_file(e, name, &in[1], &declaration);
  if (!columns) return data_missing(e, &error, span);
  struct file_value *file = ARENA_NEW(e->arena, struct file_value);
  *file = (struct file_value){name, columns, options};
  struct value v = {.kind = V_FILE, .made = span};
  v.file = file;
  if (GIVEN(1)) v = file_field(e, &v, in[1].string, span);
  else if (declared && !as_column(e, &v, span)) return v_error();
  return declared ? as_declared(e, v, &declaration, span) : v;
}

static int entry_named(const struct context *e, const struct file_value *file, const struct value *v, int otherwise,
                       struct span span) {
  if (v->kind == V_ERROR) return otherwise;
  VEC(const char *) all = {0};
  const char *name = v->kind == V_STRING || v->kind == V_KEY ? v->string : "";
  for (int i = 0; i < file->columns->n; i++) {
    if (!strcmp(file->columns->at[i].column.name, name)) return i;
    vec_push(e->arena, &all, file->columns->at[i].column.name);
  }
  diag_error(e->diags, DIAG_E0502, span, "'%s' has no column '%s'", file->name, name);
  suggest(e, name, all.at, all.n, "it has");
  return -1;
}

/* Columns of numbers side by side are one array. */
CALL(call_columns) {
  (void)n;
  if (in[0].kind != V_FILE) return wrong(e, self, "a file", &in[0], span);
  const struct file_columns *columns = in[0].file->columns;
  int first = entry_named(e, in[0].file, &in[1], 0, span);
  int last = entry_named(e, in[0].file, &in[2], columns->n - 1, span);
  if (first < 0 || last < 0) return v_error();
  if (last < first) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' comes before '%s' in '%s'", columns->at[last].column.name,
               columns->at[first].column.name, in[0].file->name);
    return v_error();
  }
  struct value v = file_field(e, &in[0], columns->at[first].column.name, span);
  if (v.kind == V_ERROR) return v;
  struct column_value *column = (struct column_value *)v.column;
  const char **other = ARENA_ARRAY(e->arena, const char *, last - first + 1);
  for (int i = first; i <= last; i++) {
    const struct file_column *at = &columns->at[i];
    const char *why = at->refused             ? at->refused
                      : at->column.class_name ? "it holds strings"
                      : at->column.shape.rank ? "it holds more than a number in a row"
                                              : NULL;
    if (why) {
      diag_error(e->diags, DIAG_E0505, span, "'%s' of '%s' is not a column of numbers: %s", at->column.name,
                 in[0].file->name, why);
      diag_hint(e->diags, "name the first and the last to take: 'columns(file(...), \"first\", \"last\")'");
      return v_error();
    }
    column->column.type = wider(column->column.type, at->column.type);
    if (i > first) other[i - first - 1] = at->column.name;
  }
  column->source.beside = last - first;
  column->source.other = other;
  column->column.shape = (struct shape){.rank = 1, .dim = {last - first + 1}};
  return v;
}

/* What a view computes, as classes from 0. */
static struct value array_labels(const struct context *e, const struct builtin *self, struct value *in,
                                 struct span span) {
  double classes = 0;
  if (!read_number(e, self, &in[1], "number of classes", 2, &classes, span)) return v_error();
  if (GIVEN(2) || !in[0].array.per_sample || type_of(e, &in[0])->shape.rank) {
    diag_error(e->diags, DIAG_E0304, span,
               GIVEN(2) ? "'first' is for a file's column: classes that are computed begin at 0"
                        : "a label is one number in a row, not %s",
               describe(e, &in[0]));
    return v_error();
  }
  in[0].array.classes = (int)fmin(classes, 1e9);
  return in[0];
}

CALL(call_labels) {
  (void)n;
  double classes = 0, first = 0;
  if (in[0].kind == V_ARRAY && !e->in_data) return array_labels(e, self, in, span);
  if (!as_column(e, &in[0], span) || !read_number(e, self, &in[1], "number of classes", 2, &classes, span) ||
      !read_number(e, self, &in[2], "first class", -1e9, &first, span))
    return v_error();
  struct column_value *column = ARENA_NEW(e->arena, struct column_value);
  *column = *in[0].column;
  if (column->set || column->column.shape.rank || column->column.class_name) {
    diag_error(e->diags, DIAG_E0304, span,
               column->set                 ? "'labels' is used on a file's column, where it is read"
               : column->column.shape.rank ? "a label is one number in a row"
                                           : "strings are labels already");
    return v_error();
  }
  column->column.classes = (int)fmin(classes, 1e9);
  column->column.type = classes <= 256 ? U8 : I32;
  column->source.first_class = (int64_t)first;
  in[0].column = column;
  return in[0];
}

/* ---- tables of columns ---- */

struct value column_value(const struct context *e, const struct data_set *set, const char *name, struct span span) {
  int k = set_column(e, set, name, span);
  if (k < 0) return v_error();
  struct column_value *column = ARENA_NEW(e->arena, struct column_value);
  *column = (struct column_value){.set = set, .number = k, .column = set->column[k]};
  struct value v = {.kind = V_COLUMN, .made = span};
  v.column = column;
  return v;
}

static int table_number(const struct context *e, struct derivation *how, const struct data_set *set, struct span span) {
  const struct data_set **of = (const struct data_set **)how->of;
  for (int k = 0; k < how->tables; k++)
    if (of[k] == set) return k;
  if (how->tables < DATA_SPLITS) return of[how->tables] = set, how->tables++;
  diag_error(e->diags, DIAG_E0505, span, "a table takes columns of at most %d others at once", DATA_SPLITS);
  diag_hint(e->diags, "put some of them together in a table of their own first");
  return -1;
}

/* Rows that are known to differ in number do not stand side by side. */
static bool fits_beside(const struct context *e, int64_t have[DATA_SPLITS], const int64_t rows[DATA_SPLITS],
                        const char *first, const char *name, struct span span) {
  for (int split = 0; split < DATA_SPLITS; split++) {
    if (have[split] == rows[split] || rows[split] < 0) continue;
    if (have[split] >= 0 && first) {
      diag_error(e->diags, DIAG_E0505, span, "'%s' has %lld rows%s%s and '%s' has %lld", first, (long long)have[split],
                 split == SPLIT_TRAIN ? "" : " to ", split == SPLIT_TRAIN ? "" : split_name((enum data_split)split),
                 name, (long long)rows[split]);
      diag_hint(e->diags, "'join(a, b, on = .id)' puts rows together by a key");
      return false;
    }
    have[split] = rows[split];
  }
  return true;
}

CALL(call_table) {
  (void)n;
  struct derivation how = derivation_of(e, DERIVE_COLUMNS, NULL, 0);
  struct column_list list = {0};
  int64_t rows[DATA_SPLITS] = {-1, -1, -1};
  const char *first = NULL;
  if (in[0].kind != V_RECORD || !in[0].record->fields.n) {
    diag_error(e->diags, DIAG_E0301, span, "'%s' needs columns", self->name);
    diag_hint(e->diags, "write 'table(x = file(\"x.npy\"), y = file(\"y.npy\"))'");
    return v_error();
  }
  for (size_t i = 0; i < in[0].record->fields.n; i++) {
    const struct field *field = &in[0].record->fields.at[i];
    struct value v = *field->value;
    if (!as_column(e, &v, v.made)) return v_error();
    const struct column_value *from = v.column;
    int64_t own[DATA_SPLITS] = {from->rows};
    struct column_source source = from->source;
    if (from->set) {
      int k = table_number(e, &how, from->set, v.made);
      if (k < 0) return v_error();
      source = (struct column_source){.of = {-1, -1, -1}};
      source.of[k] = from->number;
      memcpy(own, from->set->rows, sizeof own);
    }
    if (!fits_beside(e, rows, own, first, field->name, v.made)) return v_error();
    if (!first) first = field->name;
    struct data_column column = from->column;
    column.name = field->name;
    add_column(e, &list, column, source);
  }
  return make_table(e, how, &list, rows, span);
}

CALL(call_drop) {
  (void)n;
  struct column_list list = {0};
  struct values items = {1, &in[1]};
  if (!wants_table(e, self, &in[0], span)) return v_error();
  const struct data_set *set = in[0].set;
  bool ok = true, *gone = ARENA_ARRAY(e->arena, bool, set->n_columns + 1);
  if (in[1].kind == V_LIST) items = in[1].list;
  for (size_t i = 0; ok && i < items.n; i++) {
    const struct value *v = &items.at[i];
    int k = v->kind == V_KEY || v->kind == V_STRING ? set_column(e, set, v->string, span) : -1;
    if (v->kind != V_KEY && v->kind != V_STRING)
      return wrong(e, self, "a column's key, such as '.label', or a list of them", v, span);
    ok = k >= 0;
    if (ok) gone[k] = true;
  }
  for (int k = 0; ok && k < set->n_columns; k++) {
    struct column_source source = {.of = {k, -1, -1}};
    if (!gone[k] && !is_mask(set, k)) add_column(e, &list, set->column[k], source);
  }
  if (ok && !list.columns.n) {
    diag_error(e->diags, DIAG_E0505, span, "'%s' leaves no column", self->name);
    ok = false;
  }
  return ok ? make_table(e, derivation_of(e, DERIVE_COLUMNS, &set, 1), &list, set->rows, span) : v_error();
}
