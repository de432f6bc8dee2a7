/* Functions of the core that make arrays of lists and of sizes, put arrays together, and cut them apart. */
#include <math.h>

#include "dsl/eval/builtin.h"
#include "dsl/eval/tables.h"

#define GIVEN(k) (in[k].kind != V_ERROR)

static struct value refuse(const struct context *e, const struct builtin *self, const char *takes,
                           const struct value *v, struct span span) {
  diag_error(e->diags, DIAG_E0304, span, "'%s' takes %s, not %s", called(e, self->name, span), takes,
             v->kind == V_NUMBER ? arena_format(e->arena, "%g", v->number) : describe(e, v));
  return v_error();
}

/* ---- sizes ---- */

/* zeros(2, 3), ones(2, 3) */
struct value call_filled(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span) {
  struct shape shape = {0};
  for (int k = 0; k < n && GIVEN(k); k++) {
    bool whole = in[k].kind == V_NUMBER && in[k].number == floor(in[k].number) && in[k].number >= 1;
    if (!whole || in[k].number > (double)ELEMENT_LIMIT) {
      refuse(e, self, "integers from 1 for its dimensions", &in[k], span);
      if (in[k].kind == V_ARRAY) diag_hint(e->diags, "write 'zero(v)' for zeros of the shape of v");
      return v_error();
    }
    shape.dim[shape.rank++] = (int64_t)in[k].number;
  }
  int64_t count = shape_count(shape);
  if (count >= 0 && count <= ELEMENT_LIMIT)
    return array_of(e, graph_constant(graph_of(e), shape, self->which), false, 0, span);
  diag_error(e->diags, DIAG_E0234, span, "'%s' of more than %lld elements", self->name, (long long)ELEMENT_LIMIT);
  return v_error();
}

/* ---- putting together ---- */

/* The arrays one after the other, in pairs of pairs: each element is moved as often as the list can be halved. */
static struct value joined(const struct context *e, const struct value *list, size_t n, int axis, struct span span) {
  if (n == 1) return list[0];
  struct value both[2] = {joined(e, list, n / 2, axis, span), joined(e, list + n / 2, n - n / 2, axis, span)};
  struct attr attr = {.i = {axis}};
  if (both[0].kind == V_ERROR || both[1].kind == V_ERROR) return v_error();
  return apply_op(e, OP_concat, &attr, both, 2, span);
}

/* With a new axis of one element. */
static struct value with_axis(const struct context *e, struct value v, int axis, struct span span) {
  struct shape from = type_of(e, &v)->shape;
  struct attr attr = {.shape = {.rank = from.rank + 1}};
  for (int k = 0; k <= from.rank; k++) attr.shape.dim[k] = k == axis ? 1 : from.dim[k < axis ? k : k - 1];
  return apply_op(e, OP_reshape, &attr, &v, 1, span);
}

static bool one_shape(const struct context *e, const struct builtin *self, const struct value *list, size_t n,
                      struct span span) {
  for (size_t i = 1; i < n; i++) {
    if (shape_equal(type_of(e, &list[0])->shape, type_of(e, &list[i])->shape)) continue;
    diag_error(e->diags, DIAG_E0231, span, "'%s' takes arrays of one shape, not %s and %s", self->name,
               describe(e, &list[0]), describe(e, &list[i]));
    blame_made(e, &list[0], span);
    blame_made(e, &list[i], span);
    diag_hint(e->diags, "'concat([a, b])' puts arrays one after the other along an axis that they have");
    return false;
  }
  return true;
}

/* Lists within the list are stacked first, along a first axis. */
static struct value stacked(const struct context *e, const struct builtin *self, const struct values *list,
                            const struct value *axis, struct span span) {
  struct value *item = ARENA_ARRAY(e->arena, struct value, list->n + 1);
  int64_t at = 0;
  if (!list->n) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' of an empty list has no shape", self->name);
    return v_error();
  }
  for (size_t i = 0; i < list->n; i++) {
    item[i] = list->at[i];
    if (item[i].kind == V_LIST) item[i] = stacked(e, self, &item[i].list, NULL, span);
    if (item[i].kind == V_ERROR || !wants_array(e, self, &item[i], span)) return v_error();
    item[i] = value_inside(e, item[i]);
  }
  if (!one_shape(e, self, item, list->n, span)) return v_error();
  int rank = type_of(e, &item[0])->shape.rank;
  if (rank == MAX_RANK) {
    diag_error(e->diags, DIAG_E0234, span, "an array has at most %d axes", MAX_RANK);
    return v_error();
  }
  if (axis && !axis_of(e, self, axis, rank + 1, &at, span)) return v_error();
  for (size_t i = 0; i < list->n; i++)
    if ((item[i] = with_axis(e, item[i], (int)at, span)).kind == V_ERROR) return v_error();
  struct value v = joined(e, item, list->n, (int)at, span);
  v.made = span;
  return v;
}

struct value call_stack(const struct context *e, const struct builtin *self, struct value *in, int n,
                        struct span span) {
  (void)n;
  if (in[0].kind == V_LIST) return stacked(e, self, &in[0].list, GIVEN(1) ? &in[1] : NULL, span);
  refuse(e, self, "a list", &in[0], span);
  if (in[0].kind == V_ARRAY) diag_hint(e->diags, "write '%s([a, b])'", self->name);
  return v_error();
}

/* concat(a, b), concat([a, b, c]), and the axis behind. */
struct value call_concat(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span) {
  (void)n;
  bool list = in[0].kind == V_LIST;
  if (in[0].kind == V_SET && in[1].kind == V_SET) return concat_tables(e, &in[0], &in[1], span);
  if (!list && !GIVEN(1)) {
    refuse(e, self, "two arrays, or a list of arrays", &in[0], span);
    return v_error();
  }
  if (list && !in[0].list.n) {
    diag_error(e->diags, DIAG_E0304, span, "'concat' of an empty list has no shape");
    return v_error();
  }
  size_t count = list ? in[0].list.n : 2;
  struct value *item = ARENA_ARRAY(e->arena, struct value, count);
  memcpy(item, list ? in[0].list.at : in, count * sizeof *item);
  for (size_t i = 0; i < count; i++)
    if (!wants_array(e, self, &item[i], span)) return v_error();
  const struct value *axis = GIVEN(2) ? &in[2] : list && GIVEN(1) ? &in[1] : NULL;
  int64_t at = 0;
  item[0] = value_inside(e, item[0]);
  if (axis && !axis_of(e, self, axis, type_of(e, &item[0])->shape.rank, &at, span)) return v_error();
  struct value v = joined(e, item, count, (int)at, span);
  const struct shape *shape = &type_of(e, &item[0])->shape;
  if (v.kind == V_ERROR && at < shape->rank && shape->dim[at] == BATCH_SIZE)
    diag_hint(e->diags,
              "'gather(rows(v), index)' takes rows by their numbers, and 'queue(n)' keeps those of earlier batches");
  return v;
}

/* ---- cutting apart ---- */

struct sizes {
  VEC(int64_t) of;
};

/* The sizes of the parts: a list, or how many equal ones there are. */
static bool part_sizes(const struct context *e, const struct builtin *self, const struct value *parts, int64_t size,
                       struct span span, struct sizes *sizes) {
  int64_t total = 0;
  struct values list = {1, (struct value *)parts};
  if (parts->kind == V_LIST) list = parts->list;
  for (size_t i = 0; i < list.n; i++) {
    const struct value *v = &list.at[i];
    if (v->kind != V_NUMBER || v->number != floor(v->number) || v->number < 1 || v->number > (double)size) {
      refuse(e, self,
             arena_format(e->arena, "a number of parts, or a list of sizes, of an axis of %lld", (long long)size), v,
             span);
      return false;
    }
    vec_push(e->arena, &sizes->of, (int64_t)v->number);
    total += (int64_t)v->number;
  }
  if (parts->kind == V_LIST) {
    if (total == size) return true;
    diag_error(e->diags, DIAG_E0304, span, "the sizes of 'split' add up to %lld, and the axis has %lld elements",
               (long long)total, (long long)size);
    return false;
  }
  int64_t count = sizes->of.at[0];
  sizes->of.n = 0;
  for (int64_t i = 0; i < count && size % count == 0; i++) vec_push(e->arena, &sizes->of, size / count);
  if (size % count == 0) return true;
  diag_error(e->diags, DIAG_E0304, span, "an axis of %lld elements cannot be split into %lld equal parts",
             (long long)size, (long long)count);
  diag_hint(e->diags, "give a list of sizes, which add up to %lld", (long long)size);
  return false;
}

static struct value split_array(const struct context *e, const struct builtin *self, struct value v,
                                const struct value *parts, const struct value *axis, struct span span) {
  struct sizes sizes = {0};
  int64_t at = 0, from = 0;
  struct shape shape = type_of(e, &v)->shape;
  if (!shape.rank) return refuse(e, self, "an array of at least 1 axis", &v, span);
  if (axis && !axis_of(e, self, axis, shape.rank, &at, span)) return v_error();
  if (!part_sizes(e, self, parts, shape.dim[at], span, &sizes)) return v_error();
  struct value list = {.kind = V_LIST, .made = span};
  list.list.at = ARENA_ARRAY(e->arena, struct value, sizes.of.n);
  for (size_t i = 0; i < sizes.of.n; from += sizes.of.at[i++]) {
    struct attr attr = {.i = {at, from, from + sizes.of.at[i]}};
    struct value part = sizes.of.n == 1 ? v : apply_op(e, OP_slice, &attr, &v, 1, span);
    if (part.kind == V_ERROR) return part;
    list.list.at[list.list.n++] = part;
  }
  return list;
}

enum { SPLIT_AXIS = 10 }; /* after what is a table's */

/* split(v, 4, axis); of a table, as table_rows.c has it. */
struct value call_split_of(const struct context *e, const struct builtin *self, struct value *in, int n,
                           struct span span) {
  if (in[0].kind == V_SET && !GIVEN(SPLIT_AXIS)) return call_split(e, self, in, n, span);
  if (in[0].kind == V_SET) return refuse(e, self, "an axis of an array", &in[0], span);
  for (int k = 3; k < SPLIT_AXIS; k++)
    if (GIVEN(k)) return refuse(e, self, "a table for what it draws", &in[0], span);
  if (!wants_array(e, self, &in[0], span)) return v_error();
  if (!GIVEN(1)) {
    diag_error(e->diags, DIAG_E0301, span, "'split' of an array needs a number of parts, or a list of their sizes");
    return v_error();
  }
  return split_array(e, self, in[0], &in[1], GIVEN(SPLIT_AXIS) ? &in[SPLIT_AXIS] : GIVEN(2) ? &in[2] : NULL, span);
}
