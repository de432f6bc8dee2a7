/* The functions of the core: what the library is written with.
 *
 * One table, builtins[]: name, parameters (a "?" may be missing), documentation.  Everything that composes from these
 * is in std/. */
#include <math.h>

#include "dsl/eval/scope.h"
#include "dsl/eval/tables.h"

#define CALL(name)                                                                                       \
  static struct value name(const struct context *e, const struct builtin *self, struct value *in, int n, \
                           struct span span)
#define UNUSED (void)self, (void)n, (void)span, (void)in, (void)e
#define GIVEN(k) (in[k].kind != V_ERROR)

/* An integer from 1, or the count of the current rows. */
static bool size_given(const struct context *e, const struct builtin *self, const struct value *v, const char *what,
                       int64_t *out, struct span span) {
  if (!is_batch_size(e, v)) return whole_setting(e, self, v, 1, what, out, span);
  *out = BATCH_SIZE;
  return true;
}

/* ---- elementwise ---- */

CALL(call_elementwise) {
  for (int k = 0; k < n; k++)
    if (!wants_array(e, self, &in[k], span)) return v_error();
  return apply_op(e, self->which, NULL, in, n, span);
}

/* exp, max, floor and the like of plain numbers stay numbers, so that shapes may use them. */
CALL(call_function) {
  const struct attr none = {0};
  bool numbers = true;
  for (int k = 0; k < n; k++) numbers &= in[k].kind == V_NUMBER;
  if (!numbers) return call_elementwise(e, self, in, n, span);
  return v_number(op_value(self->which, &none, in[0].number, n > 1 ? in[1].number : 0, 0), span);
}

/* ---- reductions ---- */

CALL(call_sum) {
  (void)n;
  if (in[0].kind == V_LIST && !GIVEN(1))
    return strcmp(self->name, "mean") ? add_list(e, &in[0], span) : mean_of_list(e, &in[0], span);
  if (!wants_array(e, self, &in[0], span)) return v_error();
  return reduce(e, self->name, in[0], GIVEN(1) ? &in[1] : NULL, span);
}

/* How many elements a reduction over these axes takes together. */
CALL(call_count) {
  (void)n;
  if (in[0].kind == V_LIST) return v_number((double)in[0].list.n, span);
  if (!wants_array(e, self, &in[0], span)) return v_error();
  int64_t set = 0;
  bool batch = false;
  struct shape shape = type_of(e, &in[0])->shape;
  if (!GIVEN(1)) return axes_count(e, shape, ((int64_t)1 << shape.rank) - 1, span);
  if (!read_axes(e, self->name, &in[1], shape.rank, &set, &batch, span)) return v_error();
  struct value count = axes_count(e, shape, set, span);
  return batch ? binary(e, OP_MUL, row_count(e, &in[0], span), count, span) : count;
}

/* The number that is added to a diagonal. */
CALL(call_cholesky) {
  (void)n;
  struct attr attr = {0};
  if (!wants_array(e, self, &in[0], span)) return v_error();
  if (GIVEN(1) && (in[1].kind != V_NUMBER || !(in[1].number >= 0))) {
    diag_error(e->diags, DIAG_E0304, diag_location(e->diags, span), "'%s' takes a number from 0 for its ridge, not %s",
               called(e, self->name, span),
               in[1].kind == V_NUMBER ? arena_format(e->arena, "%g", in[1].number) : describe(e, &in[1]));
    return v_error();
  }
  if (GIVEN(1)) attr.f[0] = in[1].number;
  return apply_op(e, OP_cholesky, &attr, in, 1, span);
}

CALL(call_matrix_power) {
  (void)n;
  struct attr attr = {0};
  if (!wants_array(e, self, &in[0], span)) return v_error();
  for (int k = 1; k < 3 && GIVEN(k); k++) {
    bool fits = in[k].kind == V_NUMBER && (k == 1 ? isfinite(in[k].number) : in[k].number >= 0);
    if (!fits) {
      diag_error(e->diags, DIAG_E0304, diag_location(e->diags, span), "'%s' takes a number%s, not %s",
                 called(e, self->name, span), k == 1 ? " for its power" : " from 0 for its ridge",
                 in[k].kind == V_NUMBER ? arena_format(e->arena, "%g", in[k].number) : describe(e, &in[k]));
      return v_error();
    }
    attr.f[k - 1] = in[k].number;
  }
  return apply_op(e, OP_symmetric_power, &attr, in, 1, span);
}

CALL(call_solve) {
  (void)n;
  struct attr attr = {0};
  if (!wants_array(e, self, &in[0], span) || !wants_array(e, self, &in[1], span)) return v_error();
  struct value both[2] = {in[1], in[0]};
  if (GIVEN(2) && in[2].kind != V_BOOLEAN) {
    diag_error(e->diags, DIAG_E0304, diag_location(e->diags, span), "'%s' takes true or false for transposed, not %s",
               called(e, self->name, span), describe(e, &in[2]));
    return v_error();
  }
  attr.i[0] = GIVEN(2) && in[2].boolean;
  return apply_op(e, OP_solve_triangular, &attr, both, 2, span);
}

CALL(call_kernel) { return call_elementwise(e, self, in, n, span); }

/* ---- shapes ---- */

CALL(call_reshape) {
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct attr attr = {.shape = {0}};
  struct values sizes = {(size_t)n - 1, in + 1};
  if (in[1].kind == V_LIST && in[1].list.n <= MAX_RANK) sizes = in[1].list;
  for (size_t k = 0; k < sizes.n && sizes.at[k].kind != V_ERROR; k++) {
    int64_t dim;
    if (!size_given(e, self, &sizes.at[k], "dimension", &dim, span)) return v_error();
    attr.shape.dim[attr.shape.rank++] = dim;
  }
  return apply_op(e, OP_reshape, &attr, in, 1, span);
}

CALL(call_features) {
  (void)n;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct shape shape = type_of(e, &in[0])->shape;
  if (!shape.rank) {
    diag_error(e->diags, DIAG_E0232, span, "'%s' takes an array of at least 1 axis, not %s",
               called(e, self->name, span), describe(e, &in[0]));
    return v_error();
  }
  return size_value(e, shape.dim[shape.rank - 1], span);
}

CALL(call_shape) {
  (void)n;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct shape shape = type_of(e, &in[0])->shape;
  struct value list = {.kind = V_LIST, .made = span};
  list.list.at = ARENA_ARRAY(e->arena, struct value, MAX_RANK);
  for (; list.list.n < (size_t)shape.rank; list.list.n++)
    list.list.at[list.list.n] = size_value(e, shape.dim[list.list.n], span);
  return list;
}

CALL(call_size) {
  (void)n;
  int64_t axis;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct shape shape = type_of(e, &in[0])->shape;
  if (!axis_of(e, self, &in[1], shape.rank, &axis, span)) return v_error();
  return size_value(e, shape.dim[axis], span);
}

/* Repeats g [c] over the axes of v [c, ...] after the first; a number over all of them. */
CALL(call_spread) {
  (void)n;
  if (!wants_array(e, self, &in[0], span) || !wants_array(e, self, &in[1], span)) return v_error();
  struct shape have = type_of(e, &in[0])->shape, want = type_of(e, &in[1])->shape;
  struct attr attr = {.shape = want};
  bool batch = false; /* over which it is the same anyway */
  if (!GIVEN(2))
    for (int k = have.rank; k < want.rank; k++) attr.i[0] |= (int64_t)1 << k;
  else if (!read_axes(e, self->name, &in[2], want.rank, &attr.i[0], &batch, span)) return v_error();
  return attr.i[0] ? apply_op(e, OP_spread, &attr, in, 1, span) : in[0];
}

/* Repeats g [..] along a new last axis of n elements. */
CALL(call_repeat) {
  (void)n;
  int64_t count;
  if (!wants_array(e, self, &in[0], span) || !size_given(e, self, &in[1], "count", &count, span)) return v_error();
  struct attr attr = {.shape = type_of(e, &in[0])->shape};
  if (attr.shape.rank == MAX_RANK) {
    diag_error(e->diags, DIAG_E0234, span, "an array has at most %d axes", MAX_RANK);
    return v_error();
  }
  attr.i[0] = (int64_t)1 << attr.shape.rank;
  attr.shape.dim[attr.shape.rank++] = count;
  return apply_op(e, OP_spread, &attr, in, 1, span);
}

CALL(call_transpose) {
  (void)n;
  struct attr attr = {0};
  if (!wants_array(e, self, &in[0], span)) return v_error();
  int rank = type_of(e, &in[0])->shape.rank;
  unsigned seen = 0;
  if (in[1].kind == V_LIST && in[1].list.n == (size_t)rank)
    for (int k = 0; k < rank; k++) {
      if (!axis_of(e, self, &in[1].list.at[k], rank, &attr.i[k], span)) return v_error();
      seen |= 1u << attr.i[k];
    }
  if (in[1].kind != V_LIST || seen != (1u << rank) - 1) {
    diag_error(e->diags, DIAG_E0304, span, "'transpose' takes a list that names each of the %d axes once", rank);
    return v_error();
  }
  return apply_op(e, OP_transpose, &attr, in, 1, span);
}

/* ---- rows, presence, gradients ---- */

CALL(call_zero) {
  (void)n;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct value v = in[0];
  v.array.node = graph_constant(graph_of(e), type_of(e, &in[0])->shape, 0);
  v.array.present = 0;
  v.array.variable = 0;
  return v;
}

CALL(call_stop) {
  (void)n;
  return wants_array(e, self, &in[0], span) ? apply_op(e, OP_stop, NULL, in, 1, span) : v_error();
}

CALL(call_varies) {
  UNUSED;
  return in[0].kind == V_ARRAY ? v_boolean(type_of(e, &in[0])->rows || !in[0].array.per_sample) : v_boolean(false);
}

CALL(call_has) {
  (void)n;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  struct value v = in[0].array.present ? array_of(e, in[0].array.present, true, 0, span) : array_number(e, 1);
  v.array.per_sample = in[0].array.per_sample;
  v.array.table = in[0].array.table;
  return v;
}

CALL(call_needs_rows) {
  (void)n;
  if (!wants_array(e, self, &in[0], span)) return v_error();
  if (in[1].kind == V_NUMBER) return need_rows(e, in[0], in[1].number, span);
  diag_error(e->diags, DIAG_E0304, span, "'needs_rows' takes a number of rows, not %s", describe(e, &in[1]));
  return v_error();
}

CALL(call_one_hot) {
  (void)n;
  struct attr attr = {0};
  if (!wants_array(e, self, &in[0], span) || !size_given(e, self, &in[1], "number of classes", &attr.i[0], span))
    return v_error();
  if (in[0].array.classes > attr.i[0] && attr.i[0] != BATCH_SIZE &&
      !in[0].array.present) { /* absent rows may have the larger ones */
    struct span location = diag_location(e->diags, span);
    diag_error(e->diags, DIAG_E0304, location, "the label has %d classes, and '%s' is given %lld", in[0].array.classes,
               called(e, self->name, span), (long long)attr.i[0]);
    blame_made(e, &in[0], location);
    diag_hint(e->diags, "give it one number for each class, as 'dense(%d)' does", in[0].array.classes);
    return v_error();
  }
  return apply_op(e, OP_one_hot, &attr, in, 1, span);
}

CALL(call_classes) {
  (void)n;
  if (in[0].kind == V_ARRAY && in[0].array.classes) return v_number(in[0].array.classes, span);
  diag_error(e->diags, DIAG_E0304, diag_location(e->diags, span), "'%s' takes a label of the data, not %s",
             called(e, self->name, span), describe(e, &in[0]));
  diag_hint(e->diags, "name a column of labels, such as 'digits.label'");
  return v_error();
}

/* ---- distributions ---- */

static struct value distribution(const struct context *e, enum distribution_kind kind, struct value *a, struct value *b,
                                 struct value *like, struct span span) {
  struct value v = {.kind = V_DISTRIBUTION, .made = span};
  v.distribution.kind = kind;
  v.distribution.a = keep_value(e, *a);
  v.distribution.b = b ? keep_value(e, *b) : NULL;
  v.distribution.like = like && like->kind != V_ERROR ? keep_value(e, *like) : NULL;
  return v;
}

CALL(call_uniform) {
  UNUSED;
  if (in[0].kind == V_NUMBER && in[1].kind == V_NUMBER && !(in[0].number <= in[1].number)) {
    diag_error(e->diags, DIAG_E0304, span,
               "a uniform distribution goes from a lower number to a higher, not from %g to %g", in[0].number,
               in[1].number);
    return v_error();
  }
  return distribution(e, DISTRIBUTION_UNIFORM, &in[0], &in[1], &in[2], span);
}

CALL(call_normal) {
  UNUSED;
  if (in[1].kind == V_NUMBER && !(in[1].number >= 0)) {
    diag_error(e->diags, DIAG_E0304, span, "a standard deviation is a number from 0, not %g", in[1].number);
    return v_error();
  }
  return distribution(e, DISTRIBUTION_NORMAL, &in[0], &in[1], &in[2], span);
}

CALL(call_bernoulli) {
  UNUSED;
  if (in[0].kind == V_NUMBER && !(in[0].number >= 0 && in[0].number <= 1)) {
    diag_error(e->diags, DIAG_E0304, span, "a probability is between 0 and 1, not %g", in[0].number);
    return v_error();
  }
  return distribution(e, DISTRIBUTION_BERNOULLI, &in[0], NULL, &in[1], span);
}

/* Every row keeps what was drawn for it. */
CALL(call_fixed) {
  (void)n;
  uint64_t seed = 1;
  if (in[0].kind == V_ERROR) return v_error();
  if (in[0].kind != V_DISTRIBUTION) return wrong(e, self, "a distribution", &in[0], span);
  if (!read_seed(e, self, &in[1], &seed, span)) return v_error();
  in[0].distribution.fixed = true;
  in[0].distribution.seed = seed;
  return in[0];
}

/* ---- clocks ---- */

CALL(call_clock) {
  UNUSED;
  struct attr attr = {.i = {self->which}};
  return array_of(e, graph_op0(graph_of(e), OP_clock, &attr), false, 0, span);
}

#define ONE(name, op, doc) \
  { name, call_function, "v", OP_##op, doc }
const struct builtin builtins[] = {
    ONE("exp", exp, "e to the power v"),
    ONE("log", log, "natural logarithm"),
    ONE("sqrt", sqrt, "square root"),
    ONE("sq", square, "v times v"),
    ONE("abs", abs, "absolute value"),
    ONE("sign", sign, "-1, 0 or 1"),
    ONE("floor", floor, "the largest integer not above v"),
    ONE("relu", relu, "max(v, 0)"),
    ONE("sigmoid", sigmoid, "1 / (1 + exp(-v)), without overflow"),
    ONE("tanh", tanh, "hyperbolic tangent"),
    ONE("softplus", softplus, "log(1 + exp(v)), without overflow"),
    ONE("sin", sin, "sine, of radians"),
    ONE("cos", cos, "cosine, of radians"),
    ONE("erf", erf, "error function: 2 / sqrt(pi) times the integral of exp(-t ^ 2) from 0 to v"),
    {"max", call_function, "a, b", OP_max, "the larger, element by element; a wins a tie"},
    {"min", call_function, "a, b", OP_min, "the smaller, element by element; a wins a tie"},
    {"sum", call_sum, "v, axes?", 0,
     "sum over `batch` (the current rows), `space` (all axes but the first), an axis, or a list of these; over all of a "
     "row's axes without; of a list, its items added"},
    {"mean", call_sum, "v, axes?", 0,
     "mean, over axes as in sum; only rows where v is present count; of a list, the mean of its items"},
    {"count", call_count, "v, axes?", 0, "how many elements such a reduction takes together; of a list, its length"},
    {"largest", call_largest, "v, axes?", 0, "maximum over axes as in sum, over the last one if not given"},
    {"smallest", call_largest, "v, axes?", 1, "minimum over axes as in sum, over the last one if not given"},
    {"argmax", call_argmax, "v, axis?", 0,
     "where the maximum over an axis is, the last one if not given; the first wins a tie"},
    {"argmin", call_argmax, "v, axis?", 1,
     "where the minimum over an axis is, the last one if not given; the first wins a tie"},
    {"argsort", call_kernel, "v", OP_order,
     "the indices by which the last axis of v rises; equal elements stay in their order"},
    {"top_k", call_top_k, "v, k", 0, "the k largest along the last axis, the largest first"},
    {"cumsum", call_kernel, "v", OP_cumulative, "each element with those before it in the last axis added"},
    {"gather", call_kernel, "table, index", OP_gather,
     "the rows of a table [n, ..] without rows at indices from 0, such as an embedding of a label; NaN at none"},
    {"take_along", call_kernel, "v, index", OP_take_last,
     "v [.., n] at the indices [.., k] of its last axis; NaN where an index is none"},
    {"roll", call_roll, "v, by, axis?", 0,
     "v moved on by so many rows of the batch, so that each row has another's; along an axis, where one is given"},
    {"cholesky", call_cholesky, "a, ridge?", 0,
     "the lower triangle L with L @ L' = a + ridge times the identity, of a symmetric a [n, n], of which the lower triangle "
     "is read; an error of the run where that is not positive definite"},
    {"solve_triangular", call_solve, "l, v, transposed?", 0,
     "what l, a lower triangle [n, n] without rows, makes v [.., n] of: l @ r = v, or l' @ r = v where `transposed` is true"},
    {"inverse", call_kernel, "a", OP_inverse, "the inverse of a [n, n]; an error of the run where there is none"},
    {"eigenvectors", call_kernel, "a", OP_eigenvectors,
     "the eigenvectors of the symmetric part of a [n, n], in columns, by rising eigenvalues"},
    {"matrix_power", call_matrix_power, "a, p, ridge?", 0,
     "the symmetric part of a [n, n], with ridge times the identity added, to a power, such as -0.5; an error of the run "
     "where that is not positive definite"},
    {"lower_triangle", call_kernel, "a", OP_lower_triangle, "a matrix [n, n] with zeros above its diagonal"},
    {"reshape", call_reshape, "v, a?, b?, c?, d?, e?", 0,
     "a row's elements under another shape, whose sizes are given one by one or as a list"},
    {"features", call_features, "v", 0, "the size of a row's last axis"},
    {"size", call_size, "v, axis", 0, "the size of one axis of a row"},
    {"shape", call_shape, "v", 0, "the sizes of a row's axes, as a list"},
    {"spread", call_spread, "v, like, axes?", 0,
     "v [c] repeated over the axes of like [c, ...] after the first; or, where axes are given, over these of like"},
    {"repeat", call_repeat, "v, n", 0, "v repeated n times along a new last axis"},
    {"concat", call_concat, "a, b?, axis?", 0,
     "two arrays, or those of a list, one after the other along an axis, the first if not given; two tables: the rows of a, "
     "then those of b"},
    {"array", call_stack, "list", 0, "a list of numbers, or a list of such lists, as an array"},
    {"stack", call_stack, "list, axis?", 0,
     "arrays of one shape side by side along a new axis, the first if not given"},
    {"zeros", call_filled, "a?, b?, c?, d?, e?", 0, "zeros of these dimensions"},
    {"ones", call_filled, "a?, b?, c?, d?, e?", 1, "ones of these dimensions"},
    {"transpose", call_transpose, "v, order", 0, "the axes of a row in another order"},
    {"conv2d", call_conv2d, "v, filters, stride?, padding?, dilation?, groups?", OP_conv2d,
     "v [c, h, w] correlated with filters [o, c / groups, kh, kw], group by group; what is a number for both axes may be a "
     "list of two, down and across"},
    {"conv2d_transpose", call_conv2d, "v, filters, stride?, padding?, dilation?, groups?", OP_conv2d_input,
     "the transpose of conv2d: v [o, h, w], filters [o, c / groups, kh, kw]"},
    {"pool_max", call_pool_max, "v, size, stride?", 0,
     "maximum over windows of size x size, or of a height and a width in a list"},
    {"pad", call_pad, "v, axis, before, after", 0, "so many zeros before and after an axis"},
    {"interpolate", call_interpolate, "v, height, width, mode?", 0,
     "v [c, h, w] at another size; mode \"bilinear\" (half-pixel centres) or \"nearest\" (row floor(i h / height) for row i)"},
    {"batch_normalize", call_batch_normalize, "v, mean, variance, scale, shift, eps", 0,
     "scale (v - mean) / sqrt(variance + eps) + shift, where mean and variance are v's own over the batch and space"},
    {"zero", call_zero, "v", 0, "zeros in the place of v: the zero-padded view, the same in every row"},
    {"stop", call_stop, "v", 0, "v, through which no gradient passes"},
    {"weights", NULL, "of", FORM_WEIGHTS,
     "the weights of an instance with all its parts, as a list; of all instances of a list or record"},
    {"average", NULL, "of, decay", FORM_AVERAGE,
     "an instance whose weights follow those of another: after every update, decay times its own and the rest of the other's"},
    {"gradient", NULL, "v, by", FORM_GRADIENT,
     "the gradient of v, one number or one for each row, by an array that it is made of: of the array's shape"},
    {"varies", call_varies, "v", 0, "whether v can differ between rows: false for a zero-padded view"},
    {"has", call_has, "v", 0, "1 in the rows where v is present"},
    {"needs_rows", call_needs_rows, "v, rows", 0,
     "v, a statistic over the batch that means nothing over fewer rows: a batch too small is refused before training"},
    {"rows", call_rows, "v", 0,
     "v [..] of all current rows as one array [batch, ..] without rows: 'rows(a)' @ rows(b)', 'a @ rows(b)''"},
    {"per_row", call_per_row, "v", 0, "an array [batch, ..] without rows as [..] in each row: what rows(v) is made of"},
    {"row_number", call_row_number, NULL, 0, "the number of each row among the current ones, from 0"},
    {"diagonal", call_kernel, "a", OP_diagonal, "the diagonal [.., n] of a [.., n, n]"},
    {"diagonal_matrix", call_kernel, "v", OP_diagonal_matrix,
     "v [.., n] in the diagonal of matrices [.., n, n] that are 0 elsewhere"},
    {"one_hot", call_one_hot, "v, n", 0,
     "n numbers, 1 at the index v and 0 elsewhere; NaN where v is not an index below n"},
    {"classes", call_classes, "label", 0, "how many classes a label of the data has"},
    {"uniform", call_uniform, "low, high, like?", 0, "uniform between low and high"},
    {"normal", call_normal, "mean, sd, like?", 0, "normal with mean and standard deviation"},
    {"bernoulli", call_bernoulli, "p, like?", 0,
     "1 with probability p, else 0; one draw for each element of p or like"},
    {"fixed", call_fixed, "distribution, seed?", 0,
     "the distribution, drawn once for each row by a seed of its own: the same numbers in every step and every run"},
    {"checked", call_checked, "v, holds, what", 0,
     "v where `holds`; else the error that the running function takes `what`, a string or a list of strings and numbers, not "
     "v"},
    {"whole", call_whole, "v, least", 0, "whether v is an integer, known while compiling, of at least `least`"},
    {"both_ways", call_both_ways, "v, least, what", 0,
     "a list of two integers of at least `least`, down and across an image: v, or a number v twice; else the error that the "
     "running function takes none for its `what`"},
    {"alike", call_alike, "a, b", 0, "whether two arrays have one shape or one of them is a number"},
    {"pairs", call_pairs, "list", 0, "every two items of a list, as pairs"},
    {"range", call_range, "a, b?, step?", 0,
     "the integers from 0 to before a, or from a to before b, as a list; step is 1 if not given"},
    {"fold", NULL, "f, start, list", FORM_FOLD,
     "f(f(f(start, first), second), ..): what f makes of the value so far and an item, the items in turn"},
    {"scan", NULL, "f, start, list", FORM_SCAN, "as fold, with the value after every item, as a list"},
    {"epoch", call_clock, NULL, CLOCK_EPOCH, "epochs done, with the fraction of the running one"},
    {"updates", call_clock, NULL, CLOCK_UPDATES, "updates done, with this one"},
    {"epochs", call_clock, NULL, CLOCK_EPOCHS, "how many epochs the stage has"},
    {"steps", call_clock, NULL, CLOCK_STEPS, "how many updates the stage has"},
    {"file", call_file, "name, entry?, by?, header?, delimiter?, shape?, classes?", 0,
     "a file of data beside the model or in the data directory: its arrays are its fields, or entry names one; by: its "
     "samples are its \"rows\" (the first axis) or \"columns\" (the last); header, delimiter: of a file of text, where they "
     "are not as it looks; shape: of a row of the array, and classes: the strings of a column, as they must be, so that the "
     "model compiles where the file is not there yet"},
    {"columns", call_columns, "file, first?, last?", 0,
     "columns of numbers of a file, such as a CSV, side by side as one array: from the first named to the last, or all"},
    {"labels", call_labels, "column, classes, first?", 0,
     "a file's column as labels: numbers from first (0 if not given); a value of one number a row as labels from 0"},
    {"table", call_table, "...", 0, "a table of these columns: 'table(x = file(\"x.npy\"), label = digits.label)'"},
    {"drop", call_drop, "table, columns", 0, "a table without a column, or without a list of them"},
    {"split", call_split_of, "table, train?, validation?, test?, seed?, by?, group?, in_order?, folds?, fold?, axis?",
     0,
     "an array cut into so many equal parts, or into parts of the sizes in a list, along an axis, the first if not given: "
     "'split(v, 4, -1)'; or of a table the rows to train on divided: shares or numbers of rows (train: what is left, if not "
     "given), drawn with the seed; by keeps every class's share; group keeps rows of one group together; folds divides those "
     "to train and validate on into so many parts, of which the one numbered fold (1) is to validate on"},
    {"splits", call_splits, "train, validation?, test?", 0, "a table for each split, with the same columns"},
    {"take", call_take, "table, rows?, train?, validation?, test?, first?", 0,
     "at most so many rows of each split, from the first on"},
    {"shuffle", call_shuffle, "table, seed?", 0, "the rows of each split in a drawn order"},
    {"sample", call_sample, "table, rows, seed?", 0, "so many rows of each split, drawn"},
    {"join", call_join, "a, b, on, outer?", 0,
     "rows of two tables that have one key; outer: also the others, in which columns of the other table are absent"},
    {"pair", call_pair, "a, b, by, seed?", 0, "each row of a with a row of b of the same class, drawn"},
    {"filter", call_filter, "table, condition, values?", 0,
     "the rows for which a condition on columns holds, as 'filter(t, t.x > 0)'; or whose column is one of the values"},
    {"generate", call_generate, "train?, validation?, test?", 0,
     "a table of so many rows in each split, with their number in it as the column row"},
    {"numbered", call_numbered, "table, name?", 0,
     "a table with the number of each row in its split, called row if not given"},
    {"present", call_present, "table, column", 0, "a table whose column is absent in the rows where it holds NaN"},
    {"figure", call_figure, "value, chance?, protocol?, unit?", 0,
     "a measurement with what chance would give, how it was measured, and its unit (\"%\" for shares)"},
    {"measure", call_measure, "name, a, b?, c?", 0, "a measurement that is computed outside the graph"},
};
const size_t builtin_count = sizeof builtins / sizeof *builtins;

void declare_builtins(const struct context *e) {
  static const struct span nowhere;
  e->compile->builtins = scope_new(e, NULL, NULL);
  for (size_t i = 0; i < builtin_count; i++) {
    struct value v = {.kind = V_BUILTIN};
    v.builtin = &builtins[i];
    bind_value(e, e->compile->builtins, name_of_string(e->compile->names, builtins[i].name), v, nowhere);
  }
  struct value axis = {.kind = V_AXIS, .axis = AXIS_BATCH};
  bind_value(e, e->compile->builtins, name_of_string(e->compile->names, "batch"), axis, nowhere);
  axis.axis = AXIS_SPACE;
  bind_value(e, e->compile->builtins, name_of_string(e->compile->names, "space"), axis, nowhere);
  bind_value(e, e->compile->builtins, name_of_string(e->compile->names, "pi"),
             v_number(3.14159265358979323846, nowhere), nowhere);
  bind_value(e, e->compile->builtins, name_of_string(e->compile->names, "true"), v_boolean(true), nowhere);
  bind_value(e, e->compile->builtins, name_of_string(e->compile->names, "false"), v_boolean(false), nowhere);
}
