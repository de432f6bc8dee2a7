/* Convolutions of few channels, channels first, a whole plane at a time.
 *
 * Where the stride is 1, and in each of several groups of channels, tap (i, j) of the filter meets a plane of the image shifted by i image rows and j elements.
 * So with planes as flat arrays, image rows of the result as wide as those of the image, and zeros around,
 *
 *   conv2d          y[o][t] = sum over (c, i, j) of  w[o, c, i, j]  x[c][t + i width + j]
 *   conv2d_input    x[c][t] = sum over (o, i, j) of  w[o, c, i, j]  y[o][t - i width - j]
 *   conv2d_weights  w[o, c, i, j] = sum over t of  y[o][t]  x[c][t + i width + j]
 *
 * (with shifts of dilation times i and j), and the vectors run along t, full whatever the number of channels.  What falls between the end of a result's image
 * row and the image's is dropped, or read as zero, and so is what a stride leaves out. */
#include "kern/planes.h"

#include <string.h>

#include "kern/conv.h"
#include "kern/micro.h"

enum { FEW = 8, PARTS = 12 };

bool planes_fit(const struct attr *attr, const struct window *v) {
  bool single = v->down.stride == 1 && v->across.stride == 1;
  return !attr->i[4] && (single || v->groups > 1) && (v->c_each < FEW || v->o_each < FEW);
}

/* ---- planes as the loops read them */

struct planes {
  struct window v;
  int64_t ph, pw, image; /* of a padded image; floats of one plane */
  int64_t taps, margin;  /* of the filter; zeros on either side of a flat result */
  int64_t result, flat;  /* floats of a flat result, without and with its margins */
  int64_t parts, part;   /* conv2d_weights: sums, floats of one */
};

static struct planes planes_of(const struct window *v, int64_t rows) {
  struct planes p = {.v = *v, .ph = v->h + 2 * v->down.pad, .pw = v->w + 2 * v->across.pad, .taps = v->kh * v->kw};
  p.image = product(p.ph, p.pw);
  p.margin = product((v->kh - 1) * v->down.dilation, p.pw) + (v->kw - 1) * v->across.dilation;
  p.result = p.image - p.margin;
  p.flat = p.image + p.margin;
  p.parts = smaller(PARTS, rows);
  p.part = divide_up(product(product(v->o, v->c_each), p.taps), 16) * 16;
  return p;
}

static struct planes planes_of_call(const struct call *call) {
  struct window v = conv_window(call);
  return planes_of(&v, input_samples(call));
}

struct workspace_size {
  int64_t images, results, weights, offsets, all; /* floats */
};

static struct workspace_size workspace_size_of(const struct planes *p) {
  int64_t terms = larger(p->v.c_each, p->v.o_each) * p->taps;
  struct workspace_size size = {product(p->v.c, p->image), product(p->v.o, p->flat), terms, 2 * terms, 0};
  int64_t parts[] = {size.images, size.results, size.weights + size.weights % 2, size.offsets};
  for (int k = 0; k < 4; k++)
    if (__builtin_add_overflow(size.all, parts[k] + parts[k] % 2, &size.all)) size.all = INT64_MAX;
  return size;
}

size_t planes_scratch(enum op op, const struct window *v, int64_t rows, int threads) {
  struct planes p = planes_of(v, rows);
  int64_t floats = product(workspace_size_of(&p).all, larger(1, threads)), sums = 0;
  if (op == OP_conv2d_weights && threads) sums = product(p.parts, p.part);
  if (__builtin_add_overflow(floats, sums, &floats)) floats = INT64_MAX;
  return size_product((size_t)floats, sizeof(float));
}

struct workspace {
  float *images, *results, *weights;
  int64_t *offsets;
};

static struct workspace workspace_of(const struct call *call, const struct planes *p, int worker) {
  struct workspace_size size = workspace_size_of(p);
  float *at = (float *)call->scratch + worker * size.all;
  return (struct workspace){.offsets = (int64_t *)(void *)at,
                            .images = at + size.offsets,
                            .results = at + size.offsets + size.images,
                            .weights = at + size.offsets + size.images + size.results};
}

/* Lines are short, and a call for each would cost more than the sums: two pieces of a fixed size that overlap. */
static void copy_rows(float *restrict to, int64_t to_step, const float *restrict from, int64_t from_step,
                      int64_t samples, int64_t n) {
#define IN_TWO(size)                                                        \
  for (int64_t y = 0; y < samples; y++, to += to_step, from += from_step) { \
    memcpy(to, from, (size) * sizeof *to);                                  \
    memcpy(to + n - (size), from + n - (size), (size) * sizeof *to);        \
  }
  if (n >= 4 && n <= 8) IN_TWO(4)
  else if (n > 8 && n <= 16) IN_TWO(8)
  else if (n > 16 && n <= 32) IN_TWO(16)
  else
    for (int64_t y = 0; y < samples; y++) memcpy(to + y * to_step, from + y * from_step, (size_t)n * sizeof *to);
#undef IN_TWO
}

static const float *padded(const struct planes *p, const float *image, float *space) {
  const struct window *v = &p->v;
  if (!v->down.pad && !v->across.pad) return image;
  memset(space, 0, (size_t)(v->c * p->image) * sizeof *space);
  for (int64_t c = 0; c < v->c; c++)
    copy_rows(space + c * p->image + v->down.pad * p->pw + v->across.pad, p->pw, image + c * v->h * v->w, v->w, v->h,
              v->w);
  return space;
}

static void flatten(const struct planes *p, const float *result, float *space) {
  const struct window *v = &p->v;
  memset(space, 0, (size_t)(v->o * p->flat) * sizeof *space);
  for (int64_t o = 0; o < v->o; o++, result += v->oh * v->ow) {
    float *to = space + o * p->flat + p->margin;
    if (v->across.stride == 1) copy_rows(to, p->pw * v->down.stride, result, v->ow, v->oh, v->ow);
    else
      for (int64_t at = 0; at < v->oh * v->ow; at++)
        to[at / v->ow * v->down.stride * p->pw + at % v->ow * v->across.stride] = result[at];
  }
}

/* The opposite: the elements of a plane that are a result's. */
static void picked(const struct planes *p, const float *plane, float *result) {
  const struct window *v = &p->v;
  if (v->across.stride == 1) copy_rows(result, v->ow, plane, p->pw * v->down.stride, v->oh, v->ow);
  else
    for (int64_t at = 0; at < v->oh * v->ow; at++)
      result[at] = plane[at / v->ow * v->down.stride * p->pw + at % v->ow * v->across.stride];
}

static int64_t shift(const struct planes *p, int64_t tap) {
  return tap / p->v.kw * p->v.down.dilation * p->pw + tap % p->v.kw * p->v.across.dilation;
}

/* ---- the three operations */

static void forward_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct planes *p = tiles->plan;
  const struct window *v = &p->v;
  const struct call *call = tiles->call;
  struct workspace workspace = workspace_of(call, p, worker);
  int64_t terms = v->c_each * p->taps;
  for (int64_t k = 0; k < terms; k++) workspace.offsets[k] = k / p->taps * p->image + shift(p, k % p->taps);
  for (int64_t sample = from; sample < to; sample++) {
    const float *image = padded(p, float_row(&call->in[0], sample), workspace.images);
    for (int64_t o = 0; o < v->o; o++) {
      micro->sums.combine(workspace.results, p->result, image + o / v->o_each * v->c_each * p->image,
                          &(struct weighted){terms, workspace.offsets, (const float *)call->in[1].data + o * terms});
      picked(p, workspace.results, float_out(call, sample) + o * v->oh * v->ow);
    }
  }
}

static void input_samples_of(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct planes *p = tiles->plan;
  const struct window *v = &p->v;
  const struct call *call = tiles->call;
  const float *filters = call->in[1].data;
  struct workspace workspace = workspace_of(call, p, worker);
  int64_t terms = v->o_each * p->taps;
  for (int64_t k = 0; k < terms; k++) workspace.offsets[k] = k / p->taps * p->flat + p->margin - shift(p, k % p->taps);
  for (int64_t sample = from; sample < to; sample++) {
    flatten(p, float_row(&call->in[0], sample), workspace.results);
    for (int64_t c = 0; c < v->c; c++) {
      int64_t first = c / v->c_each * v->o_each;
      for (int64_t k = 0; k < terms; k++)
        workspace.weights[k] = filters[((first + k / p->taps) * v->c_each + c % v->c_each) * p->taps + k % p->taps];
      micro->sums.combine(workspace.images, p->image, workspace.results + first * p->flat,
                          &(struct weighted){terms, workspace.offsets, workspace.weights});
      copy_rows(float_out(call, sample) + c * v->h * v->w, v->w, workspace.images + v->down.pad * p->pw + v->across.pad,
                p->pw, v->h, v->w);
    }
  }
}

static void run_samples(const struct call *call,
                        void (*work)(const struct tiles *tiles, int64_t from, int64_t to, int worker)) {
  struct planes p = planes_of_call(call);
  int64_t cost = product(product(p.v.o, p.v.c_each), product(p.taps, p.image)) / 4;
  run_tiles(&(struct tiles){call, &p, result_samples(call), samples_a_tile(cost), work});
}

void planes_conv2d(const struct call *call) { run_samples(call, forward_samples); }
void planes_conv2d_input(const struct call *call) { run_samples(call, input_samples_of); }

static void sum_samples(const struct call *call, const struct planes *p, int64_t sample, int64_t end, float *sum,
                        bool add, int worker) {
  const struct window *v = &p->v;
  struct workspace workspace = workspace_of(call, p, worker);
  for (; sample < end; sample++, add = true) {
    const float *image = padded(p, float_row(&call->in[0], sample), workspace.images);
    flatten(p, float_row(&call->in[1], sample), workspace.results);
    for (int64_t k = 0; k < v->o * v->c_each * p->taps; k++) {
      int64_t o = k / (v->c_each * p->taps), c = o / v->o_each * v->c_each + k / p->taps % v->c_each;
      float product = micro->sums.dot(workspace.results + o * p->flat + p->margin,
                                      image + c * p->image + shift(p, k % p->taps), p->result);
      sum[k] = add ? sum[k] + product : product;
    }
  }
}

static void weights_part(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct planes *p = tiles->plan;
  const struct call *call = tiles->call;
  float *sums = (float *)call->scratch + pool_threads(call->pool) * workspace_size_of(p).all;
  int64_t samples = input_samples(call);
  for (int64_t part = from; part < to; part++)
    sum_samples(call, p, part * samples / p->parts, (part + 1) * samples / p->parts, sums + part * p->part, false,
                worker);
}

void planes_conv2d_weights(const struct call *call) {
  struct planes p = planes_of_call(call);
  if (call->part) {
    sum_samples(call, &p, 0, input_samples(call), call->out.data, call->add, 0);
    return;
  }
  run_tiles(&(struct tiles){call, &p, p.parts, 1, weights_part});
  kernel_finish(call, (float *)call->scratch + pool_threads(call->pool) * workspace_size_of(&p).all, (int)p.parts);
}
