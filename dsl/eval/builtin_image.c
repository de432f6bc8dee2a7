/* Functions of the core over images: convolutions, pooling, borders, other sizes, batch normalisation. */
#include "dsl/eval/builtin.h"
#include "dsl/eval/tables.h"

#define GIVEN(k) (in[k].kind != V_ERROR)

/* One integer for both axes of an image, or a list of two: down and across. */
static bool both_ways(const struct context *e, const struct builtin *self, const struct value *v, double least,
                      const char *what, int64_t both[2], struct span span) {
  if (v->kind == V_LIST && v->list.n != 2) {
    diag_error(e->diags, DIAG_E0304, setting_location(e, span),
               "'%s' takes an integer for its %s, or a list of two, down and across, not a list of %zu",
               called(e, self->name, span), what, v->list.n);
    return false;
  }
  if (v->kind != V_LIST) {
    if (!whole_setting(e, self, v, least, what, &both[0], span)) return false;
    both[1] = both[0];
    return true;
  }
  return whole_setting(e, self, &v->list.at[0], least, what, &both[0], span) &&
         whole_setting(e, self, &v->list.at[1], least, what, &both[1], span);
}

/* What is said for both axes of an image, as a list of two. */
struct value call_both_ways(const struct context *e, const struct builtin *self, struct value *in, int n,
                            struct span span) {
  (void)n;
  int64_t both[2];
  if (in[1].kind != V_NUMBER || in[2].kind != V_STRING)
    return wrong(e, self, "a least number and a name", &in[1], span);
  if (!both_ways(e, self, &in[0], in[1].number, in[2].string, both, span)) return v_error();
  struct value list = {.kind = V_LIST, .made = span};
  list.list.at = ARENA_ARRAY(e->arena, struct value, 2);
  for (; list.list.n < 2; list.list.n++) list.list.at[list.list.n] = v_number((double)both[list.list.n], span);
  return list;
}

/* Stride, padding and dilation, of which those across are said only where they are others, and groups. */
static bool conv_settings(const struct context *e, const struct builtin *self, struct value *in, struct attr *attr,
                          struct span span) {
  int64_t stride[2] = {1, 1}, padding[2] = {0, 0}, dilation[2] = {1, 1}, groups = 1;
  if (GIVEN(2) && !both_ways(e, self, &in[2], 1, "stride", stride, span)) return false;
  if (GIVEN(3) && !both_ways(e, self, &in[3], 0, "padding", padding, span)) return false;
  if (GIVEN(4) && !both_ways(e, self, &in[4], 1, "dilation", dilation, span)) return false;
  if (GIVEN(5) && !whole_setting(e, self, &in[5], 1, "groups", &groups, span)) return false;
  attr->i[0] = stride[0];
  attr->i[1] = padding[0];
  attr->i[5] = dilation[0] > 1 ? dilation[0] : 0;
  attr->i[6] = groups > 1 ? groups : 0;
  if (stride[0] == stride[1] && padding[0] == padding[1] && dilation[0] == dilation[1]) return true;
  attr->i[7] = stride[1];
  attr->i[8] = padding[1];
  attr->i[9] = dilation[1] > 1 ? dilation[1] : 0;
  return true;
}

struct value call_conv2d(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span) {
  (void)n;
  struct attr attr = {0};
  for (int k = 0; k < 2; k++)
    if (!wants_array(e, self, &in[k], span)) return v_error();
  if (!conv_settings(e, self, in, &attr, span)) return v_error();
  if (self->which == OP_conv2d_input) { /* the smallest image that conv2d would turn into this one */
    struct shape x = type_of(e, &in[0])->shape, w = type_of(e, &in[1])->shape;
    for (int k = 0; k < 2 && x.rank == 3 && w.rank == 4; k++) {
      struct steps steps = k ? steps_across(&attr) : steps_down(&attr);
      attr.i[2 + k] = (x.dim[1 + k] - 1) * steps.stride + steps.dilation * (w.dim[2 + k] - 1) + 1 - 2 * steps.pad;
    }
  }
  return apply_op(e, self->which, &attr, in, 2, span);
}

struct value call_pool_max(const struct context *e, const struct builtin *self, struct value *in, int n,
                           struct span span) {
  (void)n;
  struct attr attr = {0};
  int64_t size[2], stride[2];
  if (!wants_array(e, self, &in[0], span) || !both_ways(e, self, &in[1], 1, "size", size, span)) return v_error();
  memcpy(stride, size, sizeof stride);
  if (GIVEN(2) && !both_ways(e, self, &in[2], 1, "stride", stride, span)) return v_error();
  attr.i[0] = size[0];
  attr.i[1] = stride[0];
  if (size[0] != size[1] || stride[0] != stride[1]) {
    attr.i[7] = size[1];
    attr.i[8] = stride[1];
  }
  struct value both[2] = {in[0], apply_op(e, OP_pool_argmax, &attr, in, 1, span)};
  return both[1].kind == V_ERROR ? both[1] : apply_op(e, OP_pool_take, &attr, both, 2, span);
}

/* Zeros before and after an axis. */
struct value call_pad(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span) {
  (void)n;
  struct attr attr = {0};
  if (!wants_array(e, self, &in[0], span)) return v_error();
  if (!axis_of(e, self, &in[1], type_of(e, &in[0])->shape.rank, &attr.i[0], span) ||
      !whole_setting(e, self, &in[2], 0, "before", &attr.i[1], span) ||
      !whole_setting(e, self, &in[3], 0, "after", &attr.i[2], span))
    return v_error();
  return apply_op(e, OP_pad, &attr, in, 1, span);
}

struct value call_interpolate(const struct context *e, const struct builtin *self, struct value *in, int n,
                              struct span span) {
  (void)n;
  struct attr attr = {.i = {0, 0, 1}};
  if (!wants_array(e, self, &in[0], span) || !whole_setting(e, self, &in[1], 1, "height", &attr.i[0], span) ||
      !whole_setting(e, self, &in[2], 1, "width", &attr.i[1], span))
    return v_error();
  if (GIVEN(3)) {
    bool is_string = in[3].kind == V_STRING || in[3].kind == V_KEY;
    if (!is_string || (strcmp(in[3].string, "nearest") && strcmp(in[3].string, "bilinear"))) {
      diag_error(e->diags, DIAG_E0304, diag_location(e->diags, span),
                 "'%s' has the modes \"nearest\" and \"bilinear\", not %s%s%s", called(e, self->name, span),
                 is_string ? "\"" : "", is_string ? in[3].string : describe(e, &in[3]), is_string ? "\"" : "");
      return v_error();
    }
    attr.i[2] = *in[3].string == 'b';
  }
  return apply_op(e, OP_resize, &attr, in, 1, span);
}

struct value call_batch_normalize(const struct context *e, const struct builtin *self, struct value *in, int n,
                                  struct span span) {
  (void)n;
  struct attr attr = {0};
  for (int k = 0; k < 5; k++)
    if (!wants_array(e, self, &in[k], span)) return v_error();
  if (in[5].kind != V_NUMBER || !(in[5].number > 0)) {
    diag_error(e->diags, DIAG_E0304, diag_location(e->diags, span), "'%s' takes a positive number for its eps, not %s",
               called(e, self->name, span),
               in[5].kind == V_NUMBER ? arena_format(e->arena, "%g", in[5].number) : describe(e, &in[5]));
    return v_error();
  }
  attr.f[0] = in[5].number;
  return apply_op(e, OP_batch_norm, &attr, in, 5, span);
}
