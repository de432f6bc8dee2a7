/* Random recipes.  Moves are made until there are enough steps; each is a structure that models have, or one that a
 * planner or a fusing executor is likely to get wrong, on values that are there already, mostly late ones.  Numbers
 * stay moderate: arguments of logarithms, roots and divisions are made positive, what grows is scaled down. */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "recipe.h"

struct dice {
  struct recipe *recipe;
  uint64_t key, thrown;
  int64_t length[4]; /* favourite lengths: equal shapes are frequent */
};

static int64_t pick(struct dice *d, int64_t low, int64_t high) {
  double unit = random_unit(random_bits(d->key, d->thrown++));
  return low + (int64_t)(unit * (double)(high - low + 1));
}
static bool chance(struct dice *d, int percent) { return pick(d, 1, 100) <= percent; }
static enum op one_of(struct dice *d, const enum op *ops, int n) { return ops[pick(d, 0, n - 1)]; }
#define ONE_OF(d, ...) \
  one_of(d, (const enum op[]){__VA_ARGS__}, (int)(sizeof((enum op[]){__VA_ARGS__}) / sizeof(enum op)))

static const struct value_type *type_at(struct dice *d, int s) { return &d->recipe->step[s].type; }
static const struct shape *shape_at(struct dice *d, int s) { return &d->recipe->step[s].type.shape; }
static int rank_at(struct dice *d, int s) { return shape_at(d, s)->rank; }
static double size_at(struct dice *d, int s) { return d->recipe->step[s].size; }

/* ---- steps ---- */

/* About how large the results are, for inputs of these sizes. */
static double size_of(const struct recipe *r, const struct step *step, const double *in) {
  double made = (double)shape_count(step->type.shape);
  double read = op_info[step->op].arity ? (double)shape_count(r->step[step->in[0]].type.shape) : 1;
  double rows = (double)r->rows;
  switch (step->op) {
  case OP_constant: return fabs(step->attr.f[0]);
  case OP_rows: return rows;
  case OP_variable:
  case OP_column:
  case OP_normal:
  case OP_clock: return 2;
  case OP_add:
  case OP_sub:
  case OP_concat: return in[0] + in[1];
  case OP_mul: return in[0] * in[1];
  case OP_div: return 2 * in[0]; /* the divisor is at least a half */
  case OP_square: return in[0] * in[0];
  case OP_exp: return exp(in[0]);
  case OP_log:
  case OP_softplus: return 1 + in[0];
  case OP_relu_back: return in[1];
  case OP_select: return fmax(in[1], in[2]);
  case OP_max:
  case OP_min: return fmax(in[0], in[1]);
  case OP_sum: return in[0] * pow(read / made, 0.75);
  case OP_sum_rows:
  case OP_scatter: return in[0] * pow(rows, 0.75);
  case OP_cumulative: return in[0] * pow((double)step->type.shape.dim[step->type.shape.rank - 1], 0.75);
  case OP_resize_back: return in[0] * fmax(1, read / made);
  case OP_matmul:
  case OP_matmul_each:
  case OP_matmul_rows:
  case OP_conv2d:
  case OP_conv2d_input:
  case OP_conv2d_weights: {
    struct value_type type[2] = {r->step[step->in[0]].type, r->step[step->in[1]].type};
    double terms = op_work(step->op, &step->attr, type, &step->type) / (2 * made);
    if (op_info[step->op].properties & CONTRACTS) terms *= rows;
    return in[0] * in[1] * pow(terms, 0.6);
  }
  case OP_batch_norm: return 2 * in[3] + in[4];
  case OP_sigmoid:
  case OP_tanh:
  case OP_less:
  case OP_less_equal:
  case OP_equal:
  case OP_uniform:
  case OP_sign:
  case OP_one_hot: return 1;
  default: return op_info[step->op].arity ? in[0] : 1;
  }
}

/* A step, or -1 where it does not fit, or is too large. */
static int put(struct dice *d, enum op op, struct attr attr, const int *in) {
  struct recipe *r = d->recipe;
  struct value_type types[MAX_INPUTS];
  struct step step = {.op = op, .attr = attr};
  double sizes[MAX_INPUTS] = {0};
  double rows = 1;
  if (r->n == MOST_STEPS) return -1;
  for (int k = 0; k < op_info[op].arity; k++) {
    if (in[k] < 0) return -1;
    step.in[k] = in[k];
    types[k] = r->step[in[k]].type;
    sizes[k] = r->step[in[k]].size;
    if (types[k].rows) rows = (double)r->rows;
  }
  if (!op_infer(op, &attr, types, &step.type, NULL)) return -1;
  if (shape_count(step.type.shape) * (step.type.rows ? r->rows : 1) > r->limit) return -1;
  if (op_work(op, &attr, types, &step.type) * rows > 100 * (double)r->limit) return -1;
  step.size = size_of(r, &step, sizes);
  r->step[r->n] = step;
  return r->n++;
}

static const struct attr plain = {.key = 0};

static int put0(struct dice *d, enum op op, struct attr attr) { return put(d, op, attr, NULL); }
static int put1(struct dice *d, enum op op, struct attr attr, int a) { return put(d, op, attr, (int[]){a}); }
static int put2(struct dice *d, enum op op, struct attr attr, int a, int b) { return put(d, op, attr, (int[]){a, b}); }
static int unary(struct dice *d, enum op op, int a) { return put1(d, op, plain, a); }
static int binary(struct dice *d, enum op op, int a, int b) { return put2(d, op, plain, a, b); }
static int number(struct dice *d, double value) { return put0(d, OP_constant, (struct attr){.f = {value}}); }
static int scaled(struct dice *d, int a, double by) { return a < 0 ? -1 : binary(d, OP_mul, a, number(d, by)); }

/* Keeps numbers moderate. */
static int tame(struct dice *d, int a) {
  if (a < 0 || size_at(d, a) <= 8) return a;
  return chance(d, 50) ? unary(d, OP_tanh, a) : scaled(d, a, 2 / size_at(d, a));
}

/* At least a half. */
static int positive(struct dice *d, int a) {
  int b = chance(d, 50) ? unary(d, OP_softplus, a) : unary(d, OP_square, a);
  return b < 0 ? -1 : binary(d, OP_add, b, number(d, 0.5));
}

/* ---- values to work on ---- */

static struct shape some_shape(struct dice *d, int low, int high) {
  struct shape shape = {.rank = (int)pick(d, low, high)};
  for (int k = 0; k < shape.rank; k++) shape.dim[k] = d->length[pick(d, 0, 3)];
  return shape;
}

static int stored(struct dice *d, struct shape shape, bool rows) {
  struct recipe *r = d->recipe;
  int *n = rows ? &r->columns : &r->variables;
  if (*n == MOST_LEAVES / 2) return -1; /* left for what is stored when a recipe shrinks */
  int s = put0(d, rows ? OP_column : OP_variable, (struct attr){.i = {*n}, .shape = shape, .rows = rows});
  if (s >= 0) (rows ? r->column : r->variable)[(*n)++] = s;
  return s;
}

static int fresh(struct dice *d, struct shape shape) {
  struct attr attr = {.key = (uint64_t)pick(d, 1, 3), .shape = shape, .rows = chance(d, 60)};
  int kind = (int)pick(d, 0, 9);
  if (kind < 4) return stored(d, shape, true);
  if (kind < 7) return stored(d, shape, false);
  if (kind < 8) attr.f[0] = (double)pick(d, -3, 3) / 4;
  /* a gradient through the outcome of a draw is refused */
  return kind < 8 ? put0(d, OP_constant, attr) : unary(d, OP_stop, put0(d, kind < 9 ? OP_uniform : OP_normal, attr));
}

enum wanted { ANY_ROWS, NO_ROWS };

/* A value of this shape: mostly one that is there, mostly a late one. */
static int like(struct dice *d, struct shape shape, enum wanted rows) {
  int found[MOST_STEPS], n = 0;
  for (int s = 0; s < d->recipe->n; s++) {
    const struct value_type *type = type_at(d, s);
    if (type->type == F32 && shape_equal(type->shape, shape) && !(rows == NO_ROWS && type->rows)) found[n++] = s;
  }
  if (n && chance(d, 80)) return found[n - 1 - pick(d, 0, pick(d, 0, n - 1))];
  return rows == NO_ROWS ? stored(d, shape, false) : fresh(d, shape);
}

/* Any value with low to high axes. */
static int some(struct dice *d, int low, int high) {
  int found[MOST_STEPS], n = 0;
  for (int s = 0; s < d->recipe->n; s++)
    if (type_at(d, s)->type == F32 && rank_at(d, s) >= low && rank_at(d, s) <= high) found[n++] = s;
  if (n && chance(d, 92)) return found[n - 1 - pick(d, 0, pick(d, 0, n - 1))];
  return fresh(d, some_shape(d, low, high));
}

/* What an elementwise operation takes beside a: the same shape, one number, or no rows. */
static int partner(struct dice *d, int a) {
  struct shape none = {0};
  switch (pick(d, 0, 5)) {
  case 0: return number(d, (double)pick(d, -8, 8) / 4);
  case 1: return like(d, none, ANY_ROWS);
  case 2: return like(d, *shape_at(d, a), NO_ROWS);
  default: return like(d, *shape_at(d, a), ANY_ROWS);
  }
}

/* ---- elementwise moves ---- */

static int link(struct dice *d, int a) {
  enum op op;
  if (a < 0) return -1;
  switch (pick(d, 0, 13)) {
  case 0: return unary(d, OP_exp, size_at(d, a) > 4 ? unary(d, OP_tanh, a) : a);
  case 1: return unary(d, ONE_OF(d, OP_log, OP_sqrt), positive(d, tame(d, a)));
  case 2: return binary(d, OP_div, a, positive(d, tame(d, partner(d, a))));
  case 3: return binary(d, OP_pow, positive(d, unary(d, OP_tanh, a)), number(d, (double)pick(d, -2, 6) / 2));
  case 4: {
    int in[] = {binary(d, ONE_OF(d, OP_less, OP_less_equal), a, partner(d, a)), partner(d, a), a};
    return put(d, OP_select, plain, in);
  }
  case 5: return binary(d, OP_relu_back, unary(d, OP_relu, a), partner(d, a));
  case 6: return binary(d, ONE_OF(d, OP_max, OP_min), a, partner(d, a));
  case 7: return unary(d, ONE_OF(d, OP_floor, OP_sign, OP_stop, OP_stop), a);
  case 8: op = ONE_OF(d, OP_add, OP_sub, OP_mul); return binary(d, op, a, partner(d, a));
  case 9: op = ONE_OF(d, OP_add, OP_sub, OP_mul); return binary(d, op, partner(d, a), a);
  default:
    op = ONE_OF(d, OP_negate, OP_square, OP_abs, OP_relu, OP_relu, OP_sigmoid, OP_tanh, OP_softplus);
    return unary(d, op, a);
  }
}

static int chain(struct dice *d, int a) {
  for (int64_t left = pick(d, 1, 6); left; left--) {
    int b = tame(d, link(d, a));
    if (b >= 0) a = b;
  }
  return a;
}

static void move_chain(struct dice *d) { chain(d, some(d, 0, 4)); }

/* One value, two chains, and together again. */
static void move_diamond(struct dice *d) {
  int a = some(d, 0, 4), b = chain(d, a), c = chain(d, a);
  if (b >= 0 && c >= 0) tame(d, binary(d, ONE_OF(d, OP_add, OP_mul, OP_sub), b, c));
}

/* ---- reductions ---- */

static int repeat(struct dice *d, int a, int64_t axes, struct shape shape) {
  return put1(d, OP_spread, (struct attr){.i = {axes}, .shape = shape}, a);
}

/* A reduction of each row between two chains over the same rows. */
static void reduce(struct dice *d, int a) {
  if (a < 0 || !rank_at(d, a)) return;
  a = chain(d, a);
  struct shape shape = *shape_at(d, a);
  int64_t axes = chance(d, 40) ? (1 << shape.rank) - 1 : pick(d, 1, (1 << shape.rank) - 1);
  int sum = put1(d, OP_sum, (struct attr){.i = {axes}}, a);
  if (sum < 0) return;
  double terms = (double)shape_count(shape) / (double)shape_count(*shape_at(d, sum));
  if (chance(d, 70)) sum = scaled(d, sum, 1 / terms);
  sum = tame(d, sum);
  if (chance(d, 40)) sum = chain(d, sum);
  if (chance(d, 70)) chain(d, binary(d, ONE_OF(d, OP_sub, OP_mul, OP_add), a, repeat(d, sum, axes, shape)));
}

static void move_reduce(struct dice *d) { reduce(d, some(d, 1, 4)); }

static void move_softmax(struct dice *d) {
  int a = some(d, 1, 3);
  if (a < 0) return;
  struct shape shape = *shape_at(d, a);
  int64_t last = (int64_t)1 << (shape.rank - 1);
  int most = unary(d, OP_max_last, a);
  int e = unary(d, OP_exp, tame(d, binary(d, OP_sub, a, repeat(d, most, last, shape))));
  int total = put1(d, OP_sum, (struct attr){.i = {last}}, e);
  if (total < 0) return;
  int soft = binary(d, OP_div, e, repeat(d, binary(d, OP_add, total, number(d, 0.5)), last, shape));
  if (chance(d, 30) && soft >= 0) unary(d, OP_log, binary(d, OP_add, soft, number(d, 0.25)));
}

static void move_winner(struct dice *d) {
  int a = some(d, 1, 3);
  if (a < 0) return;
  int64_t classes = shape_at(d, a)->dim[rank_at(d, a) - 1];
  int one = put1(d, OP_one_hot, (struct attr){.i = {classes}}, unary(d, OP_argmax, a));
  tame(d, binary(d, OP_mul, one, a));
}

static int over_rows(struct dice *d, int a) {
  if (a < 0 || !type_at(d, a)->rows) return a;
  int sum = unary(d, OP_sum_rows, a);
  if (chance(d, 60)) return binary(d, OP_div, sum, put0(d, OP_rows, plain));
  return scaled(d, sum, 1 / (double)d->recipe->rows);
}

/* Over the rows, and often back to them: what couples them. */
static void move_rows(struct dice *d) {
  int a = chain(d, some(d, 0, 4)), sum = over_rows(d, a);
  if (a < 0 || sum < 0) return;
  if (chance(d, 30)) sum = chain(d, sum);
  if (chance(d, 30) && !type_at(d, sum)->rows) sum = unary(d, OP_to_rows, sum);
  if (chance(d, 60)) chain(d, binary(d, ONE_OF(d, OP_sub, OP_mul), a, sum));
}

/* ---- views and moves of elements ---- */

static struct shape regrouped(struct dice *d, struct shape shape) {
  int k = shape.rank > 1 ? (int)pick(d, 0, shape.rank - 2) : 0;
  struct shape flat = {1, {shape_count(shape)}};
  if (shape.rank < 2 || chance(d, 40)) {
    struct shape longer = {shape.rank + 1, {1, shape.dim[0], shape.dim[1], shape.dim[2], 0}};
    return shape.rank < 4 && (!shape.rank || chance(d, 40)) ? longer : flat;
  }
  shape.dim[k] *= shape.dim[k + 1];
  for (int i = k + 1; i + 1 < shape.rank; i++) shape.dim[i] = shape.dim[i + 1];
  shape.dim[--shape.rank] = 0;
  return shape;
}

static int moved(struct dice *d, int a) {
  struct shape shape = *shape_at(d, a);
  int64_t axis = pick(d, 0, shape.rank - 1), n = shape.dim[axis], from = pick(d, 0, n - 1);
  struct attr attr = {.i = {axis, from, pick(d, from + 1, n)}};
  uint64_t key = (uint64_t)pick(d, 0, 1000);
  switch (pick(d, 0, 5)) {
  case 0: return put1(d, OP_slice, attr, a);
  case 1: return put1(d, OP_pad, (struct attr){.i = {axis, pick(d, 0, 2), pick(d, 0, 2)}}, a);
  case 2:
    for (int k = 0; k < shape.rank; k++) attr.i[k] = (int64_t)random_permute(key, (uint64_t)shape.rank, (uint64_t)k);
    return put1(d, OP_transpose, attr, a);
  case 3: return put2(d, OP_concat, (struct attr){.i = {axis}}, a, like(d, shape, ANY_ROWS));
  default: return put1(d, OP_reshape, (struct attr){.shape = regrouped(d, shape)}, a);
  }
}

static void move_elements(struct dice *d) {
  int a = some(d, 1, 4);
  if (a < 0) return;
  a = moved(d, a);
  if (a >= 0 && rank_at(d, a) && chance(d, 40)) a = moved(d, a);
  if (chance(d, 50)) chain(d, a);
}

static void move_repeat(struct dice *d) {
  int a = some(d, 0, 2);
  if (a < 0) return;
  if (!type_at(d, a)->rows && chance(d, 40)) {
    unary(d, OP_to_rows, a);
    return;
  }
  struct shape in = *shape_at(d, a), out = {.rank = in.rank + (int)pick(d, 1, 2)};
  int64_t axes = 0;
  for (int k = 0, from = 0; k < out.rank; k++) {
    bool fresh_axis = out.rank - k > in.rank - from && (from == in.rank || chance(d, 50));
    axes |= (int64_t)fresh_axis << k;
    out.dim[k] = fresh_axis ? d->length[pick(d, 0, 3)] : in.dim[from++];
  }
  chain(d, repeat(d, a, axes, out));
}

/* ---- products ---- */

static void move_matmul(struct dice *d) {
  int a = some(d, 1, 3);
  if (a < 0) return;
  int64_t k = shape_at(d, a)->dim[rank_at(d, a) - 1], n = d->length[pick(d, 0, 3)], transposed = pick(d, 0, 1);
  int w = like(d, transposed ? (struct shape){2, {n, k}} : (struct shape){2, {k, n}}, NO_ROWS);
  int y = tame(d, put2(d, OP_matmul, (struct attr){.i = {transposed}}, a, w));
  if (y >= 0 && chance(d, 60)) {
    struct shape shape = *shape_at(d, y);
    int64_t but_last = ((int64_t)1 << (shape.rank - 1)) - 1;
    int bias = like(d, (struct shape){1, {n}}, NO_ROWS);
    y = binary(d, OP_add, y, but_last ? repeat(d, bias, but_last, shape) : bias);
  }
  if (chance(d, 60)) chain(d, y);
}

/* Two layers on each of two or three values, and the sum of what they give. */
static void move_applications(struct dice *d) {
  int64_t k = d->length[pick(d, 0, 3)], n = d->length[pick(d, 0, 3)], m = d->length[pick(d, 0, 3)];
  int first = like(d, (struct shape){2, {k, n}}, NO_ROWS), bias = like(d, (struct shape){1, {n}}, NO_ROWS);
  int second = like(d, (struct shape){2, {m, n}}, NO_ROWS), sum = -1;
  enum op activation = ONE_OF(d, OP_relu, OP_tanh, OP_sigmoid);
  if (first < 0 || bias < 0 || second < 0) return;
  double scale = 1 / (1 + size_at(d, first) * (double)k);
  for (int64_t left = pick(d, 2, 3); left; left--) {
    int x = chance(d, 50) ? stored(d, (struct shape){1, {k}}, true) : like(d, (struct shape){1, {k}}, ANY_ROWS);
    int y = unary(d, activation, binary(d, OP_add, scaled(d, put2(d, OP_matmul, plain, x, first), scale), bias));
    y = unary(d, OP_tanh, put2(d, OP_matmul, (struct attr){.i = {1}}, y, second));
    sum = sum < 0 ? y : binary(d, OP_add, sum, y);
    if (chance(d, 30)) chain(d, chance(d, 50) ? x : y);
  }
  if (chance(d, 50)) chain(d, sum);
}

static void move_outer(struct dice *d) {
  int a = some(d, 1, 3);
  if (a < 0) return;
  struct shape shape = *shape_at(d, a);
  if (chance(d, 50)) shape.dim[shape.rank - 1] = d->length[pick(d, 0, 3)];
  int s = put2(d, OP_matmul_rows, plain, a, like(d, shape, ANY_ROWS));
  tame(d, scaled(d, s, 1 / (double)d->recipe->rows));
}

/* The squares of a correlation over the rows, as losses of two views have them, or a product with it. */
static void move_squares(struct dice *d) {
  int a = some(d, 1, 1);
  if (a < 0 || !type_at(d, a)->rows) return;
  int64_t n = d->length[pick(d, 0, 3)], transposed = pick(d, 0, 1);
  int s = put2(d, OP_matmul_rows, plain, a, like(d, (struct shape){1, {n}}, ANY_ROWS));
  s = scaled(d, s, 1 / (double)d->recipe->rows);
  if (s < 0) return;
  int x = transposed ? like(d, (struct shape){1, {n}}, ANY_ROWS) : a;
  if (chance(d, 60)) tame(d, put1(d, OP_sum, (struct attr){.i = {3}}, unary(d, OP_square, s)));
  if (chance(d, 60)) tame(d, put2(d, OP_matmul, (struct attr){.i = {transposed}}, x, s));
}

/* Each row's own matrices, in one of the four ways to read them. */
static void move_each(struct dice *d) {
  int a = some(d, 2, 3);
  if (a < 0) return;
  struct shape shape = *shape_at(d, a);
  struct attr attr = {.i = {pick(d, 0, 1), pick(d, 0, 1)}};
  int64_t k = shape.dim[shape.rank - (attr.i[0] ? 2 : 1)], n = d->length[pick(d, 0, 3)];
  shape.dim[shape.rank - 2] = attr.i[1] ? n : k;
  shape.dim[shape.rank - 1] = attr.i[1] ? k : n;
  int y = tame(d, put2(d, OP_matmul_each, attr, a, like(d, shape, ANY_ROWS)));
  if (chance(d, 60)) chain(d, y);
}

/* Elements in another order, and rows of a table. */
static void move_indices(struct dice *d) {
  int a = some(d, 1, 3), b = -1;
  if (a < 0) return;
  struct shape shape = *shape_at(d, a);
  if (chance(d, 40)) b = put1(d, OP_cumulative, (struct attr){.i = {pick(d, 0, 1)}}, a);
  else if (chance(d, 50)) b = binary(d, OP_take_last, a, unary(d, OP_order, like(d, shape, ANY_ROWS)));
  else if (shape.rank < 3)
    b = binary(d, OP_gather, like(d, (struct shape){2, {shape.dim[shape.rank - 1], d->length[pick(d, 0, 3)]}}, NO_ROWS),
               unary(d, OP_argmax, a));
  if (b >= 0 && chance(d, 30)) b = put1(d, OP_roll, (struct attr){.i = {0, pick(d, -2, 2)}}, b);
  b = tame(d, b);
  if (chance(d, 60)) chain(d, b);
}

/* An image [c, h, w], or [h, w, c] where `last`. */
static struct shape shape_of_image(int64_t c, int64_t h, int64_t w, bool last) {
  return last ? (struct shape){3, {h, w, c}} : (struct shape){3, {c, h, w}};
}

static int64_t channels_of(const struct shape *s, bool last) { return s->dim[last ? 2 : 0]; }

/* Whether operations know of images with channels last. */
static bool knows_last(void) {
  struct value_type in[2] = {{F32, {3, {5, 6, 2}}, true}, {F32, {4, {3, 2, 2, 2}}, false}}, out;
  struct attr attr = {.i = {1, 0, 0, 0, 1}};
  return op_infer(OP_conv2d, &attr, in, &out, NULL) && out.shape.dim[2] == 3;
}

/* What is done with an image that was made. */
static void go_on(struct dice *d, int y) {
  if (y < 0) return;
  if (chance(d, 50)) y = chain(d, y);
  if (chance(d, 40)) reduce(d, y);
  else if (chance(d, 30) && rank_at(d, y)) moved(d, y);
}

static int some_image(struct dice *d, bool last) {
  static const int64_t channels[] = {1, 1, 2, 3, 5, 8, 9, 16}; /* many of them are laid out last */
  if (chance(d, 70)) return some(d, 3, 3);
  struct shape shape = shape_of_image(channels[pick(d, 0, 7)], pick(d, 1, 12), pick(d, 1, 12), last);
  return chance(d, 80) ? stored(d, shape, true) : like(d, shape, ANY_ROWS);
}

static int biased(struct dice *d, int y, bool last) {
  if (y < 0) return -1;
  int bias = like(d, (struct shape){1, {channels_of(shape_at(d, y), last)}}, NO_ROWS);
  return binary(d, OP_add, y, repeat(d, bias, last ? 3 : 6, *shape_at(d, y)));
}

static void move_conv(struct dice *d) {
  static const int64_t outs[] = {1, 2, 3, 8, 9, 16, 17};
  bool last = knows_last() && chance(d, 50);
  int x = some_image(d, last), y = -1;
  if (x < 0) return;
  struct shape s = *shape_at(d, x);
  int64_t c = channels_of(&s, last), o = outs[pick(d, 0, 6)], h = s.dim[last ? 0 : 1], w = s.dim[last ? 1 : 2];
  struct attr attr = {.i = {pick(d, 1, 2), pick(d, 0, 2), 0, 0, last}};
  struct shape filter = {4, {o, c, pick(d, 1, 3), pick(d, 1, 3)}};
  if (chance(d, 20)) attr.i[5] = 2;
  if (chance(d, 20)) attr.i[7] = pick(d, 1, 2), attr.i[8] = pick(d, 0, 2), attr.i[9] = pick(d, 0, 2);
  struct steps down = steps_down(&attr), across = steps_across(&attr);
  int64_t fit_h = h + 2 * down.pad - down.dilation * (filter.dim[2] - 1) - 1;
  int64_t fit_w = w + 2 * across.pad - across.dilation * (filter.dim[3] - 1) - 1;
  int64_t groups = chance(d, 70) ? 1 : c % 3 == 0 && o % 3 == 0 ? 3 : c == o ? c : c % 8 == 0 && o % 8 == 0 ? 8 : 1;
  if (groups > 1) attr.i[6] = groups, filter.dim[1] /= groups;
  switch (pick(d, 0, 5)) {
  case 0: /* transposed */
    attr.i[2] = (h - 1) * down.stride + h - fit_h + pick(d, 0, down.stride - 1);
    attr.i[3] = (w - 1) * across.stride + w - fit_w + pick(d, 0, across.stride - 1);
    filter.dim[0] = c, filter.dim[1] = o / groups;
    y = put2(d, OP_conv2d_input, attr, x, like(d, filter, NO_ROWS));
    break;
  case 1: { /* filters */
    int64_t oh = fit_h / down.stride + 1, ow = fit_w / across.stride + 1;
    if (fit_h < 0 || fit_w < 0) return;
    attr.i[2] = filter.dim[2], attr.i[3] = filter.dim[3];
    int g = like(d, shape_of_image(o, oh, ow, last), ANY_ROWS);
    if (g >= 0 && type_at(d, g)->rows == type_at(d, x)->rows)
      tame(d, scaled(d, put2(d, OP_conv2d_weights, attr, x, g), 1 / (double)d->recipe->rows));
    return;
  }
  default: y = put2(d, OP_conv2d, attr, x, like(d, filter, NO_ROWS));
  }
  y = tame(d, y);
  if (chance(d, 60)) y = biased(d, y, last);
  go_on(d, y);
}

static void move_pool(struct dice *d) {
  bool last = knows_last() && chance(d, 50);
  int x = some_image(d, last);
  if (x < 0) return;
  struct shape s = *shape_at(d, x);
  struct attr attr = {.i = {chance(d, 60) ? 2 : pick(d, 1, 3), chance(d, 60) ? 2 : pick(d, 1, 3), 0, 0, last}};
  if (chance(d, 25)) attr.i[7] = pick(d, 1, 3), attr.i[8] = pick(d, 1, 3);
  if (chance(d, 40)) x = biased(d, x, last);
  if (chance(d, 50)) x = unary(d, OP_relu, x);
  int places = put1(d, OP_pool_argmax, attr, x);
  int y = put2(d, OP_pool_take, attr, x, places);
  if (y < 0) return;
  attr.i[2] = s.dim[last ? 0 : 1], attr.i[3] = s.dim[last ? 1 : 2];
  if (chance(d, 25)) y = tame(d, put2(d, OP_pool_put, attr, y, places));
  go_on(d, y);
}

static void move_resize(struct dice *d) {
  int x = some_image(d, false);
  struct attr attr = {.i = {pick(d, 1, 12), pick(d, 1, 12), pick(d, 0, 1)}};
  tame(d, put1(d, chance(d, 75) ? OP_resize : OP_resize_back, attr, x));
}

/* ---- batch normalisation by its own statistics ---- */

/* Mean over the rows and all axes but the channels'. */
static int channel_mean(struct dice *d, int x, int64_t space) {
  if (x < 0) return -1;
  double terms = (double)shape_count(*shape_at(d, x)) * (type_at(d, x)->rows ? (double)d->recipe->rows : 1);
  int sum = put1(d, OP_sum, (struct attr){.i = {space}}, x);
  if (sum < 0) return -1;
  terms /= (double)shape_count(*shape_at(d, sum));
  if (type_at(d, sum)->rows) sum = unary(d, OP_sum_rows, sum);
  return scaled(d, sum, 1 / terms);
}

static void move_norm(struct dice *d) {
  bool last = knows_last() && chance(d, 50);
  int x = chance(d, 50) ? some_image(d, last) : some(d, 1, 3);
  if (x < 0) return;
  struct shape s = *shape_at(d, x);
  last = last && s.rank == 3;
  int64_t space = last ? 3 : ((int64_t)1 << s.rank) - 2, c = last ? s.dim[2] : s.dim[0];
  int mean = channel_mean(d, x, space);
  int away = space ? binary(d, OP_sub, x, repeat(d, mean, space, s)) : binary(d, OP_sub, x, mean);
  int variance = channel_mean(d, unary(d, OP_square, away), space);
  struct shape channels = {1, {c}};
  if (variance < 0) return;
  int in[5] = {x, mean, variance, like(d, channels, NO_ROWS), like(d, channels, NO_ROWS)};
  struct attr attr = {.i = {0, 0, 0, 0, last}, .f = {0.01}};
  go_on(d, tame(d, put(d, OP_batch_norm, attr, in)));
}

static void move_moment(struct dice *d) {
  if (chance(d, 50)) put0(d, OP_clock, (struct attr){.i = {pick(d, 0, CLOCKS - 1)}});
  else {
    struct attr attr = {.i = {d->recipe->columns, U8}, .shape = some_shape(d, 0, 3), .rows = true};
    attr.i[1] = chance(d, 50) ? U8 : I32;
    if (d->recipe->columns == MOST_LEAVES / 2) return;
    int s = put0(d, OP_column, attr);
    if (s < 0) return;
    d->recipe->column[d->recipe->columns++] = s;
    scaled(d, unary(d, OP_to_float, s), 0.25);
    if (chance(d, 40)) put1(d, OP_one_hot, (struct attr){.i = {pick(d, 1, 5)}}, s);
  }
}

/* ---- a whole recipe ---- */

typedef void move(struct dice *d);
static move *const moves[] = {
    move_chain,   move_chain,  move_chain,   move_diamond, move_diamond,  move_reduce,   move_reduce,      move_reduce,
    move_softmax, move_winner, move_rows,    move_rows,    move_elements, move_elements, move_repeat,      move_matmul,
    move_matmul,  move_outer,  move_squares, move_conv,    move_conv,     move_conv,     move_pool,        move_pool,
    move_resize,  move_norm,   move_norm,    move_moment,  move_each,     move_indices,  move_applications};

enum { MOVE_KINDS = sizeof moves / sizeof *moves };

static void add_terms(struct dice *d) {
  struct recipe *r = d->recipe;
  int end = r->n;
  bool read[MOST_STEPS] = {false};
  for (int s = 0; s < end; s++)
    for (int k = 0; k < op_info[r->step[s].op].arity; k++) read[r->step[s].in[k]] = true;
  for (int s = end - 1; s >= 0 && r->terms < MOST_TERMS; s--) {
    if (r->step[s].type.type != F32 || op_info[r->step[s].op].class == LEAF) continue;
    if (read[s] ? chance(d, 90) : chance(d, 25)) continue;
    int a = unary(d, OP_tanh, s), rank = rank_at(d, s);
    if (a >= 0 && rank) a = put1(d, OP_sum, (struct attr){.i = {((int64_t)1 << rank) - 1}}, a);
    a = scaled(d, over_rows(d, a), 1 / (double)shape_count(*shape_at(d, s)));
    if (a >= 0 && !type_at(d, a)->rows && !rank_at(d, a)) r->term[r->terms++] = a;
  }
}

/* Roots in the middle of things, and writes of what does not come from gradients. */
static void add_roots(struct dice *d) {
  struct recipe *r = d->recipe;
  for (int64_t left = pick(d, 1, 6); left; left--) {
    int s = chance(d, 20) ? r->n - 1 : (int)pick(d, 0, r->n - 1);
    /* which of a window's equal elements won is nothing that folding keeps, only how large it is */
    if (r->step[s].op != OP_pool_argmax) r->value[r->values++] = s;
  }
  for (int v = 0; v < r->variables; v++) {
    r->update[v] = r->trained ? (enum update)pick(d, 0, UPDATES - 1) : NO_UPDATE;
    if (r->update[v] > SHOW_GRADIENT || r->writes == MOST_WRITES || chance(d, 60)) continue;
    int found[MOST_STEPS], n = 0;
    for (int s = 0; s < r->n; s++) {
      bool fits = shape_equal(*shape_at(d, s), *shape_at(d, r->variable[v]));
      if (fits && type_at(d, s)->type == F32 && !type_at(d, s)->rows) found[n++] = s;
    }
    if (!n) continue;
    r->write[r->writes] = found[n - 1 - pick(d, 0, pick(d, 0, n - 1))];
    r->target[r->writes++] = v;
  }
}

void recipe_make(struct recipe *r, uint64_t seed) {
  static const int64_t rows[] = {1, 1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 32, 33, 40};
  static const int64_t lengths[] = {1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 16, 17, 31, 32};
  struct dice d = {.recipe = r, .key = key_mix(seed, 4711)};
  *r = (struct recipe){.seed = seed};
  r->rows = rows[pick(&d, 0, 14)];
  r->limit = chance(&d, 6) ? 60000 : 2500;
  for (int k = 0; k < 4; k++) d.length[k] = lengths[pick(&d, 0, r->limit > 2500 ? 13 : 9)];
  if (r->limit > 2500 && chance(&d, 50)) d.length[0] = pick(&d, 40, 300);
  int enough = (int)pick(&d, 5, 80);
  stored(&d, some_shape(&d, 0, 3), true);
  stored(&d, some_shape(&d, 0, 2), false);
  for (int tries = 0; r->n < enough && tries < 200; tries++) moves[pick(&d, 0, MOVE_KINDS - 1)](&d);
  if (!r->n) number(&d, 1);
  r->trained = chance(&d, 75);
  r->column_gradients = r->trained && chance(&d, 30);
  add_terms(&d);
  add_roots(&d);
}
