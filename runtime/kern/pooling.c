/* Maximum pooling, fast: indices of the maxima, and moving elements from and to them.
 *
 * Channels first, a tile is some planes (one channel of one sample), which windows never leave.  Channels last, it is
 * some samples of the call, and everything is done to all channels of a window together: they lie side by side. */
#include <string.h>

#include "kern/inner.h"

struct pooling {
  int64_t c, h, w, oh, ow, high, wide, window; /* a window's sides and its elements */
  int64_t down, across;                        /* strides */
  bool square;                                 /* two by two */
};

static struct pooling pooling_of(const struct call *call) {
  const struct shape *large = call->op == OP_pool_put ? &call->out.type.shape : &call->in[0].type.shape;
  const struct shape *small = call->op == OP_pool_put ? &call->in[0].type.shape : &call->out.type.shape;
  struct image x = image_of(call->attr, *large), y = image_of(call->attr, *small);
  struct pool_axis down = pool_down(call->attr), across = pool_across(call->attr);
  return (struct pooling){x.c,
                          x.h,
                          x.w,
                          y.h,
                          y.w,
                          down.window,
                          across.window,
                          down.window * across.window,
                          down.stride,
                          across.stride,
                          down.window == 2 && across.window == 2};
}

typedef void tile_work(const struct tiles *tiles, int64_t from, int64_t to, int worker);

static void run_pooling(const struct call *call, tile_work *planes, tile_work *samples) {
  struct pooling p = pooling_of(call);
  if (call->attr->i[4])
    run_tiles(&(struct tiles){call, &p, result_samples(call), samples_a_tile(p.c * p.h * p.w), samples});
  else run_tiles(&(struct tiles){call, &p, result_samples(call) * p.c, samples_a_tile(p.h * p.w), planes});
}

/* A float as an integer in the floats' order: both zeros alike, and NaN largest of all. */
static inline int32_t order(float x) {
  int32_t bits;
  x += 0.0f; /* makes -0 a 0 */
  memcpy(&bits, &x, sizeof bits);
  int32_t key = bits ^ (bits >> 31 & 0x7fffffff);
  return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fffffff : key;
}

/* ---- indices of the maxima; the first of equal elements wins */

enum { LANES = 16 };

/* The windows whose first elements are n numbers side by side, at least `lanes`; to the right the elements of a window are
 * c numbers apart.  Some of the last are done a second time where lanes does not divide n. */
static inline __attribute__((always_inline)) void indices_side_by_side(const struct pooling *p, const float *restrict x,
                                                                       int64_t c, int64_t n, uint8_t *restrict index,
                                                                       const int lanes) {
  for (int64_t start = 0; start < n; start += lanes) {
    int64_t i = smaller(start, n - lanes);
    int32_t best[LANES], wide[LANES];
    for (int k = 0; k < lanes; k++) best[k] = order(x[i + k]);
    for (int k = 0; k < lanes; k++) wide[k] = 0;
    for (int32_t at = 1; at < p->window; at++) {
      const float *other = x + (at / p->wide * p->w + at % p->wide) * c + i;
      for (int k = 0; k < lanes; k++) {
        int32_t key = order(other[k]), wins = -(key > best[k]);
        best[k] = (key & wins) | (best[k] & ~wins);
        wide[k] = (at & wins) | (wide[k] & ~wins);
      }
    }
    for (int k = 0; k < lanes; k++) index[i + k] = (uint8_t)wide[k];
  }
}

VECTOR_CLONES static void many_indices(const struct pooling *p, const float *restrict x, int64_t c, int64_t n,
                                       uint8_t *restrict index) {
  indices_side_by_side(p, x, c, n, index, LANES);
}

VECTOR_CLONES static void some_indices(const struct pooling *p, const float *restrict x, int64_t c, int64_t n,
                                       uint8_t *restrict index) {
  indices_side_by_side(p, x, c, n, index, LANES / 2);
}

static void few_indices(const struct pooling *p, const float *x, int64_t c, int64_t n, uint8_t *index) {
  for (int64_t i = 0; i < n; i++) {
    int32_t best = order(x[i]), won = 0;
    for (int32_t at = 1; at < p->window; at++) {
      int32_t key = order(x[(at / p->wide * p->w + at % p->wide) * c + i]);
      if (key <= best) continue;
      best = key;
      won = at;
    }
    index[i] = (uint8_t)won;
  }
}

/* Of a line of windows in images of c channels, which lie side by side: with steps of one, all windows do. */
static void indices_of_line(const struct pooling *p, const float *x, int64_t c, uint8_t *index) {
  int64_t each = p->across == 1 ? p->ow * c : c;
  for (int64_t j = 0; j < p->ow * c; j += each, x += p->across * c)
    (each >= LANES ? many_indices : each >= LANES / 2 ? some_indices : few_indices)(p, x, c, each, index + j);
}

static void any_windows(const struct pooling *p, const float *x, int64_t planes, uint8_t *out) {
  for (int64_t plane = 0; plane < planes; plane++)
    for (int64_t i = 0; i < p->oh; i++, out += p->ow)
      indices_of_line(p, x + (plane * p->h + i * p->down) * p->w, 1, out);
}

/* The usual case, two by two and side by side: windows are gathered into a block, which is then compared without
 * branches. */
enum { GATHER = 64 };
struct gathered {
  float corner[4][GATHER];
};

VECTOR_CLONES static void compare_corners(const struct gathered *restrict g, uint8_t *restrict index) {
  int32_t wide[GATHER];
  for (int i = 0; i < GATHER; i++) {
    int32_t a = order(g->corner[0][i]), b = order(g->corner[1][i]);
    int32_t c = order(g->corner[2][i]), d = order(g->corner[3][i]);
    int32_t top = b > a ? b : a, bottom = d > c ? d : c, under = -(bottom > top);
    wide[i] = ((2 + (d > c)) & under) | ((b > a) & ~under);
  }
  for (int i = 0; i < GATHER; i++) index[i] = (uint8_t)wide[i];
}

static void square_windows(const struct pooling *p, const float *x, int64_t planes, uint8_t *out) {
  struct gathered g = {{{0}}};
  uint8_t index[GATHER];
  int64_t n = 0;
  for (int64_t sample = 0; sample < planes * p->oh; sample++) {
    const float *top = x + (sample / p->oh * p->h + sample % p->oh * 2) * p->w, *bottom = top + p->w;
    for (int64_t j = 0; j < p->ow; j++) {
      g.corner[0][n] = top[2 * j];
      g.corner[1][n] = top[2 * j + 1];
      g.corner[2][n] = bottom[2 * j];
      g.corner[3][n] = bottom[2 * j + 1];
      if (++n < GATHER) continue;
      compare_corners(&g, out);
      out += GATHER;
      n = 0;
    }
  }
  compare_corners(&g, index);
  memcpy(out, index, (size_t)n);
}

static void argmax_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const float *x = (const float *)tiles->call->in[0].data + from * p->h * p->w;
  uint8_t *out = (uint8_t *)tiles->call->out.data + from * p->oh * p->ow;
  (p->square && p->down == 2 && p->across == 2 ? square_windows : any_windows)(p, x, to - from, out);
}

/* Index in a plane of the element that a byte names in the window at (y, x). */
static int64_t index_in_plane(const struct pooling *p, int64_t y, int64_t x, const int64_t *offset, uint8_t index) {
  return y * p->down * p->w + x * p->across + offset[index];
}

enum { INDICES = 256 };

/* Bytes name indices within a window: what each is within the plane.  Every byte has an entry in bounds. */
static void window_offsets(const struct pooling *p, int64_t offset[INDICES]) {
  for (int64_t k = 0; k < INDICES; k++) {
    int64_t index = k < p->window ? k : 0;
    offset[k] = index / p->wide * p->w + index % p->wide;
  }
}

static void take_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const struct call *call = tiles->call;
  int64_t offset[INDICES];
  window_offsets(p, offset);
  for (int64_t at = from; at < to; at++) {
    const float *x = float_row(&call->in[0], at / p->c) + at % p->c * p->h * p->w;
    const uint8_t *index = byte_row(&call->in[1], at / p->c) + at % p->c * p->oh * p->ow;
    float *out = (float *)call->out.data + at * p->oh * p->ow;
    for (int64_t i = 0; i < p->oh; i++)
      for (int64_t j = 0; j < p->ow; j++) out[i * p->ow + j] = x[index_in_plane(p, i, j, offset, index[i * p->ow + j])];
  }
}

static void put_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const struct call *call = tiles->call;
  int64_t offset[INDICES];
  window_offsets(p, offset);
  memset((float *)call->out.data + from * p->h * p->w, 0, (size_t)((to - from) * p->h * p->w) * sizeof(float));
  for (int64_t at = from; at < to; at++) {
    const float *x = float_row(&call->in[0], at / p->c) + at % p->c * p->oh * p->ow;
    const uint8_t *index = byte_row(&call->in[1], at / p->c) + at % p->c * p->oh * p->ow;
    float *out = (float *)call->out.data + at * p->h * p->w;
    for (int64_t i = 0; i < p->oh; i++)
      for (int64_t j = 0; j < p->ow; j++)
        out[index_in_plane(p, i, j, offset, index[i * p->ow + j])] += x[i * p->ow + j];
  }
}

/* ---- channels last; where LANES does not divide the channels, argmax does some of the last a second time */

VECTOR_CLONES static void square_indices_last(const float *restrict x, int64_t below, int64_t c, int64_t windows,
                                              int64_t stride, uint8_t *restrict index) {
  for (int64_t j = 0; j < windows; j++, x += stride * c, index += c)
    for (int64_t start = 0; start < c; start += LANES) {
      int64_t i = smaller(start, c - LANES);
      int32_t wide[LANES];
      for (int k = 0; k < LANES; k++) {
        int32_t a = order(x[i + k]), b = order(x[c + i + k]);
        int32_t d = order(x[below + i + k]), e = order(x[below + c + i + k]);
        int32_t top = b > a ? b : a, bottom = e > d ? e : d, under = -(bottom > top);
        wide[k] = ((2 + (e > d)) & under) | ((b > a) & ~under);
      }
      for (int k = 0; k < LANES; k++) index[i + k] = (uint8_t)wide[k];
    }
}

static void argmax_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  uint8_t *index = (uint8_t *)tiles->call->out.data + from * p->oh * p->ow * p->c;
  for (int64_t sample = from; sample < to; sample++)
    for (int64_t i = 0; i < p->oh; i++, index += p->ow * p->c) {
      const float *x = float_row(&tiles->call->in[0], sample) + i * p->down * p->w * p->c;
      if (p->square && p->c >= LANES) square_indices_last(x, p->w * p->c, p->c, p->ow, p->across, index);
      else indices_of_line(p, x, p->c, index);
    }
}

/* Indices as integers as wide as the elements that they choose, for up to CHANNELS channels; made well before
 * they are read, for a wide load of what narrow stores have just left has to wait for them. */
enum { CHANNELS = 256 };

static inline void widen(const uint8_t *restrict index, int64_t n, int32_t *restrict wide) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++) wide[i + k] = index[i + k];
  for (; i < n; i++) wide[i] = index[i];
}

typedef int32_t bits __attribute__((may_alias)); /* of a float */

/* out[i] = the index-th of the four corners of a window, chosen by arithmetic: a branch would often be wrong. */
VECTOR_CLONES static void take_square(const bits *restrict x, int64_t below, int64_t c, const uint8_t *restrict index,
                                      int64_t n, bits *restrict out) {
  int32_t wide[CHANNELS];
  int64_t i = 0;
  widen(index, n, wide);
  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++) {
      int32_t right = -(wide[i + k] & 1), under = -(wide[i + k] >> 1);
      int32_t top = (x[i + k] & ~right) | (x[c + i + k] & right);
      int32_t bottom = (x[below + i + k] & ~right) | (x[below + c + i + k] & right);
      out[i + k] = (top & ~under) | (bottom & under);
    }
  for (; i < n; i++) out[i] = x[(wide[i] & 1) * c + (wide[i] >> 1 & 1) * below + i];
}

static void take_square_row(const struct pooling *p, const float *x, const uint8_t *index, float *out) {
  for (int64_t j = 0; j < p->ow; j++)
    for (int64_t i = 0; i < p->c; i += CHANNELS)
      take_square((const bits *)(x + j * p->across * p->c + i), p->w * p->c, p->c, index + j * p->c + i,
                  smaller(CHANNELS, p->c - i), (bits *)(out + j * p->c + i));
}

/* The same of any window: every index in its turn gives what it has won. */
VECTOR_CLONES static void take_any(const struct pooling *p, const float *restrict x, const uint8_t *restrict index,
                                   int64_t n, float *restrict out) {
  int32_t wide[CHANNELS];
  widen(index, n, wide);
  memcpy(out, x, (size_t)n * sizeof *out);
  for (int32_t at = 1; at < p->window; at++) {
    const float *from = x + (at / p->wide * p->w + at % p->wide) * p->c;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
      for (int k = 0; k < LANES; k++) {
        float here = from[i + k], best = out[i + k];
        out[i + k] = wide[i + k] == at ? here : best;
      }
    for (; i < n; i++) out[i] = wide[i] == at ? from[i] : out[i];
  }
}

static void take_any_row(const struct pooling *p, const float *x, const uint8_t *index, float *out) {
  for (int64_t j = 0; j < p->ow; j++)
    for (int64_t i = 0; i < p->c; i += CHANNELS)
      take_any(p, x + j * p->across * p->c + i, index + j * p->c + i, smaller(CHANNELS, p->c - i), out + j * p->c + i);
}

static void take_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const struct call *call = tiles->call;
  int64_t width = p->ow * p->c;
  for (int64_t sample = from; sample < to; sample++)
    for (int64_t i = 0; i < p->oh; i++)
      (p->square ? take_square_row : take_any_row)(p, float_row(&call->in[0], sample) + i * p->down * p->w * p->c,
                                                   byte_row(&call->in[1], sample) + i * width,
                                                   float_out(call, sample) + i * width);
}

/* To the elements of one window, which are written, or added to where windows overlap. */
VECTOR_CLONES static void put_window(const struct pooling *p, const float *restrict x, const uint8_t *restrict index,
                                     int64_t n, float *restrict out) {
  int32_t wide[CHANNELS];
  bool apart = p->down >= p->high && p->across >= p->wide;
  widen(index, n, wide);
  for (int32_t at = 0; at < p->window; at++) {
    float *to = out + (at / p->wide * p->w + at % p->wide) * p->c;
    int64_t i = 0;
    if (apart)
      for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
          float value = x[i + k];
          to[i + k] = wide[i + k] == at ? value : 0;
        }
    else
      for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
          float value = x[i + k];
          to[i + k] += wide[i + k] == at ? value : 0;
        }
    for (; i < n; i++) to[i] = (apart ? 0 : to[i]) + (wide[i] == at ? x[i] : 0);
  }
}

static void zero(float *to, int64_t n) { memset(to, 0, (size_t)n * sizeof *to); }

/* Zeros where windows side by side leave a rest. */
static void zero_rest(const struct pooling *p, float *out) {
  int64_t high = p->oh * p->high, wide = p->ow * p->wide;
  for (int64_t y = 0; y < high && wide < p->w; y++) zero(out + (y * p->w + wide) * p->c, (p->w - wide) * p->c);
  zero(out + high * p->w * p->c, (p->h - high) * p->w * p->c);
}

static void put_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const struct call *call = tiles->call;
  for (int64_t sample = from; sample < to; sample++) {
    const float *x = float_row(&call->in[0], sample);
    const uint8_t *index = byte_row(&call->in[1], sample);
    float *out = float_out(call, sample);
    if (p->down == p->high && p->across == p->wide) zero_rest(p, out);
    else zero(out, p->h * p->w * p->c);
    for (int64_t at = 0; at < p->oh * p->ow; at++) {
      float *window = out + (at / p->ow * p->down * p->w + at % p->ow * p->across) * p->c;
      for (int64_t c = 0; c < p->c; c += CHANNELS)
        put_window(p, x + at * p->c + c, index + at * p->c + c, smaller(CHANNELS, p->c - c), window + c);
    }
  }
}

/* ---- the kernels */

void fast_pool_argmax(const struct call *call) { run_pooling(call, argmax_planes, argmax_samples); }
void fast_pool_take(const struct call *call) { run_pooling(call, take_planes, take_samples); }
void fast_pool_put(const struct call *call) { run_pooling(call, put_planes, put_samples); }
