/* Functions of the core that make an axis of the current rows, and rows of such an axis.  How many rows there are is
 * not known while a model is compiled: the size of such an axis is BATCH_SIZE until a plan is made. */
#include "dsl/eval/builtin.h"

static const struct attr none, of_batch = {.i = {BATCH_SIZE}};

/* What is the same in every row, once for each. */
static struct value repeated(const struct context *e, struct value v, struct span span) {
  struct attr attr = {.i = {1}, .shape = type_of(e, &v)->shape};
  if (attr.shape.rank < MAX_RANK)
    memmove(attr.shape.dim + 1, attr.shape.dim, (size_t)attr.shape.rank++ * sizeof *attr.shape.dim);
  attr.shape.dim[0] = BATCH_SIZE;
  return apply_op(e, OP_spread, &attr, &v, 1, span);
}

struct value call_rows(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span) {
  (void)n;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct value v = in[0];
  const char *name = called(e, self->name, span);
  if (!v.array.per_sample) {
    diag_error(e->diags, DIAG_E0204, span, "'%s' takes a value with rows, not %s", name, describe(e, &v));
    return v_error();
  }
  if (v.array.present) {
    diag_error(e->diags, DIAG_E0204, span, "'%s' takes a value that every row has", name);
    blame_made(e, &v, span);
    diag_hint(e->diags, "fill it, as in 'rows(v else 0)', and leave those rows out by 'rows(has(v))'");
    return v_error();
  }
  v = type_of(e, &v)->rows ? apply_op(e, OP_rows_to_axis, &of_batch, &v, 1, span) : repeated(e, v, span);
  if (v.kind != V_ARRAY) return v;
  v.array.per_sample = false;
  v.array.counted = v.array.fewest = ALL_ROWS;
  v.array.on_train = false;
  v.array.variable = 0;
  v.made = span;
  return v;
}

struct value call_per_row(const struct context *e, const struct builtin *self, struct value *in, int n,
                          struct span span) {
  (void)n;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct shape shape = type_of(e, &in[0])->shape;
  if (in[0].array.per_sample || !shape.rank || shape.dim[0] != BATCH_SIZE) {
    diag_error(e->diags, DIAG_E0204, span, "'%s' takes an array [batch, ..] without rows, as 'rows(v)' is, not %s",
               called(e, self->name, span), describe(e, &in[0]));
    blame_made(e, &in[0], span);
    return v_error();
  }
  struct value v = apply_op(e, OP_axis_to_rows, &of_batch, in, 1, span);
  v.array.per_sample = v.kind == V_ARRAY;
  v.made = span;
  return v;
}

struct value call_row_number(const struct context *e, const struct builtin *self, struct value *in, int n,
                             struct span span) {
  (void)self, (void)in, (void)n;
  return array_of(e, graph_op0(graph_of(e), OP_row_index, &none), true, 0, span);
}
