/* Functions of the core that make an axis of the current rows, and rows of such an axis, and that take elements by their
 * indices.  How many rows there are is not known while a model is compiled: the size of such an axis is BATCH_SIZE until
 * a plan is made. */
#include <math.h>

#include "dsl/eval/builtin.h"

#define GIVEN(k) (in[k].kind != V_ERROR)

static const struct attr none, of_batch = {.i = {BATCH_SIZE}};

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
  return all_rows(e, v, 0, span);
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
  int other, table = table_read(e, graph_of(e), in[0].array.node, &other);
  v.array.per_sample = v.kind == V_ARRAY;
  v.array.table = other < 0 ? table + 1 : 0;
  v.made = span;
  return v;
}

struct value call_row_number(const struct context *e, const struct builtin *self, struct value *in, int n,
                             struct span span) {
  (void)self, (void)in, (void)n;
  return array_of(e, graph_op0(graph_of(e), OP_row_index, &none), true, 0, span);
}

/* ---- the largest, and in which order ---- */

static struct value negated(const struct context *e, struct value v, struct span span) {
  return v.kind == V_ARRAY ? apply_op(e, OP_negate, NULL, &v, 1, span) : v;
}

/* The smallest are the largest of the negatives. */
struct value call_largest(const struct context *e, const struct builtin *self, struct value *in, int n,
                          struct span span) {
  (void)n;
  bool smallest = self->which;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct value v = smallest ? negated(e, in[0], span) : in[0];
  if (v.kind == V_ERROR) return v;
  v = largest_over(e, self->name, v, GIVEN(1) ? &in[1] : NULL, span);
  return smallest ? negated(e, v, span) : v;
}

static bool axis_given(const struct context *e, const struct builtin *self, const struct value *given, int rank,
                       int *axis, struct span span) {
  int64_t set = 0;
  bool batch = false;
  *axis = rank - 1;
  if (given->kind == V_ERROR) return true;
  if (given->kind == V_NUMBER && read_axes(e, self->name, given, rank, &set, &batch, span)) {
    for (*axis = 0; !axis_in(set, *axis);) ++*axis;
    return true;
  }
  if (given->kind != V_NUMBER)
    diag_error(e->diags, DIAG_E0304, span, "'%s' takes an integer for its axis, not %s", called(e, self->name, span),
               describe(e, given));
  return false;
}

struct value call_argmax(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span) {
  (void)n;
  int axis;
  if (!wants_array(e, self, &in[0], span) || !axis_given(e, self, &in[1], type_of(e, &in[0])->shape.rank, &axis, span))
    return v_error();
  struct value v = self->which ? negated(e, in[0], span) : in[0];
  if (v.kind == V_ARRAY && GIVEN(1)) v = axis_to_end(e, v, axis, span);
  return v.kind == V_ARRAY ? apply_op(e, OP_argmax, NULL, &v, 1, span) : v;
}

struct value call_top_k(const struct context *e, const struct builtin *self, struct value *in, int n,
                        struct span span) {
  (void)n;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct shape shape = type_of(e, &in[0])->shape;
  int64_t size = shape.rank ? shape.dim[shape.rank - 1] : 0;
  if (in[1].kind != V_NUMBER || in[1].number != floor(in[1].number) || in[1].number < 1 ||
      (size != BATCH_SIZE && in[1].number > (double)size)) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' takes an integer from 1 to the size of the last axis, not %s",
               called(e, self->name, span),
               in[1].kind == V_NUMBER ? arena_format(e->arena, "%g", in[1].number) : describe(e, &in[1]));
    return v_error();
  }
  struct attr attr = {.i = {shape.rank - 1, 0, (int64_t)in[1].number}};
  struct value both[2] = {in[0], negated(e, in[0], span)};
  both[1] = apply_op(e, OP_order, NULL, &both[1], 1, span);
  if (both[1].kind == V_ARRAY) both[1] = apply_op(e, OP_slice, &attr, &both[1], 1, span);
  return both[1].kind == V_ARRAY ? apply_op(e, OP_take_last, NULL, both, 2, span) : both[1];
}

/* ---- another row ---- */

/* Over the batch where no axis is given. */
struct value call_roll(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span) {
  (void)n;
  int axis = 0;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  if (in[1].kind != V_NUMBER || in[1].number != floor(in[1].number) || fabs(in[1].number) > 1e9) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' takes an integer for its places, not %s", called(e, self->name, span),
               in[1].kind == V_NUMBER ? arena_format(e->arena, "%g", in[1].number) : describe(e, &in[1]));
    return v_error();
  }
  bool batch = !GIVEN(2);
  if (!batch && !axis_given(e, self, &in[2], type_of(e, &in[0])->shape.rank, &axis, span)) return v_error();
  struct value v = batch ? call_rows(e, self, in, 1, span) : in[0];
  struct attr attr = {.i = {axis, (int64_t)in[1].number}};
  if (v.kind == V_ARRAY) v = apply_op(e, OP_roll, &attr, &v, 1, span);
  return batch && v.kind == V_ARRAY ? call_per_row(e, self, &v, 1, span) : v;
}
