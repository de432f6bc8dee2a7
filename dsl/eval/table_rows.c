/* Functions that choose the rows of a table, and put rows of two tables together. */
#include <math.h>
#include <stdlib.h>

#include "dsl/eval/tables.h"

#define CALL(name) TABLE_CALL(name)
#define GIVEN(k) (in[k].kind != V_ERROR)

/* ---- columns of two tables that become one ---- */

static int by_string(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* The classes of both, sorted by name. */
static void unite_classes(const struct context *e, struct data_column *into, const struct data_column *other) {
  if (into->class_name == other->class_name) return;
  int n = into->classes + other->classes, kept = 0;
  const char **name = ARENA_ARRAY(e->arena, const char *, n + 1);
  for (int i = 0; i < n; i++) name[i] = i < into->classes ? into->class_name[i] : other->class_name[i - into->classes];
  qsort(name, (size_t)n, sizeof *name, by_string);
  for (int i = 0; i < n; i++)
    if (!kept || strcmp(name[kept - 1], name[i])) name[kept++] = name[i];
  into->class_name = name;
  into->classes = kept;
  if (kept > 256 && into->type == U8) into->type = I32;
}

/* Makes `into` a column that holds the values of both; false where they are of different kinds. */
static bool unite(const struct context *e, struct data_column *into, const struct data_column *other,
                  struct span span) {
  char a[SHAPE_STRING], b[SHAPE_STRING];
  bool strings = into->class_name != NULL;
  if (!shape_equal(into->shape, other->shape))
    diag_error(e->diags, DIAG_E0505, span, "'%s' is %s in one table and %s in another", into->name,
               shape_string(a, into->shape, false), shape_string(b, other->shape, false));
  else if (strings != (other->class_name != NULL) || (into->classes > 0) != (other->classes > 0) ||
           (!strings && into->classes != other->classes))
    diag_error(e->diags, DIAG_E0505, span, "'%s' has other classes in one table than in another", into->name);
  else {
    into->type = wider(into->type, other->type);
    if (strings) unite_classes(e, into, other);
    into->partial |= other->partial;
    return true;
  }
  return false;
}

/* The columns of two tables: those that both have are one, and one that a table lacks is absent in its rows. */
static bool unite_columns(const struct context *e, struct column_list *list, const struct data_set *a,
                          const struct data_set *b, bool a_partial, bool b_partial, struct span span) {
  for (int i = 0; i < a->n_columns; i++) {
    struct data_column column = a->column[i];
    struct column_source source = {.of = {i, -1, -1}};
    if (is_mask(a, i)) continue;
    for (int k = 0; k < b->n_columns; k++)
      if (!is_mask(b, k) && !strcmp(b->column[k].name, column.name)) source.of[1] = k;
    if (source.of[1] >= 0 && !unite(e, &column, &b->column[source.of[1]], span)) return false;
    column.partial |= source.of[1] < 0 && a_partial;
    add_column(e, list, column, source);
  }
  for (int k = 0; k < b->n_columns; k++) {
    struct column_source source = {.of = {-1, k, -1}};
    struct data_column column = b->column[k];
    bool both = is_mask(b, k);
    for (int i = 0; i < a->n_columns; i++) both |= !is_mask(a, i) && !strcmp(a->column[i].name, column.name);
    column.partial |= b_partial;
    if (!both) add_column(e, list, column, source);
  }
  return true;
}

/* ---- rows ---- */

/* A share or a number of rows; every part of one call is the same kind. */
static bool read_part(const struct context *e, const struct value *v, enum data_split split, struct derivation *how,
                      bool *any, struct span span) {
  if (v->kind == V_ERROR) return true;
  bool share = v->kind == V_NUMBER && v->number > 0 && v->number < 1;
  bool count = v->kind == V_NUMBER && v->number >= 1 && v->number == floor(v->number);
  if (!share && !count) {
    diag_error(e->diags, DIAG_E0304, span, "a split is a share between 0 and 1 or a number of rows, not %s",
               v->kind == V_NUMBER ? arena_format(e->arena, "%g", v->number) : describe(e, v));
    return false;
  }
  if (*any && how->counts != count) {
    diag_error(e->diags, DIAG_E0304, span, "the splits are shares or numbers of rows, not some of each");
    return false;
  }
  *any = true;
  how->counts = count;
  how->part[split] = v->number;
  return true;
}

static bool read_parts(const struct context *e, const struct value *in, const struct data_set *set,
                       struct derivation *how, struct span span) {
  static const enum data_split order[] = {SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST};
  bool any = false;
  double sum = 0;
  how->part[SPLIT_TRAIN] = -1;
  for (int k = 0; k < DATA_SPLITS; k++) {
    if (!read_part(e, &in[k], order[k], how, &any, span)) return false;
    if (in[k].kind == V_ERROR || !k || set->rows[order[k]] == 0) continue;
    diag_error(e->diags, DIAG_E0505, span, "%s has rows for '%s' already", table_name(e, set), split_name(order[k]));
    return false;
  }
  for (int k = 0; k < DATA_SPLITS; k++) sum += how->part[k] > 0 ? how->part[k] : 0;
  if ((any || how->folds) && (how->counts || sum <= 1 + 1e-9)) return true;
  diag_error(e->diags, DIAG_E0304, span,
             any ? "the shares of the splits come to more than 1: %g" : "'split' needs a split", sum);
  if (!any) diag_hint(e->diags, "write 'split(t, train = 0.8, validation = 0.1, test = 0.1)'");
  return false;
}

/* `folds = 5, fold = 2`: a fold is in the place of rows to validate on, so that there may be none of these yet. */
static bool read_folds(const struct context *e, const struct builtin *self, const struct value *in,
                       const struct data_set *set, struct derivation *how, struct span span) {
  double folds = 0, fold = 1;
  if (!read_number(e, self, &in[0], "number of folds", 2, &folds, span) ||
      !read_number(e, self, &in[1], "fold", 1, &fold, span))
    return false;
  how->folds = (int)fmin(folds, 1e9);
  how->fold = (int)fmin(fold, 1e9);
  if (in[1].kind != V_ERROR && !how->folds)
    diag_error(e->diags, DIAG_E0304, span, "'%s' is told which fold, and not of how many: 'folds = 5, fold = 2'",
               self->name);
  else if (how->folds && how->fold > how->folds)
    diag_error(e->diags, DIAG_E0304, span, "there is no fold %d of %d", how->fold, how->folds);
  else if (how->folds && set->rows[SPLIT_VALIDATION] != 0) {
    diag_error(e->diags, DIAG_E0505, span, "%s has rows to validate on, whose place folds would take",
               table_name(e, set));
    diag_hint(e->diags, "leave those out of the table, or put them among the rows to train on");
  } else return true;
  return false;
}

CALL(call_split) {
  (void)n;
  if (!wants_table(e, self, &in[0], span)) return v_error();
  const struct data_set *set = in[0].set;
  struct derivation how = derivation_of(e, DERIVE_SPLIT, &set, 1);
  int64_t rows[DATA_SPLITS];
  if (!read_folds(e, self, in + 8, set, &how, span) || !read_parts(e, in + 1, set, &how, span)) return v_error();
  bool ok = read_seed(e, self, &in[4], &how.seed, span) &&
            read_boolean(e, self, &in[7], "in_order", &how.in_order, span);
  how.key[0] = key_column(e, self, set, &in[5], "by", &ok, span);
  how.group = key_column(e, self, set, &in[6], "group", &ok, span);
  if (ok && how.key[0] >= 0 && how.group >= 0) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' goes by classes or by groups, not by both", self->name);
    ok = false;
  }
  for (int s = 0; s < DATA_SPLITS; s++) rows[s] = s != SPLIT_TRAIN && how.part[s] == 0 ? set->rows[s] : -1;
  if (how.folds) rows[SPLIT_VALIDATION] = -1;
  return ok ? same_columns(e, set, how, rows, span) : v_error();
}

CALL(call_splits) {
  (void)n;
  static const enum data_split order[] = {SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST};
  const struct data_set *of[DATA_SPLITS] = {NULL}, *first = NULL;
  int64_t rows[DATA_SPLITS] = {0};
  for (int k = 0; k < DATA_SPLITS; k++) {
    if (!GIVEN(k)) continue;
    if (!wants_table(e, self, &in[k], span)) return v_error();
    of[order[k]] = in[k].set;
    rows[order[k]] = in[k].set->rows[SPLIT_TRAIN];
    if (!first) first = in[k].set;
  }
  struct column_list list = {0};
  for (int i = 0; i < first->n_columns; i++) {
    struct data_column column = first->column[i];
    struct column_source source = {.of = {-1, -1, -1}};
    if (is_mask(first, i)) continue;
    for (int s = 0; s < DATA_SPLITS; s++) {
      if (!of[s]) continue;
      int k = set_column(e, of[s], column.name, span);
      if (k < 0 || !unite(e, &column, &of[s]->column[k], span)) return v_error();
      source.of[s] = k;
    }
    add_column(e, &list, column, source);
  }
  struct derivation how = derivation_of(e, DERIVE_SPLITS, of, DATA_SPLITS);
  return make_table(e, how, &list, rows, span);
}

/* Every split at most `count` rows; counts of single splits leave the others whole. */
static int64_t rows_taken(int64_t rows, int64_t first, int64_t count) {
  if (rows < 0 || count < 0) return rows;
  int64_t left = rows > first ? rows - first : 0;
  return count < left ? count : left;
}

CALL(call_take) {
  (void)n;
  double first = 0, count[1 + DATA_SPLITS] = {-1, -1, -1, -1};
  static const char *const what[] = {"number of rows", "train", "validation", "test"};
  static const enum data_split order[] = {SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST};
  if (!wants_table(e, self, &in[0], span)) return v_error();
  const struct data_set *set = in[0].set;
  struct derivation how = derivation_of(e, DERIVE_TAKE, &set, 1);
  int64_t rows[DATA_SPLITS];
  for (int k = 0; k <= DATA_SPLITS; k++)
    if (!read_number(e, self, &in[1 + k], what[k], 1, &count[k], span)) return v_error();
  if (!read_number(e, self, &in[5], "first row", 0, &first, span)) return v_error();
  how.first = (int64_t)first;
  for (int k = 0; k < DATA_SPLITS; k++) {
    how.count[order[k]] = (int64_t)(count[1 + k] >= 0 ? count[1 + k] : count[0]);
    rows[order[k]] = rows_taken(set->rows[order[k]], how.first, how.count[order[k]]);
  }
  return same_columns(e, set, how, rows, span);
}

CALL(call_shuffle) {
  (void)n;
  if (!wants_table(e, self, &in[0], span)) return v_error();
  const struct data_set *set = in[0].set;
  struct derivation how = derivation_of(e, DERIVE_SHUFFLE, &set, 1);
  return read_seed(e, self, &in[1], &how.seed, span) ? same_columns(e, set, how, set->rows, span) : v_error();
}

CALL(call_sample) {
  (void)n;
  struct value shuffled[] = {in[0], in[2]}, take[7] = {{0}};
  take[0] = call_shuffle(e, self, shuffled, 2, span);
  take[1] = in[1];
  return take[0].kind == V_ERROR ? take[0] : call_take(e, self, take, 6, span);
}

struct value concat_tables(const struct context *e, const struct value *a, const struct value *b, struct span span) {
  const struct data_set *of[] = {a->set, b->set};
  struct column_list list = {0};
  int64_t rows[DATA_SPLITS];
  for (int s = 0; s < DATA_SPLITS; s++) {
    bool known = of[0]->rows[s] >= 0 && of[1]->rows[s] >= 0;
    rows[s] = known ? of[0]->rows[s] + of[1]->rows[s] : -1;
  }
  if (!unite_columns(e, &list, of[0], of[1], true, true, span)) return v_error();
  return make_table(e, derivation_of(e, DERIVE_CONCAT, of, 2), &list, rows, span);
}

/* How many rows only their values tell, but for splits in which there can be none. */
static void unknown_rows(int64_t rows[DATA_SPLITS], const struct data_set *a, const struct data_set *b, bool either) {
  for (int s = 0; s < DATA_SPLITS; s++) {
    bool none = either ? a->rows[s] == 0 && b->rows[s] == 0 : a->rows[s] == 0 || b->rows[s] == 0;
    rows[s] = none ? 0 : -1;
  }
}

/* Two tables whose rows are put together by a key that both have. */
static bool read_keyed(const struct context *e, const struct builtin *self, struct value *in, struct derivation *how,
                       struct span span) {
  bool ok = true;
  const struct data_set *of[2];
  for (int k = 0; k < 2; k++) {
    if (!wants_table(e, self, &in[k], span)) return false;
    of[k] = in[k].set;
  }
  *how = derivation_of(e, how->kind, of, 2);
  for (int k = 0; k < 2 && ok; k++) how->key[k] = key_column(e, self, of[k], &in[2], "key", &ok, span);
  if (!ok) return false;
  for (int i = 0; i < of[0]->n_columns; i++)
    for (int k = 0; k < of[1]->n_columns; k++) {
      bool same = !is_mask(of[0], i) && !strcmp(of[0]->column[i].name, of[1]->column[k].name) && i != how->key[0];
      if (!same) continue;
      diag_error(e->diags, DIAG_E0505, span, "both tables have a column '%s'", of[0]->column[i].name);
      diag_hint(e->diags, "give one of them another name: 'table(other = b.%s, ...)'", of[0]->column[i].name);
      return false;
    }
  return true;
}

CALL(call_join) {
  (void)n;
  int64_t rows[DATA_SPLITS];
  struct derivation how = {.kind = DERIVE_JOIN};
  struct column_list list = {0};
  bool outer = false;
  if (!read_keyed(e, self, in, &how, span) || !read_boolean(e, self, &in[3], "outer", &outer, span)) return v_error();
  how.outer = outer;
  if (!unite_columns(e, &list, how.of[0], how.of[1], outer, outer, span)) return v_error();
  unknown_rows(rows, how.of[0], how.of[1], outer);
  return make_table(e, how, &list, rows, span);
}

CALL(call_pair) {
  (void)n;
  int64_t rows[DATA_SPLITS];
  struct derivation how = {.kind = DERIVE_PAIR};
  struct column_list list = {0};
  if (!read_keyed(e, self, in, &how, span) || !read_seed(e, self, &in[3], &how.seed, span)) return v_error();
  if (!unite_columns(e, &list, how.of[0], how.of[1], false, false, span)) return v_error();
  unknown_rows(rows, how.of[0], how.of[1], false);
  return make_table(e, how, &list, rows, span);
}

/* Rows that have nothing but a number: what else they have, views compute and draw. */
CALL(call_generate) {
  (void)n;
  static const enum data_split order[] = {SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST};
  struct column_list list = {0};
  struct derivation how = derivation_of(e, DERIVE_ROWS, NULL, 0);
  for (int k = 0; k < DATA_SPLITS; k++) {
    double rows = 0;
    if (!read_number(e, self, &in[k], split_name(order[k]), 1, &rows, span)) return v_error();
    how.count[order[k]] = (int64_t)rows;
  }
  if (!how.count[SPLIT_TRAIN] && !how.count[SPLIT_TEST] && !how.count[SPLIT_VALIDATION]) {
    diag_error(e->diags, DIAG_E0301, span, "'%s' needs a number of rows", self->name);
    diag_hint(e->diags, "write 'generate(train = 1000, test = 1000)'");
    return v_error();
  }
  add_column(e, &list, (struct data_column){.name = "row", .type = I64}, (struct column_source){.of = {-1, -1, -1}});
  return make_table(e, how, &list, how.count, span);
}

CALL(call_numbered) {
  (void)n;
  if (!wants_table(e, self, &in[0], span)) return v_error();
  const struct data_set *set = in[0].set;
  struct column_list list = {0};
  const char *name = GIVEN(1) && (in[1].kind == V_KEY || in[1].kind == V_STRING) ? in[1].string : "row";
  add_columns_of(e, &list, set, 0);
  for (int i = 0; i < set->n_columns; i++)
    if (!strcmp(set->column[i].name, name)) {
      diag_error(e->diags, DIAG_E0505, span, "%s has a column '%s' already", table_name(e, set), name);
      diag_hint(e->diags, "give the number another name: 'numbered(t, .number)'");
      return v_error();
    }
  add_column(e, &list, (struct data_column){.name = name, .type = I64}, (struct column_source){.of = {-1, -1, -1}});
  return make_table(e, derivation_of(e, DERIVE_NUMBER, &set, 1), &list, set->rows, span);
}

CALL(call_present) {
  (void)n;
  if (!wants_table(e, self, &in[0], span)) return v_error();
  const struct data_set *set = in[0].set;
  struct derivation how = derivation_of(e, DERIVE_PRESENT, &set, 1);
  struct column_list list = {0};
  int key = in[1].kind == V_KEY || in[1].kind == V_STRING ? set_column(e, set, in[1].string, span) : -1;
  if (in[1].kind != V_KEY && in[1].kind != V_STRING)
    return wrong(e, self, "a column's key, such as '.x'", &in[1], span);
  if (key < 0) return v_error();
  for (int i = 0; i < set->n_columns; i++) {
    struct column_source source = {.of = {i, -1, -1}};
    struct data_column column = set->column[i];
    if (is_mask(set, i)) continue;
    if (i == key) how.key[0] = (int)list.columns.n;
    column.partial |= i == key;
    add_column(e, &list, column, source);
  }
  return make_table(e, how, &list, set->rows, span);
}
