/* Batch normalisation (Ioffe and Szegedy 2015, algorithm 1), fast.  With r = 1 / sqrt(variance + epsilon), n the
 * number of elements of a channel over all samples, and mean and variance x's own:
 *
 *   y       = scale (x - mean) r + shift
 *   dscale  = sum g (x - mean) r
 *   dx      = scale r (g - dshift / n - (x - mean) r dscale / n)
 *
 * All three are x (or g and x) times and plus numbers of the channel, worked out in double, once a step. */
#include <math.h>

#include "kern/inner.h"
#include "kern/micro.h"

enum { LANES = 16, CHANNELS = 16 }; /* CHANNELS: a tile of the sum over samples */

/* Numbers of the channels: out = a (x - mean) + b (y), or out = a g + b + d (x - mean) (dx). */
struct channels {
  float *a, *b, *d, *mean;
};

static int64_t channels_of(const struct attr *attr, const struct value_type *x) {
  return x->shape.dim[channel_axis(attr, x->shape.rank)];
}

/* Whether the channels of x are its fastest axis.  Where each has one element, as after a dense layer, the first axis is. */
static bool channels_last(const struct attr *attr, int64_t elements) { return attr->i[4] || elements == 1; }

static struct channels channels_at(const void *memory, int64_t n) {
  float *first = (float *)memory;
  return (struct channels){first, first + n, first + 2 * n, first + 3 * n};
}

size_t batch_norm_shared(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                         int64_t rows) {
  (void)op, (void)out, (void)rows;
  return size_product((size_t)channels_of(attr, &in[0]), 4 * sizeof(float));
}

static double at(const struct operand *operand, int64_t i) { return (double)((const float *)operand->data)[i]; }

static double inverse_deviation(const struct call *call, const struct operand *variance, int64_t c) {
  return 1 / sqrt(at(variance, c) + call->attr->f[0]);
}

/* Results may be written in place.  Channels first: */
VECTOR_CLONES static void normalise(float a, float b, float mean, const float *x, float *out, int64_t n) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    INDEPENDENT
    for (int k = 0; k < LANES; k++) out[i + k] = a * (x[i + k] - mean) + b;
  }
  for (; i < n; i++) out[i] = a * (x[i] - mean) + b;
}

VECTOR_CLONES static void normalise_back(float a, float b, float d, float mean, const float *g, const float *x,
                                         float *out, int64_t n) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    INDEPENDENT
    for (int k = 0; k < LANES; k++) out[i + k] = a * g[i + k] + b + d * (x[i + k] - mean);
  }
  for (; i < n; i++) out[i] = a * g[i] + b + d * (x[i] - mean);
}

/* Channels last: n positions of c channels. */
VECTOR_CLONES static void normalise_last(const struct channels *of, int64_t c, const float *x, float *out, int64_t n) {
  const float *a = of->a, *b = of->b, *mean = of->mean;
  for (int64_t position = 0; position < n; position++, x += c, out += c) {
    int64_t i = 0;
    for (; i + LANES <= c; i += LANES) {
      INDEPENDENT
      for (int k = 0; k < LANES; k++) out[i + k] = a[i + k] * (x[i + k] - mean[i + k]) + b[i + k];
    }
    for (; i < c; i++) out[i] = a[i] * (x[i] - mean[i]) + b[i];
  }
}

VECTOR_CLONES static void normalise_back_last(const struct channels *of, int64_t c, const float *g, const float *x,
                                              float *out, int64_t n) {
  const float *a = of->a, *b = of->b, *d = of->d, *mean = of->mean;
  for (int64_t position = 0; position < n; position++, g += c, x += c, out += c) {
    int64_t i = 0;
    for (; i + LANES <= c; i += LANES) {
      INDEPENDENT
      for (int k = 0; k < LANES; k++) out[i + k] = a[i + k] * g[i + k] + b[i + k] + d[i + k] * (x[i + k] - mean[i + k]);
    }
    for (; i < c; i++) out[i] = a[i] * g[i] + b[i] + d[i] * (x[i] - mean[i]);
  }
}

static void norm_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  const struct channels *of = tiles->plan;
  int64_t channels = channels_of(call->attr, &call->out.type), n = operand_count(&call->out) / channels;
  bool forward = call->op == OP_batch_norm, last = channels_last(call->attr, n);
  for (int64_t sample = from; sample < to; sample++) {
    float *out = float_out(call, sample);
    const float *x = float_row(&call->in[0], sample), *y = float_row(&call->in[1], sample);
    if (last && forward) normalise_last(of, channels, x, out, n);
    else if (last) normalise_back_last(of, channels, x, y, out, n);
    for (int64_t c = 0; c < channels && !last; c++)
      if (forward) normalise(of->a[c], of->b[c], of->mean[c], x + c * n, out + c * n, n);
      else normalise_back(of->a[c], of->b[c], of->d[c], of->mean[c], x + c * n, y + c * n, out + c * n, n);
  }
}

void fast_batch_norm(const struct call *call) {
  struct channels of = channels_at(call->shared, channels_of(call->attr, &call->out.type));
  run_tiles(&(struct tiles){call, &of, result_samples(call), samples_a_tile(operand_count(&call->out)), norm_samples});
}
void fast_batch_norm_input(const struct call *call) { fast_batch_norm(call); }

void prepare_batch_norm(const struct call *call) {
  int64_t channels = channels_of(call->attr, &call->in[0].type);
  struct channels of = channels_at(call->out.data, channels);
  for (int64_t c = 0; c < channels; c++) {
    of.a[c] = (float)(at(&call->in[3], c) * inverse_deviation(call, &call->in[2], c));
    of.b[c] = (float)at(&call->in[4], c);
    of.mean[c] = (float)at(&call->in[1], c);
  }
}

void prepare_batch_norm_input(const struct call *call) {
  int64_t channels = channels_of(call->attr, &call->in[0].type);
  struct channels of = channels_at(call->out.data, channels);
  double samples = (double)(call->in[0].type.rows || call->in[1].type.rows ? call->batch : 1);
  double n = samples * (double)(operand_count(&call->in[0]) / channels);
  for (int64_t c = 0; c < channels; c++) {
    double r = inverse_deviation(call, &call->in[3], c), a = at(&call->in[4], c) * r;
    of.a[c] = (float)a;
    of.b[c] = (float)(-a * at(&call->in[6], c) / n);
    of.d[c] = (float)(-a * r * at(&call->in[5], c) / n);
    of.mean[c] = (float)at(&call->in[2], c);
  }
}

/* ---- the sum over samples */

enum { PARTS = 8, WIDE = 64 };

VECTOR_CLONES static double sum_centred(const float *restrict g, const float *restrict x, float mean, int64_t n) {
  double lane[PARTS] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + PARTS <= n; i += PARTS)
    for (int k = 0; k < PARTS; k++) lane[k] += (double)g[i + k] * ((double)x[i + k] - (double)mean);
  for (; i < n; i++) sum += (double)g[i] * ((double)x[i] - (double)mean);
  for (int width = PARTS / 2; width; width /= 2)
    for (int k = 0; k < width; k++) lane[k] += lane[k + width];
  return sum + lane[0];
}

static void put_scale(const struct call *call, int64_t c, double sum) {
  sum *= inverse_deviation(call, &call->in[3], c);
  if (call->part) ((double *)call->out.data)[c] = (call->add ? ((double *)call->out.data)[c] : 0) + sum;
  else ((float *)call->out.data)[c] = (float)sum;
}

/* Each tile has some channels and walks all samples. */
static void scale_channels(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = operand_count(&call->in[0]) / tiles->n, samples = input_samples(call);
  double sum[CHANNELS] = {0};
  for (int64_t sample = 0; sample < samples; sample++) {
    const float *g = float_row(&call->in[0], sample), *x = float_row(&call->in[1], sample);
    for (int64_t c = from; c < to; c++)
      sum[c - from] += sum_centred(g + c * n, x + c * n, (float)at(&call->in[2], c), n);
  }
  for (int64_t c = from; c < to; c++) put_scale(call, c, sum[c - from]);
}

static void scale_channels_last(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t channels = tiles->n, n = operand_count(&call->in[0]) / channels, samples = input_samples(call);
  double sum[WIDE] = {0}, mean[WIDE] = {0};
  for (int64_t c = from; c < to; c++) mean[c - from] = at(&call->in[2], c);
  for (int64_t sample = 0; sample < samples; sample++) {
    const float *g = float_row(&call->in[0], sample) + from, *x = float_row(&call->in[1], sample) + from;
    micro->sums.add_centred(g, x, mean, n, channels, to - from, sum);
  }
  for (int64_t c = from; c < to; c++) put_scale(call, c, sum[c - from]);
}

void fast_batch_norm_scale(const struct call *call) {
  int64_t channels = call->out.type.shape.dim[0];
  bool last = channels_last(call->attr, operand_count(&call->in[0]) / channels);
  run_tiles(&(struct tiles){call, NULL, channels, last ? WIDE : CHANNELS, last ? scale_channels_last : scale_channels});
}
