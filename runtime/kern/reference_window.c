/* Reference kernels, in double: convolutions, pooling, resizing, batch normalisation. */
#include <math.h>

#include "kern/reference.h"

static void clear(const struct call *call) {
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) put(call, line, e, 0);
}

static void add(const struct call *call, int64_t line, int64_t element, double value) {
  put(call, line, element, get(&call->out, line, element) + value);
}

/* The three operands of a convolution. */
enum part { IMAGE, FILTER, RESULT };

static double *line_of(const struct operand *operand, int64_t line) {
  return (double *)operand->data + (operand->type.rows ? line * operand_count(operand) : 0);
}

/* Element (c, y, x) of an image. */
static int64_t image_element(const struct attr *attr, struct image size, int64_t c, int64_t y, int64_t x) {
  return attr->i[4] ? (y * size.w + x) * size.c + c : (c * size.h + y) * size.w + x;
}

/* For every triple (image element, filter element, result element) that a convolution multiplies: the sum gets the
 * product of the other two.  All three are floats, and so doubles here. */
static void convolve(const struct call *call, enum part first, enum part second, enum part sum) {
  struct window v = conv_window(call);
  struct image image = {v.c, v.h, v.w}, result = {v.o, v.oh, v.ow};
  clear(call);
  for (int64_t line = 0; line < input_lines(call); line++) {
    const double *a = line_of(&call->in[0], line), *b = line_of(&call->in[1], line);
    double *to = line_of(&call->out, line);
    for (int64_t o = 0; o < v.o; o++)
      for (int64_t c = 0; c < v.c; c++)
        for (int64_t y = 0; y < v.oh; y++)
          for (int64_t x = 0; x < v.ow; x++)
            for (int64_t i = 0; i < v.kh; i++)
              for (int64_t j = 0; j < v.kw; j++) {
                int64_t h = y * v.stride + i - v.pad, w = x * v.stride + j - v.pad;
                if (h < 0 || h >= v.h || w < 0 || w >= v.w) continue;
                int64_t at[] = {[IMAGE] = image_element(call->attr, image, c, h, w),
                                [FILTER] = ((o * v.c + c) * v.kh + i) * v.kw + j,
                                [RESULT] = image_element(call->attr, result, o, y, x)};
                to[at[sum]] += a[at[first]] * b[at[second]];
              }
  }
}

void reference_conv2d(const struct call *call) { convolve(call, IMAGE, FILTER, RESULT); }
void reference_conv2d_input(const struct call *call) { convolve(call, RESULT, FILTER, IMAGE); }
void reference_conv2d_weights(const struct call *call) { convolve(call, IMAGE, RESULT, FILTER); }

/* ---- pooling */

/* Element of the large picture that place k of the window of element `small` is. */
static int64_t in_window(const struct call *call, struct shape large, struct shape small, int64_t element,
                         int64_t k) {
  int64_t at[MAX_RANK], window = call->attr->i[0], stride = call->attr->i[1];
  place_of(small, element, at);
  struct image place = image_of(call->attr, (struct shape){3, {at[0], at[1], at[2]}});
  return image_element(call->attr, image_of(call->attr, large), place.c, place.h * stride + k / window,
                       place.w * stride + k % window);
}

void reference_pool_argmax(const struct call *call) {
  struct shape large = call->in[0].type.shape, small = call->out.type.shape;
  int64_t places = call->attr->i[0] * call->attr->i[0];
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      int64_t best = 0;
      for (int64_t k = 1; k < places; k++) {
        double a = get(&call->in[0], line, in_window(call, large, small, e, k));
        double b = get(&call->in[0], line, in_window(call, large, small, e, best));
        if (a > b || (isnan(a) && !isnan(b))) best = k;
      }
      put(call, line, e, (double)best);
    }
}

void reference_pool_take(const struct call *call) {
  struct shape large = call->in[0].type.shape, small = call->out.type.shape;
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++)
      put(call, line, e,
          get(&call->in[0], line, in_window(call, large, small, e, (int64_t)get(&call->in[1], line, e))));
}

void reference_pool_put(const struct call *call) {
  struct shape large = call->out.type.shape, small = call->in[0].type.shape;
  clear(call);
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->in[0]); e++)
      add(call, line, in_window(call, large, small, e, (int64_t)get(&call->in[1], line, e)),
          get(&call->in[0], line, e));
}

/* ---- resizing */

/* Every pair (element of the picture, element of the resized picture) and the weight between them. */
static void resize_pairs(const struct call *call, bool back) {
  const int64_t *from = back ? call->out.type.shape.dim : call->in[0].type.shape.dim;
  const int64_t *to = back ? call->in[0].type.shape.dim : call->out.type.shape.dim;
  bool bilinear = call->attr->i[2];
  clear(call);
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t c = 0; c < from[0]; c++)
      for (int64_t y = 0; y < to[1]; y++)
        for (int64_t x = 0; x < to[2]; x++) {
          struct tap v = resize_tap(y, from[1], to[1], bilinear), u = resize_tap(x, from[2], to[2], bilinear);
          for (int k = 0; k < 4; k++) {
            double weight = (k / 2 ? v.weight : 1 - v.weight) * (k % 2 ? u.weight : 1 - u.weight);
            int64_t small = (c * from[1] + (k / 2 ? v.high : v.low)) * from[2] + (k % 2 ? u.high : u.low);
            int64_t large = (c * to[1] + y) * to[2] + x;
            if (back) add(call, line, small, weight * get(&call->in[0], line, large));
            else add(call, line, large, weight * get(&call->in[0], line, small));
          }
        }
}

void reference_resize(const struct call *call) { resize_pairs(call, false); }
void reference_resize_back(const struct call *call) { resize_pairs(call, true); }

/* ---- batch normalisation: the formulas of norm.c, element by element */

/* Which channel element e of x is in, and how many elements of a row a channel has. */
static int64_t channel_of(const struct call *call, const struct operand *x, int64_t e) {
  int64_t at[MAX_RANK];
  place_of(x->type.shape, e, at);
  return at[channel_axis(call->attr, x->type.shape.rank)];
}
static int64_t channel_size(const struct call *call, const struct operand *x) {
  return operand_count(x) / x->type.shape.dim[channel_axis(call->attr, x->type.shape.rank)];
}

static double deviation(const struct call *call, const struct operand *variance, int64_t channel) {
  return sqrt(get(variance, 0, channel) + call->attr->f[0]);
}

void reference_batch_norm(const struct call *call) {
  const struct operand *in = call->in;
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      int64_t c = channel_of(call, &in[0], e);
      double centred = get(&in[0], line, e) - get(&in[1], line, c);
      put(call, line, e, get(&in[3], line, c) * centred / deviation(call, &in[2], c) + get(&in[4], line, c));
    }
}

void reference_batch_norm_scale(const struct call *call) {
  const struct operand *in = call->in;
  clear(call);
  for (int64_t line = 0; line < input_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&in[0]); e++) {
      int64_t c = channel_of(call, &in[0], e);
      double centred = get(&in[1], line, e) - get(&in[2], line, c);
      add(call, 0, c, get(&in[0], line, e) * centred / deviation(call, &in[3], c));
    }
}

void reference_batch_norm_input(const struct call *call) {
  const struct operand *in = call->in;
  double n = (double)(input_lines(call) * channel_size(call, &in[1]));
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      int64_t c = channel_of(call, &in[1], e);
      double s = deviation(call, &in[3], c), normal = (get(&in[1], line, e) - get(&in[2], line, c)) / s;
      double g = get(&in[0], line, e) - get(&in[6], line, c) / n - normal * get(&in[5], line, c) / n;
      put(call, line, e, get(&in[4], line, c) / s * g);
    }
}
