/* Presence: which rows have a value, and of how many rows a statistic is.
 *
 * A value that only some rows have carries a node that is 1 in these rows and 0 in the others; reductions over the
 * batch see only these rows (reduce.c), and no gradient comes from the others (pass/differentiate.c).  What stands in
 * an absent row is whatever its operations make there, and may be NaN. */
#include "dsl/eval/operation.h"

static const struct attr none;

static struct value where(const struct context *e, struct value a, struct value b, bool was_array, const char *given,
                          struct span span) {
  struct graph *g = graph_of(e);
  const struct value_type *mask = type_of(e, &b);
  double always;
  /* has() of what all rows have */
  if (was_array && graph_is_constant(g, b.array.node, &always) && always == 1) return a;
  if (mask->shape.rank || !b.array.per_sample) {
    diag_error(e->diags, DIAG_E0204, operand_of(e, 1, span), "'where' needs one boolean a row, not %s", given);
    diag_hint(e->diags, "compare something that has one number a row, as in 'v where digits.label < 5'");
    return v_error();
  }
  node_id m = graph_op1(g, OP_nonzero, &none, b.array.node); /* NaN is not true */
  if (b.array.present) m = graph_op2(g, OP_mul, &none, m, b.array.present);
  if (!rows_together(e, &a, &b, &a.array.table, span)) return v_error();
  a.array.per_sample = true;
  a.array.present = a.array.present ? graph_op2(g, OP_mul, &none, a.array.present, m) : m;
  return a;
}

static struct value otherwise(const struct context *e, struct value a, struct value b, struct span span) {
  node_id mine = a.array.present, others = b.array.present;
  if (!mine) return a;
  struct value in[3] = {array_of(e, mine, true, 0, span), a, b};
  in[1].array.present = in[2].array.present = 0;
  struct value v = apply_op(e, OP_select, NULL, in, 3, span);
  if (v.kind != V_ARRAY) return v;
  v.array.present = others ? graph_op2(graph_of(e), OP_max, &none, mine, others) : 0;
  v.array.classes = a.array.classes == b.array.classes ? a.array.classes : 0;
  return v;
}

/* v where m: present only where m is true.  v else w: w where v is absent. */
struct value presence(const struct context *e, enum ast_op op, struct value a, struct value b, struct span span) {
  bool was_array = b.kind == V_ARRAY;
  const char *given = describe(e, &b); /* what was written, before a number becomes an array */
  if (!is_array(e, &a, operand_of(e, 0, span)) || !is_array(e, &b, operand_of(e, 1, span))) return v_error();
  return op == OP_WHERE ? where(e, a, b, was_array, given, span) : otherwise(e, a, b, span);
}

/* ---- how many rows ---- */

/* How many rows there are: all, or those where v is present. */
struct value row_count(const struct context *e, const struct value *v, struct span span) {
  struct graph *g = graph_of(e);
  node_id rows = v->array.present;
  struct attr whose = {.i = {v->array.table ? v->array.table - 1 : 0}};
  if (!rows || !graph_node(g, rows)->type.rows) rows = graph_op0(g, OP_rows, &whose);
  else rows = graph_op1(g, OP_sum_rows, &none, rows);
  if (v->array.present && !graph_node(g, v->array.present)->type.rows)
    rows = graph_op2(g, OP_mul, &none, rows, v->array.present);
  return array_of(e, rows, false, 0, span);
}

/* ---- too few rows ---- */

/* A statistic over the batch and the fewest rows that it means something of.  In a step this is remembered, and looked
 * at when the batch is known; where something is measured, it is NaN over fewer. */
struct value need_rows(const struct context *e, struct value v, double rows, struct span span) {
  struct graph *g = graph_of(e);
  node_id counted = v.array.fewest;
  if (!counted || v.array.on_train) return v;
  if (e->build->kind == BUILD_STEP) {
    struct need need = {e->closure ? e->closure->name : "needs_rows", diag_location(e->diags, span), rows, counted,
                        v.array.node};
    vec_push(e->arena, &e->build->needs, need);
    return v;
  }
  node_id count = counted == ALL_ROWS ? graph_op0(g, OP_rows, &none) : counted;
  node_id few = graph_op2(g, OP_less, &none, count, graph_number(g, rows));
  node_id zero = graph_number(g, 0), nan = graph_op2(g, OP_div, &none, zero, zero);
  struct value in[3] = {array_of(e, few, false, 0, span), array_of(e, nan, false, 0, span), v};
  return apply_op(e, OP_select, NULL, in, 3, span);
}

/* A loss term that no row of a batch has is 0 there, with no gradient. */
struct value nothing_of_no_row(const struct context *e, struct value term, struct span span) {
  node_id counted = term.array.counted;
  if (!counted || counted == ALL_ROWS || term.array.on_train) return term;
  node_id some = graph_op2(graph_of(e), OP_less, &none, graph_number(graph_of(e), 0), counted);
  struct value in[3] = {array_of(e, some, false, 0, span), term, array_number(e, 0)};
  return apply_op(e, OP_select, NULL, in, 3, span);
}
