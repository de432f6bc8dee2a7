/* Resizing planes, fast, and its transpose.
 *
 * nearest    element t comes from floor(t * from / to)
 * bilinear   element t lies at s = (t + 1/2) * from / to - 1/2, not below 0, between floor(s) and its neighbour (at
 *            the far edge the last element): out = (1 - f) x[floor s] + f x[floor s + 1] with f the fraction of s,
 *            in each direction
 *
 * Either way, each direction is a matrix of weights, and what a result needs lies together: a run of image rows, or of
 * elements of an image row.  The matrices are made once a step.  An image row of the result is the weighted sum of its
 * run of rows, and then, LANES elements at a time, the sum of the columns of the weights of their common run. */
#include <math.h>
#include <string.h>

#include "kern/inner.h"

enum { LANES = 16 };

static struct tap resize_tap(int64_t to, int64_t from_size, int64_t to_size, bool bilinear) {
  if (!bilinear) {
    int64_t low = smaller(to * from_size / to_size, from_size - 1);
    return (struct tap){low, low, 0};
  }
  double at = ((double)to + 0.5) * (double)from_size / (double)to_size - 0.5;
  if (at < 0) at = 0;
  int64_t low = smaller((int64_t)floor(at), from_size - 1);
  return (struct tap){low, smaller(low + 1, from_size - 1), at - (double)low};
}

/* The weights of `n` results from `from` elements, in blocks of `lanes` results.  In memory: where the run of each
 * block begins and ends, and then for each block `most` columns of `lanes` weights. */
struct weights {
  int64_t from, n, lanes, blocks, most;
  int64_t *begin, *end;
  float *column;
};

static struct weights weights_of(int64_t from, int64_t n, int64_t lanes) {
  /* a result reaches less than one element, of the smaller side, to either side */
  return (struct weights){from, n, lanes, divide_up(n, lanes), smaller(from, (lanes + 1) * from / n + 3), 0, 0, 0};
}

static size_t weights_bytes(const struct weights *w) {
  size_t each = 2 * sizeof(int64_t) + size_product((size_t)product(w->most, w->lanes), sizeof(float));
  return size_product((size_t)w->blocks, each);
}

static void weights_at(struct weights *w, const void *memory) {
  w->begin = (int64_t *)memory;
  w->end = w->begin + w->blocks;
  w->column = (float *)(w->end + w->blocks);
}

static void add_weight(struct weights *w, int64_t result, int64_t element, double weight) {
  int64_t block = result / w->lanes, column = block * w->most + element - w->begin[block];
  w->column[column * w->lanes + result % w->lanes] += (float)weight;
}

static void make_weights(struct weights *w, void *memory, bool back, bool bilinear) {
  int64_t small = back ? w->n : w->from, large = back ? w->from : w->n;
  weights_at(w, memory);
  memset(w->column, 0, (size_t)(w->blocks * w->most * w->lanes) * sizeof(float));
  for (int64_t b = 0; b < w->blocks; b++) {
    w->begin[b] = w->from;
    w->end[b] = 0;
  }
  for (int pass = 0; pass < 2; pass++) /* first the runs, then the weights */
    for (int64_t t = 0; t < large; t++) {
      struct tap tap = resize_tap(t, small, large, bilinear);
      for (int k = 0; k < 2; k++) {
        int64_t met = k ? tap.high : tap.low, result = back ? met : t, element = back ? t : met;
        int64_t block = result / w->lanes;
        if (pass) add_weight(w, result, element, k ? tap.weight : 1 - tap.weight);
        w->begin[block] = smaller(w->begin[block], element);
        w->end[block] = larger(w->end[block], element + 1);
      }
    }
}

struct resizing {
  struct weights down, across;
};

static struct resizing resizing_of(const struct shape *in, const int64_t *to) {
  return (struct resizing){weights_of(in->dim[1], to[0], 1), weights_of(in->dim[2], to[1], LANES)};
}

static size_t to_cache_line(size_t bytes) { return bytes > SIZE_MAX - 63 ? SIZE_MAX : (bytes + 63) / 64 * 64; }

size_t resize_shared(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                     int64_t rows) {
  (void)op, (void)out, (void)rows;
  struct resizing r = resizing_of(&in->shape, attr->i);
  size_t down = to_cache_line(weights_bytes(&r.down)), across = weights_bytes(&r.across);
  return down > SIZE_MAX - across ? SIZE_MAX : down + across;
}

/* One line, for each thread. */
static size_t line_bytes(const struct value_type *in) {
  return to_cache_line(size_product((size_t)in->shape.dim[2], sizeof(float)));
}

size_t resize_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                      int64_t rows, int threads) {
  (void)op, (void)attr, (void)out, (void)rows;
  return size_product(line_bytes(in), (size_t)threads);
}

void prepare_resize(const struct call *call) {
  struct resizing r = resizing_of(&call->in[0].type.shape, call->attr->i);
  bool back = call->op == OP_resize_back, bilinear = call->attr->i[2];
  make_weights(&r.down, call->out.data, back, bilinear);
  make_weights(&r.across, (char *)call->out.data + to_cache_line(weights_bytes(&r.down)), back, bilinear);
}

/* The weighted sum of n image rows. */
static inline void sum_down(const float *restrict x, int64_t width, const float *restrict weight, int64_t n,
                            float *restrict line) {
  enum { FEW = 4 };
  int64_t i = 0;
  for (; i + FEW <= width; i += FEW) {
    float sum[FEW] = {0};
    for (int64_t s = 0; s < n; s++)
      for (int k = 0; k < FEW; k++) sum[k] += weight[s] * x[s * width + i + k];
    memcpy(line + i, sum, sizeof sum);
  }
  for (; i < width; i++) {
    float sum = 0;
    for (int64_t s = 0; s < n; s++) sum += weight[s] * x[s * width + i];
    line[i] = sum;
  }
}

/* The sum of n columns of LANES weights. */
static inline void sum_across(const float *restrict line, const float *restrict column, int64_t n,
                              float *restrict sum) {
  for (int k = 0; k < LANES; k++) sum[k] = 0;
  for (int64_t s = 0; s < n; s++)
    for (int k = 0; k < LANES; k++) sum[k] += line[s] * column[s * LANES + k];
}

/* LANES are written wherever they fit before `end`: what is too much, the next row writes over. */
VECTOR_CLONES static void resize_plane(const struct resizing *r, const float *restrict x, float *restrict line,
                                       float *restrict out, const float *end) {
  const struct weights *down = &r->down, *across = &r->across;
  for (int64_t i = 0; i < down->n; i++, out += across->n) {
    sum_down(x + down->begin[i] * across->from, across->from, down->column + i * down->most,
             down->end[i] - down->begin[i], line);
    for (int64_t b = 0; b < across->blocks; b++) {
      float sum[LANES];
      sum_across(line + across->begin[b], across->column + b * across->most * LANES, across->end[b] - across->begin[b],
                 sum);
      if (end - out >= (b + 1) * LANES) memcpy(out + b * LANES, sum, sizeof sum);
      else memcpy(out + b * LANES, sum, (size_t)smaller(LANES, across->n - b * LANES) * sizeof *sum);
    }
  }
}

static void resize_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct resizing *r = tiles->plan;
  int64_t in = r->down.from * r->across.from, out = r->down.n * r->across.n;
  size_t skip = (size_t)worker * line_bytes(&tiles->call->in[0].type);
  float *line = (float *)(void *)((char *)tiles->call->scratch + skip), *result = tiles->call->out.data;
  for (int64_t at = from; at < to; at++)
    resize_plane(r, (const float *)tiles->call->in[0].data + at * in, line, result + at * out, result + to * out);
}

void fast_resize(const struct call *call) {
  struct resizing r = resizing_of(&call->in[0].type.shape, call->attr->i);
  weights_at(&r.down, call->shared);
  weights_at(&r.across, (const char *)call->shared + to_cache_line(weights_bytes(&r.down)));
  int64_t most = larger(operand_count(&call->in[0]), operand_count(&call->out)), c = call->in[0].type.shape.dim[0];
  run_tiles(&(struct tiles){call, &r, result_samples(call) * c, samples_a_tile(most / c), resize_planes});
}
void fast_resize_back(const struct call *call) { fast_resize(call); }
