/* Shape rules: what type an operation gives, of inputs of which types.
 *
 * A rule sees the inputs' types and the settings, and either gives the result's element type and shape or says in
 * the user's words why there is none.  Sizes of convolutions and poolings are
 *   floor((n + 2 padding - dilation (window - 1) - 1) / stride) + 1.
 * Settings may come from anywhere, so every rule checks those it reads. */
#include <string.h>

#include "op/rule.h"

enum { MOST_STRIDE = 1 << 20, MOST_WINDOW = 16 /* an index in a pooling window is one byte */ };
static const int64_t MOST_ELEMENTS = INT64_MAX / 64;

/* ---- leaves and elementwise operations ---- */

static bool rank_fits(const struct shape *shape, struct shape_problem *problem) {
  return (shape->rank >= 0 && shape->rank <= MAX_RANK) ||
         fail(problem, -1, -1, "a value has at most %d axes", MAX_RANK);
}

RULE(given) {
  UNUSED;
  if (!rank_fits(&attr->shape, problem)) return false;
  if (op == OP_column && (attr->i[1] < F32 || attr->i[1] > I64))
    return fail(problem, -1, -1, "%lld is not an element type", (long long)attr->i[1]);
  out->shape = attr->shape;
  if (op == OP_column) out->type = (enum dtype)attr->i[1];
  return true;
}

RULE(number) {
  UNUSED;
  return true;
}

/* Says what cannot be done to inputs a and b: the table's words, with %a and %b for the two. */
static bool fail_apart(enum op op, const struct value_type *in, int a, int b, struct shape_problem *problem) {
  const char *one = type_string(&in[a]), *two = type_string(&in[b]), *words = op_info[op].refusal;
  size_t n = 0;
  if (!words) words = "cannot compare %a and %b";
  for (; *words && n + 1 < sizeof problem->message; words++) {
    const char *shape = words[0] != '%' ? NULL : words[1] == 'a' ? one : two;
    if (!shape) problem->message[n++] = *words;
    for (words += shape != NULL; shape && *shape && n + 1 < sizeof problem->message; shape++)
      problem->message[n++] = *shape;
  }
  problem->message[n] = '\0';
  problem->input[0] = a;
  problem->input[1] = b;
  return false;
}

RULE(same) {
  UNUSED;
  out->type = in[0].type;
  out->shape = in[0].shape;
  int full = 0;
  for (int k = 1; k < op_info[op].arity; k++) {
    if (!in[k].shape.rank || shape_equal(in[k].shape, out->shape)) continue;
    if (out->shape.rank) return fail_apart(op, in, full, k, problem);
    out->shape = in[k].shape;
    full = k;
  }
  return true;
}

RULE(to_float) {
  UNUSED;
  out->shape = in[0].shape;
  return in[0].type != F32 || fail(problem, 0, -1, "%s holds floating-point numbers already", type_string(&in[0]));
}

/* ---- moving and repeating elements ---- */

RULE(reshape) {
  UNUSED;
  if (!rank_fits(&attr->shape, problem)) return false;
  out->type = in[0].type;
  out->shape = attr->shape;
  struct value_type to = {F32, attr->shape, in[0].rows};
  int64_t have = shape_count(in[0].shape), want = shape_count(to.shape);
  bool same = have == want && shape_batch_axes(in[0].shape) == shape_batch_axes(to.shape);
  return same || fail(problem, 0, -1, "cannot reshape %s to %s: %lld numbers are not %lld", type_string(&in[0]),
                      type_string(&to), (long long)have, (long long)want);
}

static bool axis_fits(int64_t axis, const struct value_type *in, struct shape_problem *problem) {
  if (axis >= 0 && axis < in->shape.rank) return true;
  return fail(problem, 0, -1, "%s has no axis %lld", type_string(in), (long long)axis);
}

RULE(slice) {
  UNUSED;
  if (!axis_fits(attr->i[0], in, problem)) return false;
  int64_t from = attr->i[1], to = attr->i[2], n = in[0].shape.dim[attr->i[0]];
  if (from < 0 || from >= to || to > n)
    return fail(problem, 0, -1, "cannot take elements %lld up to %lld of axis %lld of %s, which has %lld",
                (long long)from, (long long)to, (long long)attr->i[0], type_string(&in[0]), (long long)n);
  out->shape = in[0].shape;
  out->shape.dim[attr->i[0]] = to - from;
  return true;
}

/* An axis whose size is known. */
static bool size_known(int64_t axis, const struct value_type *in, struct shape_problem *problem) {
  return in->shape.dim[axis] != BATCH_SIZE ||
         fail(problem, 0, -1, "axis %lld of %s is the batch, of which it is not known how large it is", (long long)axis,
              type_string(in));
}

RULE(pad) {
  UNUSED;
  if (!axis_fits(attr->i[0], in, problem) || !size_known(attr->i[0], in, problem)) return false;
  int64_t before = attr->i[1], after = attr->i[2];
  out->shape = in[0].shape;
  int64_t *n = &out->shape.dim[attr->i[0]];
  if (before < 0 || after < 0 || __builtin_add_overflow(*n, before, n) || __builtin_add_overflow(*n, after, n))
    return fail(problem, 0, -1, "cannot put %lld and %lld zeros around %s", (long long)before, (long long)after,
                type_string(&in[0]));
  return true;
}

RULE(transpose) {
  UNUSED;
  int rank = in[0].shape.rank;
  int64_t seen = 0;
  out->shape.rank = rank;
  for (int k = 0; k < rank; k++) {
    int64_t axis = attr->i[k];
    if (axis < 0 || axis >= rank || axis_in(seen, (int)axis))
      return fail(problem, 0, -1, "the order of axes names each axis of %s once", type_string(&in[0]));
    seen |= (int64_t)1 << axis;
    out->shape.dim[k] = in[0].shape.dim[axis];
  }
  return true;
}

RULE(concat) {
  UNUSED;
  if (!axis_fits(attr->i[0], in, problem) || !size_known(attr->i[0], in, problem)) return false;
  struct shape other = in[1].shape;
  out->shape = in[0].shape;
  int64_t *n = &out->shape.dim[attr->i[0]], more = other.dim[attr->i[0]];
  if (other.rank == out->shape.rank) other.dim[attr->i[0]] = *n;
  if (!shape_equal(other, out->shape) || more == BATCH_SIZE || __builtin_add_overflow(*n, more, n))
    return fail(problem, 0, 1, "cannot join %s and %s along axis %lld", type_string(&in[0]), type_string(&in[1]),
                (long long)attr->i[0]);
  return true;
}

static bool axes_fit(int64_t axes, int rank) { return axes >= 0 && axes < (int64_t)1 << rank; }

static struct shape without_axes(struct shape shape, int64_t axes) {
  struct shape kept = {0};
  for (int k = 0; k < shape.rank; k++)
    if (!axis_in(axes, k)) kept.dim[kept.rank++] = shape.dim[k];
  return kept;
}

RULE(spread) {
  UNUSED;
  struct value_type to = {F32, attr->shape, in[0].rows};
  if (!rank_fits(&to.shape, problem)) return false;
  if (!axes_fit(attr->i[0], to.shape.rank) || !shape_equal(without_axes(to.shape, attr->i[0]), in[0].shape))
    return fail(problem, 0, -1, "cannot repeat %s to %s", type_string(&in[0]), type_string(&to));
  out->shape = to.shape;
  return true;
}

RULE(to_rows) {
  UNUSED;
  if (in[0].rows) return fail(problem, 0, -1, "%s has rows already", type_string(&in[0]));
  out->shape = in[0].shape;
  out->rows = true;
  return true;
}

/* A number of rows, or what stands for it. */
static bool rows_fit(int64_t rows, struct shape_problem *problem) {
  return rows == BATCH_SIZE || rows >= 1 || fail(problem, -1, -1, "a batch of %lld rows", (long long)rows);
}

RULE(rows_to_axis) {
  UNUSED;
  if (!rows_fit(attr->i[0], problem)) return false;
  if (!in[0].rows) return fail(problem, 0, -1, "%s has no rows", type_string(&in[0]));
  if (in[0].shape.rank == MAX_RANK) return fail(problem, 0, -1, "%s cannot have another axis", type_string(&in[0]));
  out->shape = in[0].shape;
  memmove(out->shape.dim + 1, out->shape.dim, (size_t)out->shape.rank++ * sizeof *out->shape.dim);
  out->shape.dim[0] = attr->i[0];
  return true;
}

RULE(axis_to_rows) {
  UNUSED;
  struct shape x = in[0].shape;
  if (!rows_fit(attr->i[0], problem)) return false;
  if (in[0].rows || !x.rank || x.dim[0] != attr->i[0])
    return fail(problem, 0, -1, "%s is not [batch, ..] without rows", type_string(&in[0]));
  memmove(x.dim, x.dim + 1, (size_t)--x.rank * sizeof *x.dim);
  out->shape = x;
  out->rows = true;
  return true;
}

RULE(row_index) {
  UNUSED;
  out->rows = true;
  return true;
}

/* ---- diagonals ---- */

RULE(diagonal) {
  UNUSED;
  struct shape x = in[0].shape;
  if (x.rank < 2 || x.dim[x.rank - 1] != x.dim[x.rank - 2])
    return fail(problem, 0, -1, "a diagonal is of a square matrix, not of %s", type_string(&in[0]));
  x.dim[--x.rank] = 0;
  out->shape = x;
  return true;
}

RULE(diagonal_matrix) {
  UNUSED;
  struct shape x = in[0].shape;
  if (!x.rank) return fail(problem, 0, -1, "a matrix is made of a diagonal [n], not of one number");
  if (x.rank == MAX_RANK) return fail(problem, 0, -1, "%s cannot have another axis", type_string(&in[0]));
  x.dim[x.rank] = x.dim[x.rank - 1];
  x.rank++;
  out->shape = x;
  return true;
}

/* ---- reductions ---- */

RULE(sum) {
  UNUSED;
  if (!axes_fit(attr->i[0], in[0].shape.rank))
    return fail(problem, 0, -1, "%s does not have all the axes to sum over", type_string(&in[0]));
  out->shape = without_axes(in[0].shape, attr->i[0]);
  return true;
}

RULE(drop_last) {
  UNUSED;
  int rank = in[0].shape.rank;
  if (!rank)
    return fail(problem, 0, -1, "a maximum over the last axis needs one, and %s has none", type_string(&in[0]));
  out->shape = without_axes(in[0].shape, (int64_t)1 << (rank - 1));
  return true;
}

RULE(one_hot) {
  UNUSED;
  if (attr->i[0] < 1 && attr->i[0] != BATCH_SIZE)
    return fail(problem, 0, -1, "one_hot needs at least one class, not %lld", (long long)attr->i[0]);
  if (in[0].shape.rank == MAX_RANK) return fail(problem, 0, -1, "%s cannot have another axis", type_string(&in[0]));
  out->shape = in[0].shape;
  out->shape.dim[out->shape.rank++] = attr->i[0];
  return true;
}

/* ---- products ---- */

RULE(matmul) {
  UNUSED;
  if (!in[0].shape.rank)
    return fail(problem, 0, 1, "cannot multiply %s by %s: a matrix product needs at least one axis",
                type_string(&in[0]), type_string(&in[1]));
  if (in[1].rows || in[1].shape.rank != 2)
    return fail(problem, 0, 1, "cannot multiply %s by %s: the second must be a matrix without rows",
                type_string(&in[0]), type_string(&in[1]));
  int64_t k = in[0].shape.dim[in[0].shape.rank - 1], transposed = attr->i[0] != 0;
  struct value_type second = in[1];
  if (transposed) second.shape = shape_make(2, (int64_t[]){in[1].shape.dim[1], in[1].shape.dim[0]});
  if (k != second.shape.dim[0])
    return fail(problem, 0, 1, "cannot multiply %s by %s: %lld and %lld differ", type_string(&in[0]),
                type_string(&second), (long long)k, (long long)second.shape.dim[0]);
  out->shape = in[0].shape;
  out->shape.dim[out->shape.rank - 1] = second.shape.dim[1];
  return true;
}

/* What is summed over the rows together has rows together: a kernel walks both inputs row by row. */
static bool rows_agree(const struct value_type *in, struct shape_problem *problem) {
  if (in[0].rows == in[1].rows) return true;
  return fail(problem, 0, 1, "cannot sum products of %s and %s over the rows: only one of them has rows",
              type_string(&in[0]), type_string(&in[1]));
}

RULE(matmul_rows) {
  UNUSED;
  struct shape x = in[0].shape, y = in[1].shape;
  int64_t m = x.rank ? x.dim[x.rank - 1] : 0, n = y.rank ? y.dim[y.rank - 1] : 0;
  if (x.rank) x.rank--;
  if (y.rank) y.rank--;
  if (!m || !n || !shape_equal(x, y))
    return fail(problem, 0, 1, "cannot sum outer products of %s and %s: all axes but the last must agree",
                type_string(&in[0]), type_string(&in[1]));
  out->shape = shape_make(2, (int64_t[]){m, n});
  return rows_agree(in, problem);
}

/* ---- triangular matrices ---- */

RULE(square) {
  UNUSED;
  out->shape = in[0].shape;
  if (out->shape.rank == 2 && out->shape.dim[0] == out->shape.dim[1]) return true;
  return fail(problem, 0, -1, "%s needs a square matrix, not %s", op_info[op].name, type_string(&in[0]));
}

static bool gradient_fits(const struct value_type *in, struct shape_problem *problem) {
  if (shape_equal(in[0].shape, in[1].shape)) return true;
  return fail(problem, 0, 1, "a gradient of %s for %s", type_string(&in[0]), type_string(&in[1]));
}

RULE(cholesky_back) { return shape_square(op, attr, in, out, problem) && gradient_fits(in, problem); }

RULE(solve) {
  UNUSED;
  struct shape x = in[0].shape, l = in[1].shape;
  if (in[1].rows || l.rank != 2 || l.dim[0] != l.dim[1])
    return fail(problem, 1, -1, "solve_triangular needs a square matrix without rows, not %s", type_string(&in[1]));
  out->shape = x;
  if (x.rank && x.dim[x.rank - 1] == l.dim[0]) return true;
  return fail(problem, 0, 1, "cannot solve for %s with %s: the last axis must be of %lld", type_string(&in[0]),
              type_string(&in[1]), (long long)l.dim[0]);
}

/* ---- convolutions ---- */

/* floor((n + 2 padding - dilation (window - 1) - 1) / stride) + 1, or 0 where the window does not fit. */
static int64_t windows(int64_t n, int64_t window, struct steps steps) {
  if (window < 1 || window > MOST_ELEMENTS / MOST_STRIDE || n < 1 || n > MOST_ELEMENTS) return 0;
  int64_t rest = n + 2 * steps.pad - steps.dilation * (window - 1) - 1;
  return rest < 0 ? 0 : rest / steps.stride + 1;
}

static bool layout_fits(const struct attr *attr, struct shape_problem *problem) {
  return attr->i[4] == 0 || attr->i[4] == 1 || fail(problem, -1, -1, "channels come first (0) or last (1)");
}

static bool image_fits(const char *what, const struct attr *attr, const struct value_type *in,
                       struct shape_problem *problem) {
  if (!layout_fits(attr, problem)) return false;
  if (in->shape.rank == 3) return true;
  return fail(problem, 0, -1, "a %s needs %s, not %s", what,
              attr->i[4] ? "[height, width, channels]" : "[channels, height, width]", type_string(in));
}

static bool steps_fit(const char *what, struct steps steps, struct shape_problem *problem) {
  if (steps.stride < 1 || steps.stride > MOST_STRIDE)
    return fail(problem, -1, -1, "a %s with a stride of %lld", what, (long long)steps.stride);
  if (steps.pad < 0 || steps.pad > MOST_STRIDE)
    return fail(problem, -1, -1, "a %s with a padding of %lld", what, (long long)steps.pad);
  if (steps.dilation < 1 || steps.dilation > MOST_STRIDE)
    return fail(problem, -1, -1, "a %s with a dilation of %lld", what, (long long)steps.dilation);
  return true;
}

/* The settings of a convolution and its image. */
static bool convolution_fits(const char *what, const struct attr *attr, const struct value_type *in,
                             struct shape_problem *problem) {
  if (!image_fits(what, attr, in, problem) || !steps_fit(what, steps_down(attr), problem) ||
      !steps_fit(what, steps_across(attr), problem))
    return false;
  return conv_groups(attr) > 0 || fail(problem, -1, -1, "a %s of %lld groups", what, (long long)conv_groups(attr));
}

/* What Winograd's algorithm is for, where it is asked for: kern/winograd.c. */
static bool winograd_fits(const struct attr *attr, int64_t kh, int64_t kw, struct shape_problem *problem) {
  struct steps down = steps_down(attr), across = steps_across(attr);
  bool single = down.stride == 1 && down.dilation == 1 && across.stride == 1 && across.dilation == 1;
  if (!conv_winograd(attr) || (single && kh == 3 && kw == 3 && attr->i[4] && conv_groups(attr) == 1)) return true;
  return fail(problem, -1, -1,
              "Winograd's algorithm is for filters of 3 x 3 without strides, dilations and groups, on "
              "[height, width, channels]");
}

static bool filters_fit(const char *what, const struct value_type *in, const struct attr *attr,
                        struct shape_problem *problem) {
  if (!convolution_fits(what, attr, &in[0], problem)) return false;
  if (in[1].shape.rank != 4 || in[1].rows)
    return fail(problem, 1, -1, "the filters of a %s are [out, in, height, width] without rows, not %s", what,
                type_string(&in[1]));
  int64_t groups = conv_groups(attr), filters = in[1].shape.dim[0];
  if (!winograd_fits(attr, in[1].shape.dim[2], in[1].shape.dim[3], problem)) return false;
  return filters % groups == 0 ||
         fail(problem, 1, -1, "%lld filters cannot be divided into %lld groups", (long long)filters, (long long)groups);
}

static bool channels_of_image(int64_t wanted, int64_t channels, const struct value_type *in,
                              struct shape_problem *problem) {
  return wanted == channels || fail(problem, 0, 1, "filters for %lld channels on %s, which has %lld", (long long)wanted,
                                    type_string(&in[0]), (long long)channels);
}

/* Whether filters of kh x kw make `result` of `image`. */
static bool windows_agree(const struct attr *attr, struct image image, int64_t kh, int64_t kw, struct image result) {
  return windows(image.h, kh, steps_down(attr)) == result.h && windows(image.w, kw, steps_across(attr)) == result.w;
}

RULE(conv2d) {
  UNUSED;
  if (!filters_fit("convolution", in, attr, problem)) return false;
  struct image x = image_of(attr, in[0].shape);
  const int64_t *w = in[1].shape.dim;
  if (!channels_of_image(w[1] * conv_groups(attr), x.c, in, problem)) return false;
  int64_t height = windows(x.h, w[2], steps_down(attr)), width = windows(x.w, w[3], steps_across(attr));
  out->shape = image_shape(attr, w[0], height, width);
  if (height && width) return true;
  return fail(problem, 0, 1, "filters of %lld x %lld do not fit %s", (long long)w[2], (long long)w[3],
              type_string(&in[0]));
}

RULE(conv2d_input) {
  UNUSED;
  if (!filters_fit("transposed convolution", in, attr, problem)) return false;
  struct image x = image_of(attr, in[0].shape);
  const int64_t *w = in[1].shape.dim;
  if (!channels_of_image(w[0], x.c, in, problem)) return false;
  struct image image = {w[1] * conv_groups(attr), attr->i[2], attr->i[3]};
  out->shape = image_shape(attr, image.c, image.h, image.w);
  struct value_type to = {F32, out->shape, in[0].rows};
  if (windows_agree(attr, image, w[2], w[3], x)) return true;
  return fail(problem, 0, 1, "a transposed convolution with filters of %lld x %lld does not make %s of %s",
              (long long)w[2], (long long)w[3], type_string(&to), type_string(&in[0]));
}

RULE(conv2d_weights) {
  UNUSED;
  if (!convolution_fits("convolution", attr, &in[0], problem) || !winograd_fits(attr, attr->i[2], attr->i[3], problem))
    return false;
  struct image x = image_of(attr, in[0].shape), y = image_of(attr, in[1].shape);
  int64_t groups = conv_groups(attr);
  if (in[1].shape.rank == 3 && (x.c % groups || y.c % groups))
    return fail(problem, 0, 1, "%s and %s cannot be divided into %lld groups", type_string(&in[0]), type_string(&in[1]),
                (long long)groups);
  if (in[1].shape.rank != 3 || !windows_agree(attr, x, attr->i[2], attr->i[3], y))
    return fail(problem, 0, 1, "no convolution with filters of %lld x %lld makes %s of %s", (long long)attr->i[2],
                (long long)attr->i[3], type_string(&in[1]), type_string(&in[0]));
  out->shape = shape_make(4, (int64_t[]){y.c, x.c / groups, attr->i[2], attr->i[3]});
  return rows_agree(in, problem);
}

/* ---- pooling, resizing ---- */

/* The shape that pooling x gives. */
static bool pooled(const struct attr *attr, const struct value_type *x, struct shape *out,
                   struct shape_problem *problem) {
  struct pool_axis down = pool_down(attr), across = pool_across(attr);
  struct steps steps[2] = {{down.stride, 0, 1}, {across.stride, 0, 1}};
  if (!image_fits("pooling", attr, x, problem) || !steps_fit("pooling", steps[0], problem) ||
      !steps_fit("pooling", steps[1], problem))
    return false;
  for (int k = 0; k < 2; k++) {
    int64_t window = k ? across.window : down.window;
    if (window < 1 || window > MOST_WINDOW)
      return fail(problem, -1, -1, "a pooling window has 1 to %d elements a side, not %lld", MOST_WINDOW,
                  (long long)window);
  }
  struct image image = image_of(attr, x->shape);
  int64_t height = windows(image.h, down.window, steps[0]), width = windows(image.w, across.window, steps[1]);
  *out = image_shape(attr, image.c, height, width);
  if (height && width) return true;
  return fail(problem, 0, -1, "windows of %lld x %lld do not fit %s", (long long)down.window, (long long)across.window,
              type_string(x));
}

static bool indices_fit(const struct value_type *indices, struct shape shape, struct shape_problem *problem) {
  struct value_type want = {U8, shape, indices->rows};
  if (indices->type == U8 && shape_equal(indices->shape, shape)) return true;
  return fail(problem, 1, -1, "the indices in windows are %s of bytes, not %s of %s", type_string(&want),
              type_string(indices), dtype_name(indices->type));
}

RULE(pool_argmax) {
  UNUSED;
  out->type = U8;
  return pooled(attr, &in[0], &out->shape, problem);
}

RULE(pool_take) {
  UNUSED;
  return pooled(attr, &in[0], &out->shape, problem) && indices_fit(&in[1], out->shape, problem);
}

RULE(pool_put) {
  UNUSED;
  if (!image_fits("pooling", attr, &in[0], problem) || !indices_fit(&in[1], in[0].shape, problem)) return false;
  int64_t channels = image_of(attr, in[0].shape).c;
  struct value_type large = {F32, image_shape(attr, channels, attr->i[2], attr->i[3]), in[0].rows};
  struct shape small;
  if (!pooled(attr, &large, &small, problem)) return false;
  if (!shape_equal(small, in[0].shape))
    return fail(problem, 0, -1, "pooling %s does not give %s", type_string(&large), type_string(&in[0]));
  out->shape = large.shape;
  return true;
}

RULE(resize) {
  UNUSED;
  const struct attr first = {{0}, {0}, 0, {0}, false};
  if (!image_fits("resize", &first, &in[0], problem)) return false;
  if (attr->i[0] < 1 || attr->i[1] < 1)
    return fail(problem, 0, -1, "cannot resize %s to %lld x %lld", type_string(&in[0]), (long long)attr->i[0],
                (long long)attr->i[1]);
  if (attr->i[2] != 0 && attr->i[2] != 1) return fail(problem, -1, -1, "a resize is nearest or bilinear");
  out->shape = shape_make(3, (int64_t[]){in[0].shape.dim[0], attr->i[0], attr->i[1]});
  return true;
}

/* ---- batch normalisation ---- */

/* Inputs from .. to - 1 are one number for each channel of x, without rows. */
static bool channels_fit(const struct attr *attr, const struct value_type *in, int x, int from, int to,
                         struct shape_problem *problem) {
  if (!layout_fits(attr, problem)) return false;
  if (!in[x].shape.rank) return fail(problem, x, -1, "a batch normalisation needs [channels, ..], not one number");
  int64_t channels = in[x].shape.dim[channel_axis(attr, in[x].shape.rank)];
  for (int k = from; k < to; k++)
    if (in[k].rows || in[k].shape.rank != 1 || in[k].shape.dim[0] != channels)
      return fail(problem, x, k, "batch normalisation of %s needs [%lld] without rows, not %s", type_string(&in[x]),
                  (long long)channels, type_string(&in[k]));
  return true;
}

RULE(batch_norm) {
  UNUSED;
  out->shape = in[0].shape;
  return channels_fit(attr, in, 0, 1, 5, problem);
}

RULE(batch_norm_scale) {
  UNUSED;
  out->shape = in[2].shape;
  return gradient_fits(in, problem) && channels_fit(attr, in, 1, 2, 4, problem) && rows_agree(in, problem);
}

RULE(batch_norm_input) {
  UNUSED;
  out->shape = in[1].shape;
  return gradient_fits(in, problem) && channels_fit(attr, in, 1, 2, 7, problem);
}

/* ---- what all have in common ---- */

/* Most are for floating point alone. */
static bool takes(enum op op, int input, enum dtype type) {
  if (input_in(op_info[op].indices, input)) return type == U8;
  return type == F32 || (type != F64 && op_info[op].properties & TAKES_ALL);
}

bool op_infer(enum op op, const struct attr *attr, const struct value_type *in, struct value_type *out,
              struct shape_problem *problem) {
  struct shape_problem unread;
  if (!problem) problem = &unread;
  if (op <= OP_NONE || op >= OP_COUNT) return fail(problem, -1, -1, "there is no operation %d", (int)op);
  const struct op_info *info = &op_info[op];
  *out = (struct value_type){.type = F32};
  for (int k = 0; k < info->arity; k++)
    if (!takes(op, k, in[k].type))
      return fail(problem, k, -1, "%s takes floating-point numbers, not %s of %s: convert with to_float", info->name,
                  type_string(&in[k]), dtype_name(in[k].type));
  if (!info->shape(op, attr, in, out, problem)) return false;
  for (int k = 0; k < out->shape.rank; k++)
    if (out->shape.dim[k] < 1 && out->shape.dim[k] != BATCH_SIZE)
      return fail(problem, -1, -1, "%s would have an empty axis", type_string(out));
  for (int k = out->shape.rank; k < MAX_RANK; k++) out->shape.dim[k] = 0;
  int64_t count = shape_count(out->shape);
  if (count < 0 || count > MOST_ELEMENTS) return fail(problem, -1, -1, "%s is too large", type_string(out));
  if (info->class == LEAF && info->shape == shape_given) out->rows = attr->rows;
  for (int k = 0; k < info->arity && !(info->properties & (CONTRACTS | GATHERS)); k++) out->rows |= in[k].rows;
  return true;
}
