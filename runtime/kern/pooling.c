/* Maximum pooling, fast: places of the maxima, and moving elements from and to them.  Tiles are planes (one
 * channel of one line), which windows never leave. */
#include <string.h>

#include "kern/inner.h"

struct pooling {
  int64_t c, h, w, oh, ow, window, stride;
};

static struct pooling pooling_of(const struct call *call) {
  const struct shape *large = call->op == OP_pool_put ? &call->out.type.shape : &call->in[0].type.shape;
  const struct shape *small = call->op == OP_pool_put ? &call->in[0].type.shape : &call->out.type.shape;
  return (struct pooling){large->dim[0], large->dim[1], large->dim[2], small->dim[1], small->dim[2],
                          call->attr->i[0], call->attr->i[1]};
}

static void run_planes(const struct call *call, void (*work)(const struct tiles *, int64_t, int64_t, int)) {
  struct pooling p = pooling_of(call);
  run_tiles(&(struct tiles){call, &p, result_lines(call) * p.c, lines_a_tile(p.h * p.w), work});
}

/* a wins over b: larger, or the first that is not a number. */
static inline int above(float a, float b) { return !(a <= b) & (b == b); }

static uint8_t place_in_window(const struct pooling *p, const float *x) {
  float best = *x;
  int64_t place = 0;
  for (int64_t i = 0; i < p->window; i++)
    for (int64_t j = 0; j < p->window; j++)
      if (above(x[i * p->w + j], best)) {
        best = x[i * p->w + j];
        place = i * p->window + j;
      }
  return (uint8_t)place;
}

static void any_windows(const struct pooling *p, const float *x, int64_t planes, uint8_t *out) {
  for (int64_t plane = 0; plane < planes; plane++)
    for (int64_t i = 0; i < p->oh; i++)
      for (int64_t j = 0; j < p->ow; j++)
        *out++ = place_in_window(p, x + (plane * p->h + i * p->stride) * p->w + j * p->stride);
}

/* The usual case, two by two and side by side: windows are gathered into a block, which is then compared without
 * branches, as whole numbers in the floats' order (both zeros alike, and not-a-number largest of all). */
enum { GATHER = 64 };
struct gathered {
  float corner[4][GATHER];
};

static inline int32_t order(float x) {
  int32_t bits;
  x += 0.0f; /* makes -0 a 0 */
  memcpy(&bits, &x, sizeof bits);
  int32_t key = bits ^ (bits >> 31 & 0x7fffffff);
  return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fffffff : key;
}

VECTOR_CLONES static void compare_corners(const struct gathered *restrict g, uint8_t *restrict place) {
  int32_t wide[GATHER];
  for (int i = 0; i < GATHER; i++) {
    int32_t a = order(g->corner[0][i]), b = order(g->corner[1][i]);
    int32_t c = order(g->corner[2][i]), d = order(g->corner[3][i]);
    int32_t top = b > a ? b : a, bottom = d > c ? d : c, under = -(bottom > top);
    wide[i] = ((2 + (d > c)) & under) | ((b > a) & ~under);
  }
  for (int i = 0; i < GATHER; i++) place[i] = (uint8_t)wide[i];
}

static void square_windows(const struct pooling *p, const float *x, int64_t planes, uint8_t *out) {
  struct gathered g = {{{0}}};
  uint8_t place[GATHER];
  int64_t n = 0;
  for (int64_t line = 0; line < planes * p->oh; line++) {
    const float *top = x + (line / p->oh * p->h + line % p->oh * 2) * p->w, *bottom = top + p->w;
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
  compare_corners(&g, place);
  memcpy(out, place, (size_t)n);
}

static void argmax_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const float *x = (const float *)tiles->call->in[0].data + from * p->h * p->w;
  uint8_t *out = (uint8_t *)tiles->call->out.data + from * p->oh * p->ow;
  (p->window == 2 && p->stride == 2 ? square_windows : any_windows)(p, x, to - from, out);
}

void fast_pool_argmax(const struct call *call) { run_planes(call, argmax_planes); }

/* Place in a plane of an element that a byte names in the window at (y, x). */
static int64_t place_in_plane(const struct pooling *p, int64_t y, int64_t x, const int64_t *offset, uint8_t place) {
  return y * p->stride * p->w + x * p->stride + offset[place];
}

enum { PLACES = 256 };

/* Bytes name places within a window: what each is within the plane.  Every byte has an entry in bounds. */
static void window_offsets(const struct pooling *p, int64_t offset[PLACES]) {
  for (int64_t k = 0; k < PLACES; k++) {
    int64_t place = k < p->window * p->window ? k : 0;
    offset[k] = (int64_t)(place / p->window * p->w + place % p->window);
  }
}

static void take_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const struct call *call = tiles->call;
  int64_t offset[PLACES];
  window_offsets(p, offset);
  for (int64_t at = from; at < to; at++) {
    const float *x = float_row(&call->in[0], at / p->c) + at % p->c * p->h * p->w;
    const uint8_t *place = byte_row(&call->in[1], at / p->c) + at % p->c * p->oh * p->ow;
    float *out = (float *)call->out.data + at * p->oh * p->ow;
    for (int64_t i = 0; i < p->oh; i++)
      for (int64_t j = 0; j < p->ow; j++)
        out[i * p->ow + j] = x[place_in_plane(p, i, j, offset, place[i * p->ow + j])];
  }
}

void fast_pool_take(const struct call *call) { run_planes(call, take_planes); }

static void put_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const struct call *call = tiles->call;
  int64_t offset[PLACES];
  window_offsets(p, offset);
  memset((float *)call->out.data + from * p->h * p->w, 0, (size_t)((to - from) * p->h * p->w) * sizeof(float));
  for (int64_t at = from; at < to; at++) {
    const float *x = float_row(&call->in[0], at / p->c) + at % p->c * p->oh * p->ow;
    const uint8_t *place = byte_row(&call->in[1], at / p->c) + at % p->c * p->oh * p->ow;
    float *out = (float *)call->out.data + at * p->h * p->w;
    for (int64_t i = 0; i < p->oh; i++)
      for (int64_t j = 0; j < p->ow; j++)
        out[place_in_plane(p, i, j, offset, place[i * p->ow + j])] += x[i * p->ow + j];
  }
}

void fast_pool_put(const struct call *call) { run_planes(call, put_planes); }
