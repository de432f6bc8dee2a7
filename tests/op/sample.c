#include "sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "base/random.h"

/* ---- numbers that depend on the seed alone */

struct dice {
  uint64_t key, thrown;
  enum sample_size size;
};

static int64_t pick(struct dice *dice, int64_t low, int64_t high) {
  double unit = random_unit(random_bits(dice->key, dice->thrown++));
  return low + (int64_t)(unit * (double)(high - low + 1));
}
static int64_t length(struct dice *dice, int64_t tiny, int64_t wide) {
  return pick(dice, 1, dice->size == TINY ? tiny : wide);
}
static bool coin(struct dice *dice) { return pick(dice, 0, 1); }

static struct value_type some_shape(struct dice *dice, int low, int high) {
  struct value_type type = {.type = F32, .rows = coin(dice)};
  type.shape.rank = (int)pick(dice, low, high);
  for (int k = 0; k < type.shape.rank; k++) type.shape.dim[k] = length(dice, 3, type.shape.rank > 2 ? 29 : 150);
  return type;
}

static struct value_type type_of(bool rows, int rank, int64_t a, int64_t b, int64_t c, int64_t d) {
  return (struct value_type){F32, {rank, {a, b, c, d}}, rows};
}

/* ---- one maker an operation: settings and inputs */

#define MAKER(name) static void make_##name(struct sample *s, struct dice *dice)

MAKER(constant) {
  struct value_type type = some_shape(dice, 0, 3);
  s->attr.shape = type.shape;
  s->attr.rows = type.rows;
  s->attr.f[0] = (double)pick(dice, -3, 3) / 2;
}
MAKER(uniform) {
  make_constant(s, dice);
  s->attr.key = s->seed;
}
MAKER(normal) { make_uniform(s, dice); }
MAKER(rows) { (void)s, (void)dice; }
MAKER(row_index) { (void)s, (void)dice; }
MAKER(clock) { s->attr.i[0] = pick(dice, 0, CLOCKS - 1); }

MAKER(elementwise) {
  struct value_type type = some_shape(dice, 0, 4);
  int full = (int)pick(dice, 0, s->inputs - 1); /* one input has the shape; the others may be numbers */
  for (int k = 0; k < s->inputs; k++) {
    s->in[k] = type;
    s->in[k].rows = coin(dice);
    if (k != full && coin(dice)) s->in[k].shape.rank = 0;
    if (s->op == OP_to_float) s->in[k].type = coin(dice) ? U8 : coin(dice) ? I32 : I64;
  }
  s->attr.f[0] = 0.5;
  s->attr.f[1] = 2;
}

MAKER(slice) {
  s->in[0] = some_shape(dice, 1, 4);
  s->attr.i[0] = pick(dice, 0, s->in[0].shape.rank - 1);
  int64_t n = s->in[0].shape.dim[s->attr.i[0]];
  s->attr.i[1] = pick(dice, 0, n - 1);
  s->attr.i[2] = pick(dice, s->attr.i[1] + 1, n);
}
MAKER(pad) {
  s->in[0] = some_shape(dice, 1, 4);
  s->attr.i[0] = pick(dice, 0, s->in[0].shape.rank - 1);
  s->attr.i[1] = pick(dice, 0, 2);
  s->attr.i[2] = pick(dice, 0, 2);
}
MAKER(transpose) {
  s->in[0] = some_shape(dice, 1, 4);
  for (int k = 0; k < s->in[0].shape.rank; k++)
    s->attr.i[k] = (int64_t)random_permute(s->seed, (uint64_t)s->in[0].shape.rank, (uint64_t)k);
}
MAKER(concat) {
  s->in[0] = s->in[1] = some_shape(dice, 1, 4);
  s->in[1].rows = coin(dice);
  s->attr.i[0] = pick(dice, 0, s->in[0].shape.rank - 1);
  s->in[1].shape.dim[s->attr.i[0]] = length(dice, 3, 20);
}
MAKER(spread) {
  struct value_type out = some_shape(dice, 1, 4);
  s->attr.shape = out.shape;
  s->attr.i[0] = pick(dice, 1, (1 << out.shape.rank) - 1);
  s->in[0] = type_of(out.rows, 0, 0, 0, 0, 0);
  for (int k = 0; k < out.shape.rank; k++)
    if (!axis_in(s->attr.i[0], k)) s->in[0].shape.dim[s->in[0].shape.rank++] = out.shape.dim[k];
}
MAKER(to_rows) {
  s->in[0] = some_shape(dice, 0, 3);
  s->in[0].rows = false;
}
MAKER(sum) {
  s->in[0] = some_shape(dice, 1, 4);
  s->attr.i[0] = pick(dice, 1, (1 << s->in[0].shape.rank) - 1);
}
MAKER(sum_rows) {
  s->in[0] = some_shape(dice, 0, 3);
  s->in[0].rows = true;
}
MAKER(max_last) { s->in[0] = some_shape(dice, 1, 3); }
MAKER(argmax) { make_max_last(s, dice); }
MAKER(one_hot) {
  s->in[0] = some_shape(dice, 0, 2);
  s->attr.i[0] = 4;
}

MAKER(matmul) {
  int64_t k = length(dice, 4, 70), n = length(dice, 4, 300), transposed = coin(dice);
  if (dice->size == WIDE && coin(dice)) k = pick(dice, 200, 600), n = pick(dice, 200, 600); /* so much that it is cut */
  s->in[0] = some_shape(dice, 1, 3);
  s->in[0].shape.dim[s->in[0].shape.rank - 1] = k;
  s->in[1] = transposed ? type_of(false, 2, n, k, 0, 0) : type_of(false, 2, k, n, 0, 0);
  s->attr.i[0] = transposed;
}
MAKER(matmul_rows) {
  s->in[0] = some_shape(dice, 1, 3);
  if (dice->size == WIDE && coin(dice)) /* so much to sum that it is cut */
    s->in[0] = type_of(coin(dice), 2, pick(dice, 2500, 5000), pick(dice, 1, 9), 0, 0);
  bool often = dice->size == WIDE && coin(dice); /* so wide that rows are turned over */
  if (often) s->in[0] = type_of(coin(dice), 2, pick(dice, 64, 600), pick(dice, 1, 300), 0, 0);
  s->in[1] = s->in[0];
  s->in[1].shape.dim[s->in[1].shape.rank - 1] = often ? pick(dice, 128, 700) : length(dice, 4, 90);
}

MAKER(rows_to_axis) {
  s->in[0] = some_shape(dice, 0, 3);
  s->in[0].rows = true;
  s->attr.i[0] = BATCH_SIZE;
}
MAKER(axis_to_rows) {
  make_rows_to_axis(s, dice);
  s->in[0].rows = false;
  memmove(s->in[0].shape.dim + 1, s->in[0].shape.dim, (size_t)s->in[0].shape.rank++ * sizeof *s->in[0].shape.dim);
  s->in[0].shape.dim[0] = BATCH_SIZE;
}
MAKER(diagonal) {
  s->in[0] = some_shape(dice, 2, 4);
  s->in[0].shape.dim[s->in[0].shape.rank - 1] = s->in[0].shape.dim[s->in[0].shape.rank - 2];
}
MAKER(diagonal_matrix) { s->in[0] = some_shape(dice, 1, 3); }

MAKER(matmul_each) {
  int64_t m = length(dice, 3, 40), k = length(dice, 3, 40), n = length(dice, 3, 70), heads = pick(dice, 0, 2);
  s->attr.i[0] = coin(dice);
  s->attr.i[1] = coin(dice);
  s->in[0] = s->attr.i[0] ? type_of(coin(dice), 2, k, m, 0, 0) : type_of(coin(dice), 2, m, k, 0, 0);
  s->in[1] = s->attr.i[1] ? type_of(coin(dice), 2, n, k, 0, 0) : type_of(coin(dice), 2, k, n, 0, 0);
  for (int i = 0; heads && i < 2; i++) {
    struct shape *shape = &s->in[i].shape;
    *shape = (struct shape){3, {heads, shape->dim[0], shape->dim[1]}};
  }
}
MAKER(gather) {
  s->in[0] = some_shape(dice, 1, 3);
  s->in[0].rows = false;
  s->in[0].shape.dim[0] = pick(dice, dice->size == TINY ? 4 : 3, 9); /* some indices are none */
  s->in[1] = some_shape(dice, 0, 2);
  if (coin(dice)) s->in[1].type = U8;
  s->domain[0] = ANY;
}
MAKER(scatter) {
  s->in[1] = some_shape(dice, 0, 2);
  s->in[0] = s->in[1];
  if (coin(dice)) s->in[0].shape.dim[s->in[0].shape.rank++] = length(dice, 3, 90);
  if (coin(dice)) s->in[1].type = U8;
  s->attr.i[0] = pick(dice, dice->size == TINY ? 4 : 3, 9);
  s->domain[0] = ANY;
}
MAKER(order) { make_max_last(s, dice); }
MAKER(take_last) {
  s->in[0] = s->in[1] = some_shape(dice, 1, 3);
  s->in[1].rows = coin(dice);
  s->in[0].shape.dim[s->in[0].shape.rank - 1] = pick(dice, dice->size == TINY ? 4 : 3, 9);
  s->domain[0] = ANY;
}
MAKER(put_last) {
  s->in[0] = s->in[1] = some_shape(dice, 1, 3);
  s->in[1].rows = coin(dice);
  s->attr.i[0] = pick(dice, dice->size == TINY ? 4 : 3, 9);
  s->domain[0] = ANY;
}
MAKER(cumulative) {
  make_max_last(s, dice);
  s->attr.i[0] = coin(dice);
}
MAKER(roll) {
  s->in[0] = some_shape(dice, 1, 4);
  s->attr.i[0] = pick(dice, 0, s->in[0].shape.rank - 1);
  s->attr.i[1] = pick(dice, -5, 200);
}

MAKER(lower_triangle) {
  int64_t n = length(dice, 4, 24);
  s->in[0] = type_of(coin(dice), 2, n, n, 0, 0);
}
MAKER(cholesky) {
  make_lower_triangle(s, dice);
  s->attr.f[0] = (double)pick(dice, 0, 2) / 8;
}
MAKER(inverse) { make_lower_triangle(s, dice); }
MAKER(eigenvectors) { make_lower_triangle(s, dice); }
MAKER(eigenvectors_back) {
  make_lower_triangle(s, dice);
  s->in[1] = s->in[0];
  s->domain[0] = DISTINCT;
}
MAKER(symmetric_power) {
  make_lower_triangle(s, dice);
  s->attr.f[0] = (double)pick(dice, 0, 3) - 1.5;
  s->attr.f[1] = (double)pick(dice, 0, 2) / 8;
}
MAKER(symmetric_power_back) {
  make_symmetric_power(s, dice);
  s->in[1] = s->in[0];
  s->domain[0] = DEFINITE;
}
MAKER(cholesky_back) {
  make_lower_triangle(s, dice);
  s->in[1] = s->in[0];
  s->domain[0] = DEFINITE;
}
MAKER(solve_triangular) {
  int64_t n = length(dice, 4, 24);
  s->in[0] = some_shape(dice, 1, 3);
  s->in[0].shape.dim[s->in[0].shape.rank - 1] = n;
  s->in[1] = type_of(false, 2, n, n, 0, 0);
  s->domain[1] = DEFINITE;
  s->attr.i[0] = coin(dice);
}

/* [c, h, w], or [h, w, c] in the half of the samples whose settings say so. */
static struct value_type image(const struct sample *s, bool rows, int64_t c, int64_t h, int64_t w) {
  return (struct value_type){F32, image_shape(&s->attr, c, h, w), rows};
}

/* Sizes of a convolution: image [c, h, w], filters [o, c, kh, kw], result [o, oh, ow]. */
struct sizes {
  int64_t c, h, w, o, kh, kw, oh, ow, stride, pad;
  int64_t dilation, groups; /* 0: the usual */
  struct steps across;      /* stride 0: as down */
  bool winograd;
};

/* How far n windows reach. */
static int64_t reach(int64_t n, int64_t window, struct steps steps) {
  return (n - 1) * steps.stride + steps.dilation * (window - 1) + 1 - 2 * steps.pad;
}

static struct attr conv_attr(const struct sizes *v, int64_t height, int64_t width, bool last) {
  return (struct attr){.i = {v->stride, v->pad, height, width, last, v->dilation, v->groups, v->across.stride,
                             v->across.pad, v->across.dilation, v->winograd}};
}

/* What Winograd's algorithm is for. */
static struct sizes winograd_sizes(struct dice *dice) {
  struct sizes v = {.kh = 3, .kw = 3, .stride = 1, .pad = pick(dice, 0, 2), .winograd = true};
  v.c = length(dice, 2, 70);
  v.o = length(dice, 2, 70);
  v.h = pick(dice, 3, dice->size == TINY ? 4 : 14);
  v.w = pick(dice, 3, dice->size == TINY ? 4 : 11);
  if (coin(dice)) v.across = (struct steps){1, pick(dice, 0, 2), 0};
  struct attr attr = conv_attr(&v, 0, 0, true);
  v.oh = v.h + 2 * v.pad - 2;
  v.ow = v.w + 2 * steps_across(&attr).pad - 2;
  return v;
}

static struct sizes conv_sizes(struct dice *dice) {
  if (!pick(dice, 0, 3)) return winograd_sizes(dice);
  struct sizes v = {.stride = pick(dice, 1, 3), .kh = pick(dice, 1, 4), .kw = pick(dice, 1, 4)};
  v.pad = pick(dice, 0, 3);
  v.c = length(dice, 2, 9);
  v.o = length(dice, 2, 17);
  v.oh = length(dice, 3, 15);
  v.ow = length(dice, 3, 17);
  if (dice->size == WIDE && !pick(dice, 0, 5)) { /* one sample's patches alone are more than a piece */
    v = (struct sizes){.c = 40, .o = 2, .kh = 3, .kw = 3, .oh = 27, .ow = 31, .stride = 1, .pad = 1};
  }
  if (dice->size == WIDE && !pick(dice, 0, 2)) { /* panels of channels */
    v.c = pick(dice, 1, 70);
    v.o = pick(dice, 10, 70);
    v.oh = pick(dice, 1, 5);
    v.ow = pick(dice, 1, 6);
  }
  if (!pick(dice, 0, 2)) v.across = (struct steps){pick(dice, 1, 3), pick(dice, 0, 3), pick(dice, 0, 2)};
  if (!pick(dice, 0, 2)) v.dilation = pick(dice, 2, 3);
  if (!pick(dice, 0, 2)) { /* each channel by itself, or several */
    v.groups = pick(dice, 2, 5);
    bool single = coin(dice);
    v.c = v.groups * (single ? 1 : ((v.c + v.groups - 1) / v.groups));
    v.o = v.groups * (single && coin(dice) ? 1 : ((v.o + v.groups - 1) / v.groups));
  }
  struct attr attr = conv_attr(&v, 0, 0, false);
  /* elements at the far edge that no window reaches are allowed */
  v.h = reach(v.oh, v.kh, steps_down(&attr)) + pick(dice, 0, v.stride - 1);
  v.w = reach(v.ow, v.kw, steps_across(&attr)) + pick(dice, 0, steps_across(&attr).stride - 1);
  return v.h < 1 || v.w < 1 ? conv_sizes(dice) : v;
}

MAKER(conv2d) {
  struct sizes v = conv_sizes(dice);
  s->attr = conv_attr(&v, 0, 0, v.winograd || coin(dice));
  s->in[0] = image(s, coin(dice), v.c, v.h, v.w);
  s->in[1] = type_of(false, 4, v.o, v.c / conv_groups(&s->attr), v.kh, v.kw);
}
MAKER(conv2d_input) {
  struct sizes v = conv_sizes(dice);
  s->attr = conv_attr(&v, v.h, v.w, v.winograd || coin(dice));
  s->in[0] = image(s, coin(dice), v.o, v.oh, v.ow);
  s->in[1] = type_of(false, 4, v.o, v.c / conv_groups(&s->attr), v.kh, v.kw);
}
MAKER(conv2d_weights) {
  struct sizes v = conv_sizes(dice);
  s->attr = conv_attr(&v, v.kh, v.kw, v.winograd || coin(dice));
  s->in[0] = image(s, coin(dice), v.c, v.h, v.w);
  s->in[1] = image(s, s->in[0].rows, v.o, v.oh, v.ow);
}

/* Windows of a pooling: half of them the usual two by two. */
static struct sizes pool_sizes(struct dice *dice) {
  struct sizes v = {
      .c = length(dice, 2, 30), .oh = length(dice, 2, 13), .ow = length(dice, 3, 19), .kh = 2, .stride = 2};
  if (coin(dice)) {
    v.kh = pick(dice, 1, 3);
    v.stride = pick(dice, 1, 3);
  }
  v.kw = v.kh;
  if (!pick(dice, 0, 2)) {
    v.kw = pick(dice, 1, 4);
    v.across.stride = pick(dice, 1, 3);
  }
  int64_t across = v.across.stride ? v.across.stride : v.stride;
  v.h = (v.oh - 1) * v.stride + v.kh + pick(dice, 0, v.stride - 1);
  v.w = (v.ow - 1) * across + v.kw + pick(dice, 0, across - 1);
  return v;
}

static struct attr pool_attr(const struct sizes *v, int64_t height, int64_t width, bool last) {
  return (struct attr){
      .i = {v->kh, v->stride, height, width, last, 0, 0, v->across.stride ? v->kw : 0, v->across.stride}};
}

MAKER(pool_argmax) {
  struct sizes v = pool_sizes(dice);
  s->attr = pool_attr(&v, 0, 0, coin(dice));
  s->in[0] = image(s, coin(dice), v.c, v.h, v.w);
}
MAKER(pool_take) {
  struct sizes v = pool_sizes(dice);
  s->attr = pool_attr(&v, 0, 0, coin(dice));
  s->in[0] = image(s, coin(dice), v.c, v.h, v.w);
  s->in[1] = image(s, s->in[0].rows, v.c, v.oh, v.ow);
  s->in[1].type = U8;
}
MAKER(pool_put) {
  struct sizes v = pool_sizes(dice);
  s->attr = pool_attr(&v, v.h, v.w, coin(dice));
  s->in[0] = s->in[1] = image(s, coin(dice), v.c, v.oh, v.ow);
  s->in[1].type = U8;
}
MAKER(resize) {
  s->in[0] = some_shape(dice, 3, 3);
  s->attr.i[0] = length(dice, 5, 40);
  s->attr.i[1] = length(dice, 5, 40);
  s->attr.i[2] = coin(dice);
}
MAKER(resize_back) { make_resize(s, dice); }

MAKER(batch_norm) {
  s->in[0] = some_shape(dice, 1, 3);
  s->domain[2] = POSITIVE;
  s->attr = (struct attr){.i = {0, 0, 0, 0, coin(dice)}, .f = {1e-5}};
  struct shape x = s->in[0].shape;
  int64_t channels = x.dim[channel_axis(&s->attr, x.rank)];
  if (shape_count(x) < 2 * channels) s->in[0].rows = true; /* a lone number has no variance */
  for (int k = 1; k < 5; k++) s->in[k] = type_of(false, 1, channels, 0, 0, 0);
}
MAKER(batch_norm_scale) {
  make_batch_norm(s, dice);
  s->in[1] = s->in[0];
  s->domain[2] = ANY;
  s->domain[3] = POSITIVE;
}
MAKER(batch_norm_input) {
  make_batch_norm_scale(s, dice);
  s->in[5] = s->in[6] = s->in[4];
}

typedef void maker(struct sample *sample, struct dice *dice);

#define make_variable NULL
#define make_column NULL
#define MAKE_LEAF(name) make_##name
#define MAKE_ELEMENTWISE(name) make_elementwise
#define MAKE_VIEW(name) NULL
#define MAKE_KERNEL(name) make_##name
static maker *const makers[OP_COUNT] = {
#define OP(name, class, ...) [OP_##name] = MAKE_##class(name),
#include "op/ops.def"
#undef OP
};

bool sample_make(struct sample *sample, enum op op, uint64_t seed, enum sample_size size) {
  if (!makers[op]) return false;
  struct dice dice = {.key = key_mix(key_mix(seed, string_hash(op_info[op].name)), (uint64_t)size), .size = size};
  *sample = (struct sample){.op = op, .seed = seed, .inputs = op_info[op].arity};
  for (int k = 0; k < sample->inputs; k++) sample->domain[k] = op_info[op].domain;
  makers[op](sample, &dice);
  for (int k = 0; k < sample->inputs; k++)
    if (sample->in[k].type != F32) sample->domain[k] = INDEX;
  sample->rows = pick(&dice, 0, 2) ? pick(&dice, 2, size == TINY ? 3 : 14) : 1;
  if (op_has_setting(op, SETTING_SIZE) && sample->attr.i[0] == BATCH_SIZE) sample->attr.i[0] = sample->rows;
  for (int k = 0; k < sample->inputs; k++)
    if (sample->in[k].shape.dim[0] == BATCH_SIZE) sample->in[k].shape.dim[0] = sample->rows;
  struct shape_problem problem = {.message = ""};
  if (op_infer(op, &sample->attr, sample->in, &sample->out, &problem)) return true;
  fprintf(stderr, "%s: op_infer refuses: %s\n", sample_string(sample, size), problem.message);
  abort();
}

int64_t sample_elements(const struct sample *sample, const struct value_type *type) {
  return shape_count(type->shape) * (type->rows ? sample->rows : 1);
}

/* ---- inputs */

/* The number for element `at` of an input, before which others have `before` of the total. */
static double number_at(const struct sample *sample, int input, int64_t at, int64_t before, int64_t total) {
  uint64_t bits = random_bits(key_mix(sample->seed, 77), (uint64_t)(before + at));
  double unit = random_unit(bits);
  switch (sample->domain[input]) {
  case POSITIVE: return 0.1 + 2.9 * unit;
  case UNIT: return unit;
  case INDEX: {
    bool indices = sample->op == OP_pool_take || sample->op == OP_pool_put;
    int64_t window = pool_down(&sample->attr).window * pool_across(&sample->attr).window;
    return floor(unit * (double)(indices ? window : 4));
  }
  case AWAY: { /* every number has its own step of 0.1, on either side of zero */
    uint64_t step = random_permute(sample->seed, (uint64_t)total, (uint64_t)(before + at));
    if (sample->op == OP_floor) return (double)step - (double)(total / 2) + 0.1 + 0.8 * unit;
    return (step % 2 ? -1 : 1) * (0.1 * (double)(step / 2 + 1) + 0.04 * (unit - 0.5));
  }
  case DEFINITE: { /* its diagonal is larger than the rest of a row */
    int64_t n = sample->in[input].shape.dim[1], element = at % (n * n);
    return element / n == element % n ? (double)n + unit : unit - 0.5;
  }
  case DISTINCT: {
    int64_t n = sample->in[input].shape.dim[1], element = at % (n * n);
    return element / n == element % n ? 3 * (double)(element / n) + unit : (unit - 0.5) / (double)n;
  }
  case ANY: break;
  }
  return random_normal(bits);
}

void sample_fill(const struct sample *sample, int input, double *values) {
  int64_t n = sample_elements(sample, &sample->in[input]), before = 0, total = 0;
  for (int k = 0; k < sample->inputs; k++) {
    if (k < input) before += sample_elements(sample, &sample->in[k]);
    total += sample_elements(sample, &sample->in[k]);
  }
  for (int64_t i = 0; i < n; i++) values[i] = (float)number_at(sample, input, i, before, total);
  if (sample->op == OP_select && input == 0)
    for (int64_t i = 0; i < n; i++) values[i] = values[i] > 0;
}

void sample_fill_ties(const struct sample *sample, int input, double *values) {
  static const double among[] = {-1, 1, 2, 0, -0.0, NAN, INFINITY, 1, 2, 0};
  int64_t n = sample_elements(sample, &sample->in[input]);
  for (int64_t i = 0; i < n; i++)
    values[i] = among[random_bits(key_mix(sample->seed, 88 + (uint64_t)input), (uint64_t)i) % 10];
}

const char *sample_string(const struct sample *sample, enum sample_size size) {
  static char text[1024];
  char shape[SHAPE_STRING];
  int n = snprintf(text, sizeof text, "%s %llu %s (rows %lld, i %lld %lld %lld %lld %lld%s,", op_info[sample->op].name,
                   (unsigned long long)sample->seed, size == TINY ? "tiny" : "wide", (long long)sample->rows,
                   (long long)sample->attr.i[0], (long long)sample->attr.i[1], (long long)sample->attr.i[2],
                   (long long)sample->attr.i[3], (long long)sample->attr.i[4], sample->attr.i[10] ? " winograd" : "");
  for (int k = 0; k < sample->inputs; k++)
    n += snprintf(text + n, sizeof text - (size_t)n, " %s %s", dtype_name(sample->in[k].type),
                  shape_string(shape, sample->in[k].shape, sample->in[k].rows));
  snprintf(text + n, sizeof text - (size_t)n, ")");
  return text;
}

/* ---- the reference */

void reference_run(const struct sample *sample, double *const *inputs, double *result) {
  static const struct step_context step_context = {.seed = 5, .step = 3, .clock = {1, 2, 3, 4}};
  struct call call = {.op = sample->op,
                      .attr = &sample->attr,
                      .rows = sample->rows,
                      .batch = sample->rows,
                      .inputs = sample->inputs,
                      .step_context = &step_context};
  for (int k = 0; k < sample->inputs; k++) {
    int64_t n = sample_elements(sample, &sample->in[k]);
    call.in[k] = (struct operand){typed_memory(sample->in[k].type, n, true), sample->in[k]};
    for (int64_t i = 0; i < n; i++) typed_set(call.in[k].data, sample->in[k].type, i, inputs[k][i], true);
  }
  int64_t n = sample_elements(sample, &sample->out);
  call.out = (struct operand){typed_memory(sample->out.type, n, true), sample->out};
  kernel_reference[sample->op](&call);
  for (int64_t i = 0; i < n; i++) result[i] = typed_get(call.out.data, sample->out.type, i, true);
  for (int k = 0; k < sample->inputs; k++) free(call.in[k].data);
  free(call.out.data);
}
