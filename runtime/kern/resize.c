/* Resizing planes, fast, and its transpose.
 *
 * nearest    element t comes from floor(t * from / to)
 * bilinear   element t lies at s = (t + 1/2) * from / to - 1/2, not below 0, between floor(s) and its neighbour (at
 *            the far edge the last element): out = (1 - f) x[floor s] + f x[floor s + 1] with f the fraction of s,
 *            in each direction */
#include <math.h>
#include <string.h>

#include "kern/inner.h"

struct tap resize_tap(int64_t to, int64_t from_size, int64_t to_size, bool bilinear) {
  if (!bilinear) {
    int64_t low = smaller(to * from_size / to_size, from_size - 1);
    return (struct tap){low, low, 0};
  }
  double at = ((double)to + 0.5) * (double)from_size / (double)to_size - 0.5;
  if (at < 0) at = 0;
  int64_t low = smaller((int64_t)floor(at), from_size - 1);
  return (struct tap){low, smaller(low + 1, from_size - 1), at - (double)low};
}

struct planes {
  int64_t h, w, oh, ow; /* of the small picture and the resized one, whichever way we go */
  bool bilinear;
};

static void resize_plane(const struct planes *p, const float *x, float *out) {
  for (int64_t i = 0; i < p->oh; i++) {
    struct tap y = resize_tap(i, p->h, p->oh, p->bilinear);
    const float *upper = x + y.low * p->w, *lower = x + y.high * p->w;
    for (int64_t j = 0; j < p->ow; j++) {
      struct tap t = resize_tap(j, p->w, p->ow, p->bilinear);
      if (!p->bilinear) {
        out[i * p->ow + j] = upper[t.low];
        continue;
      }
      float f = (float)t.weight, g = (float)y.weight;
      float above = upper[t.low] + f * (upper[t.high] - upper[t.low]);
      float below = lower[t.low] + f * (lower[t.high] - lower[t.low]);
      out[i * p->ow + j] = above + g * (below - above);
    }
  }
}

static void resize_back_plane(const struct planes *p, const float *g, float *out) {
  memset(out, 0, (size_t)(p->h * p->w) * sizeof *out);
  for (int64_t i = 0; i < p->oh; i++) {
    struct tap y = resize_tap(i, p->h, p->oh, p->bilinear);
    float *upper = out + y.low * p->w, *lower = out + y.high * p->w;
    for (int64_t j = 0; j < p->ow; j++) {
      struct tap t = resize_tap(j, p->w, p->ow, p->bilinear);
      float value = g[i * p->ow + j], below = (float)y.weight * value, above = value - below, f = (float)t.weight;
      upper[t.low] += (1 - f) * above;
      if (!p->bilinear) continue;
      upper[t.high] += f * above;
      lower[t.low] += (1 - f) * below;
      lower[t.high] += f * below;
    }
  }
}

static void resize_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct planes *p = tiles->plan;
  const float *x = tiles->call->in[0].data;
  float *out = tiles->call->out.data;
  for (int64_t at = from; at < to; at++)
    if (tiles->call->op == OP_resize) resize_plane(p, x + at * p->h * p->w, out + at * p->oh * p->ow);
    else resize_back_plane(p, x + at * p->oh * p->ow, out + at * p->h * p->w);
}

void fast_resize(const struct call *call) {
  const int64_t *in = call->in[0].type.shape.dim, *out = call->out.type.shape.dim;
  bool back = call->op == OP_resize_back;
  struct planes p = back ? (struct planes){out[1], out[2], in[1], in[2], call->attr->i[2]}
                         : (struct planes){in[1], in[2], out[1], out[2], call->attr->i[2]};
  /* placing an element costs a division or two in each direction */
  run_tiles(&(struct tiles){call, &p, result_lines(call) * in[0], lines_a_tile(4 * p.oh * p.ow), resize_planes});
}
void fast_resize_back(const struct call *call) { fast_resize(call); }
