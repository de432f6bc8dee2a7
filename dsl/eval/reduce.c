/* Sums, means and the largest, over the axes of a row and over the current rows. */
#include <math.h>

#include "dsl/eval/operation.h"

void no_axis(const struct context *e, const char *what, double axis, int rank, struct span span) {
  diag_error(e->diags, DIAG_E0304, span, "'%s' of axis %g of an array with %d ax%s", what, axis, rank,
             rank == 1 ? "is" : "es");
  diag_hint(e->diags, "axes are counted from 0, or from the end where negative, and the batch is none");
}

/* Reads `batch`, `space`, a number, or a list of them. */
bool read_axes(const struct context *e, const char *what, const struct value *axes, int rank, int64_t *set, bool *batch,
               struct span span) {
  if (axes->kind == V_LIST) {
    for (size_t i = 0; i < axes->list.n; i++)
      if (!read_axes(e, what, &axes->list.at[i], rank, set, batch, span)) return false;
    return true;
  }
  if (axes->kind == V_AXIS && axes->axis == AXIS_BATCH) {
    *batch = true;
    return true;
  }
  if (axes->kind == V_AXIS) {
    for (int k = 1; k < rank; k++) *set |= (int64_t)1 << k;
    return true;
  }
  if (axes->kind == V_NUMBER && axes->number == floor(axes->number) && axes->number >= -rank && axes->number < rank) {
    *set |= (int64_t)1 << (int)(axes->number < 0 ? axes->number + rank : axes->number);
    return true;
  }
  if (axes->kind == V_NUMBER) no_axis(e, what, axes->number, rank, span);
  else
    diag_error(e->diags, DIAG_E0304, span, "'%s' reduces over 'batch', 'space' or numbers, not %s", what,
               describe(e, axes));
  return false;
}

struct value axes_count(const struct context *e, struct shape shape, int64_t set, struct span span) {
  struct value count = v_number(1, span);
  for (int k = 0; k < shape.rank; k++)
    if (axis_in(set, k)) count = binary(e, OP_MUL, count, size_value(e, shape.dim[k], span), span);
  return count;
}

static void shared(struct value *v) {
  v->array.per_sample = false;
  v->array.table = 0;
}

static struct value sum_over_rows(const struct context *e, struct value v, struct span span) {
  v = only_present(e, v, 0, span);
  if (v.kind == V_ERROR) return v;
  struct value sum = type_of(e, &v)->rows ? apply_op(e, OP_sum_rows, NULL, &v, 1, span)
                                          : binary(e, OP_MUL, v, row_count(e, &v, span), span);
  if (sum.kind == V_ARRAY) shared(&sum);
  return sum;
}

/* Divides a sum over rows by their number.  In training, where a batch may have no row of a value, the mean over none
 * is 0 and has no gradient; elsewhere it is 0 / 0. */
static struct value divide_by_rows(const struct context *e, struct value sum, struct value count, bool partly,
                                   struct span span) {
  struct value least[2] = {count, v_number(1, span)};
  if (partly && e->build->kind == BUILD_STEP) count = apply_op(e, OP_max, NULL, least, 2, span);
  return binary(e, OP_DIV, sum, count, span);
}

/* sum and mean: over a row's own axes, over the current rows, or both. */
struct value reduce(const struct context *e, const char *what, struct value v, const struct value *axes,
                    struct span span) {
  int64_t set = 0;
  bool batch = false, mean = !strcmp(what, "mean");
  struct shape shape = type_of(e, &v)->shape;
  if (axes) {
    if (!read_axes(e, what, axes, shape.rank, &set, &batch, span)) return v_error();
  } else {
    set = ((int64_t)1 << shape.rank) - 1;
  }
  if (batch && !v.array.per_sample) {
    const char *name = called(e, what, span);
    if (name == what)
      diag_error(e->diags, DIAG_E0304, span, "'%s' over the batch of %s, which has no rows", what, describe(e, &v));
    else diag_error(e->diags, DIAG_E0304, span, "'%s' takes values with rows, not %s", name, describe(e, &v));
    return v_error();
  }
  struct value count = axes_count(e, shape, set, span);
  struct value count_rows = batch && (mean || v.array.present) ? row_count(e, &v, span) : v_error();
  node_id present = v.array.present;
  bool varies = type_of(e, &v)->rows || present;
  if (set) {
    struct attr attr = {.i = {set}};
    v = apply_op(e, OP_sum, &attr, &v, 1, span);
    if (v.kind == V_ERROR) return v;
  }
  if (mean && count.kind == V_ARRAY) v = binary(e, OP_DIV, v, count, span);
  else if (mean && count.number != 1) v = binary(e, OP_MUL, v, v_number(1 / count.number, span), span);
  if (batch && mean && !varies) shared(&v); /* the same in every row: the mean is that */
  else if (batch) {
    v = sum_over_rows(e, v, span);
    if (mean) v = divide_by_rows(e, v, count_rows, present, span);
  }
  if (batch && v.kind == V_ARRAY) {
    v.array.counted = v.array.fewest = present ? count_rows.array.node : ALL_ROWS;
    v.array.on_train = false;
  }
  return v;
}

/* ---- the largest ---- */

struct value axis_to_end(const struct context *e, struct value v, int axis, struct span span) {
  struct attr attr = {0};
  int rank = type_of(e, &v)->shape.rank, n = 0;
  for (int k = 0; k < rank; k++)
    if (k != axis) attr.i[n++] = k;
  attr.i[n] = axis;
  return apply_op(e, OP_transpose, &attr, &v, 1, span);
}

/* What is the same in every row, once for each. */
static struct value repeated(const struct context *e, struct value v, struct span span) {
  struct attr attr = {.i = {1}, .shape = type_of(e, &v)->shape};
  if (attr.shape.rank < MAX_RANK)
    memmove(attr.shape.dim + 1, attr.shape.dim, (size_t)attr.shape.rank++ * sizeof *attr.shape.dim);
  attr.shape.dim[0] = BATCH_SIZE;
  return apply_op(e, OP_spread, &attr, &v, 1, span);
}

struct value all_rows(const struct context *e, struct value v, double outside, struct span span) {
  static const struct attr of_batch = {.i = {BATCH_SIZE}};
  struct value count = row_count(e, &v, span);
  bool partly = v.array.present;
  v = only_present(e, v, outside, span);
  if (v.kind != V_ARRAY) return v;
  v = type_of(e, &v)->rows ? apply_op(e, OP_rows_to_axis, &of_batch, &v, 1, span) : repeated(e, v, span);
  if (v.kind != V_ARRAY) return v;
  shared(&v);
  v.array.counted = v.array.fewest = partly ? count.array.node : ALL_ROWS;
  v.array.on_train = false;
  v.array.variable = 0;
  v.made = span;
  return v;
}

struct value largest_over(const struct context *e, const char *what, struct value v, const struct value *axes,
                          struct span span) {
  int64_t set = 0;
  bool batch = false;
  int rank = type_of(e, &v)->shape.rank;
  if (!axes) set = rank ? (int64_t)1 << (rank - 1) : 0;
  else if (!read_axes(e, what, axes, rank, &set, &batch, span)) return v_error();
  if (batch && !v.array.per_sample) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' over the batch of %s, which has no rows", called(e, what, span),
               describe(e, &v));
    return v_error();
  }
  for (int k = rank - 1; k >= 0 && v.kind == V_ARRAY; k--) /* the last first: those before it keep their numbers */
    if (axis_in(set, k)) {
      v = axis_to_end(e, v, k, span);
      if (v.kind == V_ARRAY) v = apply_op(e, OP_max_last, NULL, &v, 1, span);
    }
  if (!set && !batch) return apply_op(e, OP_max_last, NULL, &v, 1, span); /* which says why not */
  if (!batch || v.kind != V_ARRAY) return v;
  v = all_rows(e, v, -INFINITY, span);
  if (v.kind == V_ARRAY) v = axis_to_end(e, v, 0, span);
  return v.kind == V_ARRAY ? apply_op(e, OP_max_last, NULL, &v, 1, span) : v;
}
