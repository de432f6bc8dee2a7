/* Batch normalisation (Ioffe and Szegedy 2015, algorithm 1), fast.  With r = 1 / sqrt(variance + epsilon), n the
 * number of elements of a channel over all lines, and mean and variance x's own:
 *
 *   y       = scale (x - mean) r + shift
 *   dscale  = sum g (x - mean) r
 *   dx      = scale r (g - dshift / n - (x - mean) r dscale / n)
 *
 * All three are x (or g and x) times and plus numbers of the channel, which are worked out in double, once. */
#include <math.h>
#include <string.h>

#include "kern/inner.h"

enum { LANES = 8, CHANNELS = 16 }; /* CHANNELS: a tile of the sum over lines */

/* Channel by channel: out = a x + b (y), or out = a g + b + d (x - mean) (dx). */
struct channel {
  float a, b, d, mean;
};

size_t batch_norm_scratch(const struct value_type *in) {
  return size_product((size_t)in->shape.dim[0], sizeof(struct channel));
}

static double at(const struct operand *operand, int64_t i) { return (double)((const float *)operand->data)[i]; }

static double inverse_deviation(const struct call *call, const struct operand *variance, int64_t c) {
  return 1 / sqrt(at(variance, c) + call->attr->f[0]);
}

/* Channels are short, and may be written in place: LANES elements at a time, worked out before any is stored. */
VECTOR_CLONES static void normalise(struct channel channel, const float *x, float *out, int64_t n) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    float lane[LANES];
    for (int k = 0; k < LANES; k++) lane[k] = channel.a * (x[i + k] - channel.mean) + channel.b;
    memcpy(out + i, lane, sizeof lane);
  }
  for (; i < n; i++) out[i] = channel.a * (x[i] - channel.mean) + channel.b;
}

VECTOR_CLONES static void normalise_back(struct channel channel, const float *g, const float *x,
                                                         float *out, int64_t n) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    float lane[LANES];
    for (int k = 0; k < LANES; k++)
      lane[k] = channel.a * g[i + k] + channel.b + channel.d * (x[i + k] - channel.mean);
    memcpy(out + i, lane, sizeof lane);
  }
  for (; i < n; i++) out[i] = channel.a * g[i] + channel.b + channel.d * (x[i] - channel.mean);
}

static void norm_lines(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  const struct channel *channel = tiles->plan;
  int64_t channels = call->out.type.shape.dim[0], n = operand_count(&call->out) / channels;
  for (int64_t line = from; line < to; line++) {
    float *out = float_out(call, line);
    const float *first = float_row(&call->in[0], line), *second = float_row(&call->in[1], line);
    for (int64_t c = 0; c < channels; c++)
      if (call->op == OP_batch_norm) normalise(channel[c], first + c * n, out + c * n, n);
      else normalise_back(channel[c], first + c * n, second + c * n, out + c * n, n);
  }
}

void fast_batch_norm(const struct call *call) {
  struct channel *channel = call->scratch;
  for (int64_t c = 0; c < call->out.type.shape.dim[0]; c++)
    channel[c] = (struct channel){.a = (float)(at(&call->in[3], c) * inverse_deviation(call, &call->in[2], c)),
                                  .b = (float)at(&call->in[4], c), .mean = (float)at(&call->in[1], c)};
  run_tiles(
      &(struct tiles){call, channel, result_lines(call), lines_a_tile(operand_count(&call->out)), norm_lines});
}

void fast_batch_norm_input(const struct call *call) {
  struct channel *channel = call->scratch;
  int64_t channels = call->out.type.shape.dim[0];
  double n = (double)((call->in[0].type.rows || call->in[1].type.rows ? call->batch : 1) * (operand_count(&call->out) / channels));
  for (int64_t c = 0; c < channels; c++) {
    double r = inverse_deviation(call, &call->in[3], c), a = at(&call->in[4], c) * r;
    channel[c] = (struct channel){.a = (float)a,
                                  .b = (float)(-a * at(&call->in[6], c) / n),
                                  .d = (float)(-a * r * at(&call->in[5], c) / n),
                                  .mean = (float)at(&call->in[2], c)};
  }
  run_tiles(
      &(struct tiles){call, channel, result_lines(call), lines_a_tile(operand_count(&call->out)), norm_lines});
}

VECTOR_CLONES static double sum_centred(const float *restrict g, const float *restrict x, float mean,
                                                        int64_t n) {
  double lane[LANES] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++) lane[k] += (double)g[i + k] * ((double)x[i + k] - (double)mean);
  for (; i < n; i++) sum += (double)g[i] * ((double)x[i] - (double)mean);
  for (int width = LANES / 2; width; width /= 2)
    for (int k = 0; k < width; k++) lane[k] += lane[k + width];
  return sum + lane[0];
}

/* Each tile has some channels and walks all lines. */
static void scale_channels(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = operand_count(&call->in[0]) / tiles->n, lines = input_lines(call);
  double sum[CHANNELS] = {0};
  for (int64_t line = 0; line < lines; line++) {
    const float *g = float_row(&call->in[0], line), *x = float_row(&call->in[1], line);
    for (int64_t c = from; c < to; c++)
      sum[c - from] += sum_centred(g + c * n, x + c * n, (float)at(&call->in[2], c), n);
  }
  for (int64_t c = from; c < to; c++)
    ((float *)call->out.data)[c] = (float)(sum[c - from] * inverse_deviation(call, &call->in[3], c));
}

void fast_batch_norm_scale(const struct call *call) {
  run_tiles(&(struct tiles){call, NULL, call->out.type.shape.dim[0], CHANNELS, scale_channels});
}
