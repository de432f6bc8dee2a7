/* Reference kernels, in double: convolutions, pooling, resizing, batch normalisation. */
#include <math.h>

#include "kern/reference.h"

/* An image's sizes and one of its elements, whichever way its channels lie: [c, h, w], or [h, w, c] where the setting i4
 * is 1. */
struct geometry {
  bool last;
  int64_t c, h, w;
};

static struct geometry geometry_of(const struct call *call, struct shape shape) {
  bool last = call->attr->i[4];
  return (struct geometry){last, shape.dim[last ? 2 : 0], shape.dim[last ? 0 : 1], shape.dim[last ? 1 : 2]};
}

static int64_t pixel(struct geometry p, int64_t c, int64_t y, int64_t x) {
  return p.last ? (y * p.w + x) * p.c + c : (c * p.h + y) * p.w + x;
}

/* ---- convolutions */

/* The three operands of a convolution. */
enum part { IMAGE, FILTER, RESULT };

/* All three are floats, and so doubles here. */
static double *row_of(const struct operand *operand, int64_t row) {
  return (double *)operand->data + index_of(operand, row, 0);
}

/* For every triple (image element, filter element, result element) that a convolution multiplies: the sum gets the
 * product of the other two. */
static void convolve(const struct call *call, enum part first, enum part second, enum part sum) {
  struct operand part[3];
  part[first] = call->in[0];
  part[second] = call->in[1];
  part[sum] = call->out;
  struct geometry image = geometry_of(call, part[IMAGE].type.shape),
                  result = geometry_of(call, part[RESULT].type.shape);
  struct steps down = steps_down(call->attr), across = steps_across(call->attr);
  int64_t groups = conv_groups(call->attr), at[3];
  clear(call);
  for (int64_t row = 0; row < rows_in(call); row++) {
    const double *a = row_of(&call->in[0], row), *b = row_of(&call->in[1], row);
    double *to = row_of(&call->out, row);
    for (at[FILTER] = 0; at[FILTER] < elements(&part[FILTER]); at[FILTER]++) {
      int64_t tap[MAX_RANK];
      position_of(part[FILTER].type.shape, at[FILTER], tap); /* out, in its group, down, across */
      int64_t channel = tap[0] / (result.c / groups) * (image.c / groups) + tap[1];
      for (int64_t y = 0; y < result.h; y++)
        for (int64_t x = 0; x < result.w; x++) {
          int64_t h = y * down.stride + tap[2] * down.dilation - down.pad;
          int64_t w = x * across.stride + tap[3] * across.dilation - across.pad;
          if (h < 0 || h >= image.h || w < 0 || w >= image.w) continue;
          at[IMAGE] = pixel(image, channel, h, w);
          at[RESULT] = pixel(result, tap[0], y, x);
          to[at[sum]] += a[at[first]] * b[at[second]];
        }
    }
  }
}

void reference_conv2d(const struct call *call) { convolve(call, IMAGE, FILTER, RESULT); }
void reference_conv2d_input(const struct call *call) { convolve(call, RESULT, FILTER, IMAGE); }
void reference_conv2d_weights(const struct call *call) { convolve(call, IMAGE, RESULT, FILTER); }

/* ---- pooling */

/* Element of the large image that element k of the window of element `small` is. */
static int64_t in_window(const struct call *call, struct shape large, struct shape small, int64_t element, int64_t k) {
  struct pool_axis down = pool_down(call->attr), across = pool_across(call->attr);
  int64_t at[MAX_RANK];
  struct geometry image = geometry_of(call, large);
  position_of(small, element, at);
  int64_t c = at[image.last ? 2 : 0], y = at[image.last ? 0 : 1], x = at[image.last ? 1 : 2];
  return pixel(image, c, y * down.stride + k / across.window, x * across.stride + k % across.window);
}

void reference_pool_argmax(const struct call *call) {
  struct shape large = call->in[0].type.shape, small = call->out.type.shape;
  int64_t size = pool_down(call->attr).window * pool_across(call->attr).window;
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      int64_t best = 0;
      for (int64_t k = 1; k < size; k++) {
        double a = get(&call->in[0], row, in_window(call, large, small, e, k));
        double b = get(&call->in[0], row, in_window(call, large, small, e, best));
        if (a > b || (isnan(a) && !isnan(b))) best = k;
      }
      put(call, row, e, (double)best);
    }
}

void reference_pool_take(const struct call *call) {
  struct shape large = call->in[0].type.shape, small = call->out.type.shape;
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++)
      put(call, row, e, get(&call->in[0], row, in_window(call, large, small, e, (int64_t)get(&call->in[1], row, e))));
}

void reference_pool_put(const struct call *call) {
  struct shape large = call->out.type.shape, small = call->in[0].type.shape;
  clear(call);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->in[0]); e++)
      add(call, row, in_window(call, large, small, e, (int64_t)get(&call->in[1], row, e)), get(&call->in[0], row, e));
}

/* ---- resizing */

/* How much element i of an axis of `small` elements weighs in element t of the resized one, of `large`: the nearest
 * before, or the two around its centre, which is kept between the first's and the last's. */
static double resize_weight(int64_t i, int64_t t, int64_t small, int64_t large, bool bilinear) {
  if (!bilinear) return i == t * small / large;
  double centre = ((double)t + 0.5) * (double)small / (double)large - 0.5;
  centre = fmin(fmax(centre, 0), (double)(small - 1));
  return fmax(0, 1 - fabs(centre - (double)i));
}

/* Every pair (element of the image, element of the resized image) and the weight between them. */
static void resize_pairs(const struct call *call, bool back) {
  const int64_t *from = back ? call->out.type.shape.dim : call->in[0].type.shape.dim;
  const int64_t *to = back ? call->in[0].type.shape.dim : call->out.type.shape.dim;
  bool bilinear = call->attr->i[2];
  clear(call);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t c = 0; c < from[0]; c++)
      for (int64_t y = 0; y < to[1]; y++)
        for (int64_t i = 0; i < from[1]; i++) {
          double down = resize_weight(i, y, from[1], to[1], bilinear);
          for (int64_t x = 0; down != 0 && x < to[2]; x++)
            for (int64_t j = 0; j < from[2]; j++) {
              double weight = down * resize_weight(j, x, from[2], to[2], bilinear);
              int64_t small = (c * from[1] + i) * from[2] + j, large = (c * to[1] + y) * to[2] + x;
              if (weight == 0) continue;
              if (back) add(call, row, small, weight * get(&call->in[0], row, large));
              else add(call, row, large, weight * get(&call->in[0], row, small));
            }
        }
}

void reference_resize(const struct call *call) { resize_pairs(call, false); }
void reference_resize_back(const struct call *call) { resize_pairs(call, true); }

/* ---- batch normalisation: the formulas of norm.c, element by element */

/* The axis of the channels, which channel element e of x is in, and how many elements of a row a channel has. */
static int channels(const struct call *call, const struct operand *x) {
  return call->attr->i[4] ? x->type.shape.rank - 1 : 0;
}
static int64_t channel_of(const struct call *call, const struct operand *x, int64_t e) {
  int64_t at[MAX_RANK];
  position_of(x->type.shape, e, at);
  return at[channels(call, x)];
}
static int64_t channel_size(const struct call *call, const struct operand *x) {
  return elements(x) / x->type.shape.dim[channels(call, x)];
}

static double deviation(const struct call *call, const struct operand *variance, int64_t channel) {
  return sqrt(get(variance, 0, channel) + call->attr->f[0]);
}

void reference_batch_norm(const struct call *call) {
  const struct operand *in = call->in;
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      int64_t c = channel_of(call, &in[0], e);
      double centred = get(&in[0], row, e) - get(&in[1], row, c);
      put(call, row, e, get(&in[3], row, c) * centred / deviation(call, &in[2], c) + get(&in[4], row, c));
    }
}

void reference_batch_norm_scale(const struct call *call) {
  const struct operand *in = call->in;
  clear(call);
  for (int64_t row = 0; row < rows_in(call); row++)
    for (int64_t e = 0; e < elements(&in[0]); e++) {
      int64_t c = channel_of(call, &in[0], e);
      double centred = get(&in[1], row, e) - get(&in[2], row, c);
      add(call, 0, c, get(&in[0], row, e) * centred / deviation(call, &in[3], c));
    }
}

void reference_batch_norm_input(const struct call *call) {
  const struct operand *in = call->in;
  double n = (double)(rows_in(call) * channel_size(call, &in[1]));
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      int64_t c = channel_of(call, &in[1], e);
      double s = deviation(call, &in[3], c), normal = (get(&in[1], row, e) - get(&in[2], row, c)) / s;
      double g = get(&in[0], row, e) - get(&in[6], row, c) / n - normal * get(&in[5], row, c) / n;
      put(call, row, e, get(&in[4], row, c) / s * g);
    }
}
