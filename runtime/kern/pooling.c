/* Maximum pooling, fast: places of the maxima, and moving elements from and to them.  Tiles are planes (one channel of
 * one line), which windows never leave. */
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

static bool above(float a, float b) { return a > b || (a != a && b == b); }

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

/* The usual case without branches: two by two, side by side.  The comparisons give 0 or 1. */
static void places_2x2(const struct pooling *p, const float *restrict x, uint8_t *restrict out) {
  const float *below = x + p->w;
  for (int64_t j = 0; j < p->ow; j++) {
    float a = x[2 * j], b = x[2 * j + 1], c = below[2 * j], d = below[2 * j + 1];
    int right = (b > a) | ((b != b) & (a == a));
    float top = right ? b : a;
    int right_below = (d > c) | ((d != d) & (c == c));
    float bottom = right_below ? d : c;
    int under = (bottom > top) | ((bottom != bottom) & (top == top));
    out[j] = (uint8_t)(under ? 2 + right_below : right);
  }
}

static void argmax_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct pooling *p = tiles->plan;
  const float *x = tiles->call->in[0].data;
  uint8_t *out = tiles->call->out.data;
  for (int64_t plane = from; plane < to; plane++)
    for (int64_t y = 0; y < p->oh; y++) {
      const float *line = x + (plane * p->h + y * p->stride) * p->w;
      uint8_t *places = out + (plane * p->oh + y) * p->ow;
      if (p->window == 2 && p->stride == 2) places_2x2(p, line, places);
      else
        for (int64_t j = 0; j < p->ow; j++) places[j] = place_in_window(p, line + j * p->stride);
    }
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
