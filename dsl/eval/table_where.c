/* Conditions on the columns of a table, and the rows of it for which they hold: `digits where digits.label < 5`.
 *
 * Within a data statement a column that is compared is a condition; what it comes to is found row by row when the table
 * is made (data/choose.c). */
#include "dsl/eval/tables.h"

static struct value condition_value(const struct context *e, const struct data_set *set, struct condition condition,
                                    struct span span) {
  struct value v = {.kind = V_CONDITION, .made = span};
  struct row_condition *row = ARENA_NEW(e->arena, struct row_condition);
  *row = (struct row_condition){.set = set, .condition = condition};
  v.condition = row;
  return v;
}

static const struct condition *kept(const struct context *e, struct condition condition) {
  struct condition *one = ARENA_NEW(e->arena, struct condition);
  *one = condition;
  return one;
}

/* The number that a value of the column is stored as; a string is a class. */
static bool stored_number(const struct context *e, const struct data_column *column, const struct value *v, double *out,
                          struct span span) {
  if (v->kind == V_NUMBER && !column->class_name) return *out = v->number, true;
  if ((v->kind == V_STRING || v->kind == V_KEY) && column->class_name) {
    for (int i = 0; i < column->classes; i++)
      if (!strcmp(column->class_name[i], v->string)) return *out = i, true;
    diag_error(e->diags, DIAG_E0502, span, "no row of '%s' is \"%s\"", column->name, v->string);
    suggest(e, v->string, column->class_name, (size_t)column->classes, "it has");
    return false;
  }
  diag_error(e->diags, DIAG_E0304, span, "'%s' holds %s, not %s", column->name,
             column->class_name ? "strings" : "numbers", describe(e, v));
  return false;
}

static struct value not_a_condition(const struct context *e, const struct value *v, struct span span) {
  diag_error(e->diags, DIAG_E0204, span, "a condition compares columns of a table, and this is %s", describe(e, v));
  diag_hint(e->diags, "write it as in 'digits where digits.label < 5 and not digits.label == 3'");
  return v_error();
}

/* A column of single numbers of a table. */
static bool comparable(const struct context *e, const struct value *v, struct span span) {
  const struct column_value *column = v->column;
  if (column->set && !column->column.shape.rank) return true;
  diag_error(e->diags, DIAG_E0304, span,
             column->set ? "what is compared is one number in a row, and '%s' is more"
                         : "'%s' is of a file: a condition is on columns of a table",
             column->set ? column->column.name : column->source.entry);
  if (!column->set) diag_hint(e->diags, "make one first: 'data d = table(x = ...)', then 'd where d.x > 0'");
  return false;
}

/* One side of a comparison: the column, or a number or string that stands beside it. */
static bool compared_side(const struct context *e, const struct value *side, const struct value *other,
                          struct condition *condition, struct span span) {
  if (side->kind == V_COLUMN) {
    *condition = (struct condition){.kind = CONDITION_COLUMN, .column = side->column->number};
    return true;
  }
  *condition = (struct condition){.kind = CONDITION_NUMBER};
  return stored_number(e, &other->column->column, side, &condition->number, span);
}

static bool same_table(const struct context *e, const struct data_set *a, const struct data_set *b, struct span span) {
  if (a == b) return true;
  diag_error(e->diags, DIAG_E0505, span, "the condition is on columns of %s and of %s, and a row is of one table",
             table_name(e, a), table_name(e, b));
  diag_hint(e->diags, "put their columns together first: 'table(x = a.x, y = b.y)', or join them by a key");
  return false;
}

static struct value compare(const struct context *e, enum ast_op op, const struct value *a, const struct value *b,
                            struct span span) {
  const struct value *column = a->kind == V_COLUMN ? a : b;
  bool ordered = op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE;
  for (const struct value *v = a; v; v = v == a ? b : NULL)
    if (v->kind == V_COLUMN && !comparable(e, v, span)) return v_error();
  if (a->kind == V_COLUMN && b->kind == V_COLUMN && !same_table(e, a->column->set, b->column->set, span))
    return v_error();
  bool names = a->kind == V_COLUMN && b->kind == V_COLUMN &&
               (a->column->column.class_name || b->column->column.class_name);
  if (names || (ordered && column->column->column.class_name)) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' holds strings, which are compared with a string, by '==' and '!='",
               column->column->column.class_name ? column->column->column.name : b->column->column.name);
    return v_error();
  }
  struct condition left, right;
  if (!compared_side(e, a, b, &left, span) || !compared_side(e, b, a, &right, span)) return v_error();
  bool turned = op == OP_GT || op == OP_GE;
  struct condition made = {.kind = op == OP_EQ || op == OP_NE   ? CONDITION_EQUAL
                                   : op == OP_LT || op == OP_GT ? CONDITION_LESS
                                                                : CONDITION_LESS_EQUAL,
                           .kid = {kept(e, turned ? right : left), kept(e, turned ? left : right)}};
  if (op == OP_NE) made = (struct condition){.kind = CONDITION_NOT, .kid = {kept(e, made)}};
  return condition_value(e, column->column->set, made, span);
}

struct value condition_of(const struct context *e, enum ast_op op, const struct value *a, const struct value *b,
                          struct span span) {
  bool compares = op == OP_EQ || op == OP_NE || op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE;
  const struct value *odd = a->kind == V_CONDITION || (compares && a->kind == V_COLUMN) ? b : a;
  if (compares && a->kind != V_CONDITION && b->kind != V_CONDITION) return compare(e, op, a, b, span);
  if ((op != OP_AND && op != OP_OR) || a->kind != V_CONDITION || b->kind != V_CONDITION)
    return not_a_condition(e, odd, span);
  if (!same_table(e, a->condition->set, b->condition->set, span)) return v_error();
  struct condition both = {.kind = op == OP_AND ? CONDITION_AND : CONDITION_OR,
                           .kid = {&a->condition->condition, &b->condition->condition}};
  return condition_value(e, a->condition->set, both, span);
}

struct value condition_not(const struct context *e, const struct value *v, struct span span) {
  if (v->kind != V_CONDITION) return not_a_condition(e, v, span);
  return condition_value(e, v->condition->set,
                         (struct condition){.kind = CONDITION_NOT, .kid = {&v->condition->condition}}, span);
}

static struct value rows_with(const struct context *e, const struct data_set *set, const struct condition *condition,
                              struct span span) {
  int64_t rows[DATA_SPLITS];
  struct derivation how = derivation_of(e, DERIVE_WHERE, &set, 1);
  how.condition = condition;
  for (int s = 0; s < DATA_SPLITS; s++) rows[s] = set->rows[s] ? -1 : 0;
  return same_columns(e, set, how, rows, span);
}

struct value table_where(const struct context *e, const struct value *table, const struct value *v, struct span span) {
  if (v->kind != V_CONDITION) return not_a_condition(e, v, span);
  if (v->condition->set == table->set) return rows_with(e, table->set, &v->condition->condition, span);
  diag_error(e->diags, DIAG_E0505, span, "the rows are of %s, and the condition is on columns of %s",
             table_name(e, table->set), table_name(e, v->condition->set));
  diag_hint(e->diags, "give the table a statement of its own first: 'data some = ...', then 'some where some.x > 0'");
  return v_error();
}

/* filter(t, t.x > 0), and filter(t, .x, [1, 2]). */
TABLE_CALL(call_filter) {
  (void)n;
  if (!wants_table(e, self, &in[0], span)) return v_error();
  if (in[2].kind == V_ERROR && in[1].kind != V_KEY && in[1].kind != V_STRING)
    return table_where(e, &in[0], &in[1], span);
  const struct data_set *set = in[0].set;
  struct values items = {1, &in[2]};
  struct condition among = {.kind = CONDITION_AMONG};
  bool ok = true;
  among.column = key_column(e, self, set, &in[1], "column", &ok, span);
  if (!ok) return v_error();
  if (in[2].kind == V_LIST) items = in[2].list;
  double *value = ARENA_ARRAY(e->arena, double, items.n + 1);
  for (size_t i = 0; i < items.n; i++)
    if (!stored_number(e, &set->column[among.column], &items.at[i], &value[i], span)) return v_error();
  among.values = (int)items.n;
  among.value = value;
  return rows_with(e, set, kept(e, among), span);
}
