/* Operations of the graph on values: the one way in which evaluation adds what a model computes.  An operation that
 * takes its rows for all there are is made of others where some are absent. */
#include <math.h>
#include <string.h>

#include "dsl/eval/operation.h"

static const struct attr none;

bool is_array(const struct context *e, struct value *value, struct span span) {
  if (value->kind == V_ARRAY) return true;
  if (value->kind == V_NUMBER || value->kind == V_BOOLEAN) {
    struct span made = value->made;
    *value = array_number(e, value->kind == V_NUMBER ? value->number : value->boolean);
    value->made = made;
    return true;
  }
  if (value->kind == V_KEY && value->bare) {
    diag_error(e->diags, DIAG_E0201, value->made.source ? value->made : span, "unknown name '%s'", value->string);
  } else if (value->kind != V_ERROR) {
    diag_error(e->diags, DIAG_E0204, span, "expected an array or a number, not %s", describe(e, value));
    suggest_array(e, value);
  }
  return false;
}

/* ---- sizes ---- */

struct value size_value(const struct context *e, int64_t dim, struct span span) {
  if (dim != BATCH_SIZE) return v_number((double)dim, span);
  return array_of(e, graph_op0(graph_of(e), OP_rows, &none), false, 0, span);
}

bool is_batch_size(const struct context *e, const struct value *v) {
  return v->kind == V_ARRAY && v->array.build == e->build->number &&
         graph_node(graph_of(e), v->array.node)->op == OP_rows;
}

/* ---- of how many rows ---- */

static node_id larger(const struct context *e, node_id a, node_id b) {
  if (a == b || a == ALL_ROWS || b == ALL_ROWS) return a == b ? a : ALL_ROWS;
  return graph_op2(graph_of(e), OP_max, &none, a, b);
}

static node_id smaller(const struct context *e, node_id a, node_id b) {
  if (a == b || a == ALL_ROWS || b == ALL_ROWS) return a == ALL_ROWS ? b : a;
  return graph_op2(graph_of(e), OP_min, &none, a, b);
}

/* What a result is of, by one of its inputs more.  Current rows say more than rows of the training split. */
void count_from(const struct context *e, struct array_value *to, const struct array_value *from) {
  if (!from->counted) return;
  if (!to->counted || (to->on_train && !from->on_train)) {
    to->counted = from->counted;
    to->fewest = from->fewest;
    to->on_train = from->on_train;
  } else if (to->on_train == from->on_train) {
    to->counted = larger(e, to->counted, from->counted);
    to->fewest = smaller(e, to->fewest, from->fewest);
  }
}

/* ---- whose rows ---- */

bool rows_together(const struct context *e, const struct value *a, const struct value *b, int *table,
                   struct span span) {
  int first = a->array.table, second = b->array.table;
  *table = first ? first : second;
  if (!first || !second || first == second) return true;
  const char *one = table_called(e, first - 1), *other = table_called(e, second - 1);
  diag_error(e->diags, DIAG_E0503, caret_of(e, span), "rows of %s do not go together with rows of %s", one, other);
  diag_label(e->diags, a->made, "this has the rows of %s", one);
  diag_label(e->diags, b->made, "this has the rows of %s", other);
  diag_hint(e->diags, "reduce each over its own 'batch' first; or put the columns together in one table: "
                      "'table(x = a.x, y = b.y)', or 'join' by a key");
  return false;
}

/* ---- of rows that are not all there ---- */

/* v with another number in the rows where it is absent, and so present in all. */
struct value only_present(const struct context *e, struct value v, double outside, struct span span) {
  if (!v.array.present) return v;
  struct value in[3] = {array_of(e, v.array.present, true, 0, span), v, array_number(e, outside)};
  in[1].array.present = 0;
  return apply_op(e, OP_select, NULL, in, 3, span);
}

/* v for an operation that fails of some numbers, with NaN, which it does not fail of, in rows in which v is absent or the
 * operation stands in a branch that is not taken. */
static struct value harmless(const struct context *e, struct value v, struct span span) {
  node_id present = v.array.present;
  v = only_present(e, v, NAN, span);
  for (const struct branch *b = e->branch; b && v.kind == V_ARRAY; b = b->outer) {
    const struct value *c = &b->condition;
    if (c->array.build != e->build->number || type_of(e, c)->shape.rank) continue;
    if (type_of(e, c)->rows && !type_of(e, &v)->rows) continue; /* one result for all rows */
    struct value nan = array_number(e, NAN), in[3] = {*c, b->otherwise ? nan : v, b->otherwise ? v : nan};
    in[0].array.present = 0;
    v = apply_op(e, OP_select, NULL, in, 3, span);
  }
  v.array.present = present;
  return v;
}

static struct value of_present_rows(const struct context *e, enum op op, const struct attr *attr, struct value *in,
                                    struct span span);

/* Whether the axes of a that are longer than 1 are axes of b, in their order. */
static bool axes_among(struct shape a, struct shape b) {
  int found = 0;
  for (int k = 0; k < a.rank; k++) {
    if (a.dim[k] == 1) continue;
    while (found < b.rank && b.dim[found] != a.dim[k]) found++;
    if (found++ >= b.rank) return false;
  }
  return true;
}

/* Whether each axis of two arrays is as long as the other's, or 1. */
static bool axes_repeat(struct shape a, struct shape b) {
  bool all = a.rank == b.rank;
  for (int k = 0; all && k < a.rank; k++) all = a.dim[k] == b.dim[k] || a.dim[k] == 1 || b.dim[k] == 1;
  return all;
}

/* What other languages of arrays do by themselves. */
static void suggest_spread(const struct context *e, const struct shape_problem *problem, const struct value *in) {
  if (problem->input[0] < 0 || problem->input[1] < 0) return;
  struct shape a = type_of(e, &in[problem->input[0]])->shape, b = type_of(e, &in[problem->input[1]])->shape;
  if (axes_among(a, b) || axes_among(b, a) || axes_repeat(a, b))
    diag_hint(e->diags, "no axis is repeated by itself: 'spread(v, like, axes)' repeats v over these axes of 'like'");
}

/* The one way in which the front end adds a node: infers, reports, and keeps per_sample and presence.  An operation
 * that takes its rows for all there are is replaced where some are absent. */
struct value apply_op(const struct context *e, enum op op, const struct attr *attr, struct value *in, int n,
                      struct span span) {
  struct shape_problem problem = {.input = {-1, -1}};
  node_id id[MAX_INPUTS], present = 0;
  struct array_value rows = {0};
  struct value whose = {.kind = V_ARRAY};
  bool per_sample = false;
  for (int i = 0; i < n; i++) {
    if (!is_array(e, &in[i], span)) return v_error();
    if (in[i].array.build != e->build->number && (in[i] = value_inside(e, in[i])).kind == V_ERROR) return v_error();
    if (op_info[op].properties & FAILS && (in[i] = harmless(e, in[i], span)).kind == V_ERROR) return v_error();
    id[i] = in[i].array.node;
    per_sample |= in[i].array.per_sample;
    int table = 0;
    if (!rows_together(e, &whose, &in[i], &table, span)) return v_error();
    if (!whose.array.table) whose = in[i];
    count_from(e, &rows, &in[i].array);
    node_id p = in[i].array.present;
    if (p && present && p != present) present = graph_op2(graph_of(e), OP_mul, &none, present, p);
    else if (p) present = p;
  }
  if (present && op_info[op].properties & EVERY_ROW) return of_present_rows(e, op, attr, in, span);
  graph_of(e)->location = (uint64_t)span.source << 32 | span.begin;
  node_id node = graph_add(graph_of(e), op, attr ? attr : &none, id, &problem);
  if (!node) {
    enum diag_code code = op_info[op].class == ELEMENTWISE ? DIAG_E0231 : DIAG_E0232;
    diag_error(e->diags, code, caret_of(e, span), "%s", problem.message);
    blame_inputs(e, op, &problem, in, span);
    if (code == DIAG_E0231) suggest_spread(e, &problem, in);
    return v_error();
  }
  struct value v = array_of(e, node, per_sample, present, span);
  v.array.table = whose.array.table;
  v.array.counted = rows.counted;
  v.array.fewest = rows.fewest;
  v.array.on_train = rows.on_train;
  int64_t count = v.kind == V_ARRAY ? shape_count(type_of(e, &v)->shape) : 0;
  if (count < 0 || count > ELEMENT_LIMIT) {
    diag_error(e->diags, DIAG_E0234, span, "%s has more than %lld elements a row", describe(e, &v),
               (long long)ELEMENT_LIMIT);
    return v_error();
  }
  /* an elementwise result has the shape of an input: remember where that was made, which says more */
  if (op_info[op].class == ELEMENTWISE)
    for (int i = 0; i < n; i++)
      if (in[i].made.source && in[i].array.per_sample == per_sample &&
          shape_equal(type_of(e, &in[i])->shape, type_of(e, &v)->shape)) {
        v.made = in[i].made;
        break;
      }
  return v;
}

static struct value over_space(const struct context *e, struct value per_channel, const struct value *v,
                               struct span span) {
  struct attr attr = {.shape = type_of(e, v)->shape};
  for (int k = 1; k < attr.shape.rank; k++) attr.i[0] |= (int64_t)1 << k;
  return attr.i[0] ? apply_op(e, OP_spread, &attr, &per_channel, 1, span) : per_channel;
}

static struct value on_two(const struct context *e, enum op op, struct value a, struct value b, struct span span) {
  struct value in[2] = {a, b};
  return apply_op(e, op, NULL, in, 2, span);
}

/* in: v, mean, variance, scale, shift, as batch_norm has them; here the gradient goes through mean and variance, which
 * know of presence. */
static struct value normalize_present(const struct context *e, struct value *in, double eps, struct span span) {
  struct value root = on_two(e, OP_add, in[2], v_number(eps, span), span);
  if (root.kind == V_ARRAY) root = apply_op(e, OP_sqrt, NULL, &root, 1, span);
  struct value scale = on_two(e, OP_div, in[3], root, span);
  if (scale.kind == V_ERROR) return scale;
  struct value centred = on_two(e, OP_sub, in[0], over_space(e, in[1], &in[0], span), span);
  struct value scaled = on_two(e, OP_mul, centred, over_space(e, scale, &in[0], span), span);
  return on_two(e, OP_add, scaled, over_space(e, in[4], &in[0], span), span);
}

/* The same of rows that are not all there are, made of operations that know of that: the fused one has not. */
static struct value of_present_rows(const struct context *e, enum op op, const struct attr *attr, struct value *in,
                                    struct span span) {
  if (op == OP_batch_norm) return normalize_present(e, in, attr->f[0], span);
  diag_error(e->diags, DIAG_E0204, span, "'%s' needs a value that every row has", op_info[op].name);
  return v_error();
}

struct value weight_read(const struct context *e, struct value v, struct span span) {
  bool stored = e->held && v.kind == V_ARRAY && v.array.variable && v.array.build == e->build->number;
  bool weight = stored && e->program->variables.at[v.array.variable - 1].kind == VARIABLE_WEIGHT;
  return weight ? apply_op(e, OP_stop, NULL, &v, 1, span) : v;
}

/* ---- classes ---- */

const char *const *class_names(const struct context *e, const struct value *label) {
  const struct graph *g = graph_of(e);
  const bool *reached = graph_reached(e->arena, g, label->array.node);
  const char *const *names = NULL;
  for (node_id id = 1; id <= label->array.node; id++) {
    if (!reached[id] || graph_node(g, id)->op != OP_column) continue;
    const struct column *column = &e->program->columns.at[graph_node(g, id)->attr.i[0]];
    const struct data_set *set = column->kind == COLUMN_DATA ? e->program->tables.at[column->table] : NULL;
    for (int k = 0; set && k < set->n_columns; k++) {
      const struct data_column *at = &set->column[k];
      if (!strcmp(at->name, column->name) && at->class_name && at->classes == label->array.classes)
        names = at->class_name;
    }
  }
  return names;
}
