/* Convolutions with micro.h's loop, on images with channels last, where the kw c numbers that a row of the filter
 * meets lie next to each other.
 *
 *   conv2d          rows are positions of the result, k walks over (i, j, c) of the filter, columns are o
 *   conv2d_input    for each tap (i, j): rows are positions of x, k walks over o, columns are c; added to the
 *                   image at the position that (i, j) meets
 *   conv2d_weights  rows are (i, j, c) of the filter, k walks over positions, columns are o
 *
 * Groups of channels are done one after the other, where they lie between the others' channels.
 *
 * An image is read and written where it is, unless it has padding or its channels come first: then it is copied
 * into scratch memory with zeros around, channels last.  Work is cut into chunks of a few whole samples, by the
 * sizes alone.  The filters are packed once a step, with a table of where each position begins in the images.
 *
 * The sum of conv2d_weights over a chunk of rows stays in panels of [i, j, c][o]; conv_finish puts it in order.
 * Few channels, which would leave vectors mostly empty, are done by planes.c. */
#include "kern/conv.h"

#include <string.h>

#include "kern/panels.h"
#include "kern/planes.h"
#include "kern/winograd.h"

enum { CHUNK_ROWS = 168, SAMPLE_FLOATS = 1 << 16, POSITIONS = 256, NEAR = 1 << 13, PARTS = 12 };

enum { CHANNELS = 16, SUMMED = CHANNELS * MOST_WIDTH };

struct conv {
  struct window v;
  bool last, winograd, copied;    /* channels; done by winograd.c; whether images are copied */
  int64_t ph, pw, image;          /* of an image as it is read: padded; floats */
  int64_t positions, depth, taps; /* depth: of one group */
  int64_t samples, held;          /* in a chunk; at most in one call */
};

static struct window conv_window_of(enum op op, const struct attr *attr, const struct value_type *in,
                                    const struct value_type *out) {
  const struct shape *image = op == OP_conv2d_input ? &out->shape : &in[0].shape;
  const struct shape *result = op == OP_conv2d ? &out->shape : op == OP_conv2d_input ? &in[0].shape : &in[1].shape;
  const struct shape *filter = op == OP_conv2d_weights ? &out->shape : &in[1].shape;
  int c = attr->i[4] ? 2 : 0, h = attr->i[4] ? 0 : 1, w = h + 1; /* the axes of images */
  return (struct window){.c = image->dim[c],
                         .h = image->dim[h],
                         .w = image->dim[w],
                         .o = result->dim[c],
                         .oh = result->dim[h],
                         .ow = result->dim[w],
                         .kh = filter->dim[2],
                         .kw = filter->dim[3],
                         .groups = conv_groups(attr),
                         .c_each = image->dim[c] / conv_groups(attr),
                         .o_each = result->dim[c] / conv_groups(attr),
                         .down = steps_down(attr),
                         .across = steps_across(attr)};
}

struct window conv_window(const struct call *call) {
  struct value_type in[] = {call->in[0].type, call->in[1].type};
  return conv_window_of(call->op, call->attr, in, &call->out.type);
}

static struct conv conv_of(enum op op, const struct attr *attr, struct window v, int64_t n_samples) {
  struct conv conv = {.v = v, .last = attr->i[4], .winograd = conv_winograd(attr)};
  conv.positions = product(v.oh, v.ow);
  conv.taps = v.kh * v.kw;
  conv.copied = !conv.last || v.down.pad || v.across.pad;
  conv.ph = v.h + 2 * v.down.pad;
  conv.pw = v.w + 2 * v.across.pad;
  conv.image = product(product(conv.ph, conv.pw), v.c);
  conv.depth = conv.taps * v.c_each;
  conv.samples = larger(1, smaller(CHUNK_ROWS / conv.positions, SAMPLE_FLOATS / conv.image));
  if (conv.winograd) conv.samples = winograd_samples(op, &v);
  conv.held = smaller(conv.samples, n_samples);
  return conv;
}

static struct conv conv_of_call(const struct call *call) {
  return conv_of(call->op, call->attr, conv_window(call), input_samples(call));
}

/* ---- memory: results with channels last, images, and panels of each worker */

static int64_t to_cache_line(int64_t floats) { return floats > INT64_MAX - 15 ? INT64_MAX : (floats + 15) / 16 * 16; }

/* The panels of one group of filters; whole cache lines, as far as a chunk's sum is from the next. */
static int64_t group_floats(const struct conv *conv) { return panels_floats(conv->v.o_each, conv->depth); }
static int64_t sum_floats(const struct conv *conv) {
  return to_cache_line(product(conv->v.groups, group_floats(conv)));
}

/* Where tap k of a filter is in an image as it is read, from its first. */
static int64_t tap_offset(const struct conv *conv, int64_t k) {
  const struct window *v = &conv->v;
  return (k / v->kw * v->down.dilation * conv->pw + k % v->kw * v->across.dilation) * v->c;
}

struct workspace_size {
  int64_t results, images, panel, bases, all; /* floats */
};

static struct workspace_size workspace_size_of(const struct conv *conv, enum op op) {
  struct workspace_size size = {0};
  if (conv->winograd) {
    size.all = to_cache_line(winograd_scratch(op, &conv->v, conv->held));
    return size;
  }
  bool weights = op == OP_conv2d_weights;
  if (!conv->last) size.results = to_cache_line(product(product(conv->held, conv->positions), conv->v.o));
  if (conv->copied) size.images = to_cache_line(product(conv->held, conv->image));
  int64_t rest = conv->v.o_each % micro->width;
  bool whole = rest == 0 || rest == micro->width / 2; /* packed_panel */
  if (weights && !whole) size.panel = to_cache_line(larger(POSITIONS, conv->v.ow) * micro->width);
  if (weights) size.bases = to_cache_line(2 * conv->depth);
  int64_t parts[] = {size.results, size.images, size.panel, size.bases};
  for (int k = 0; k < 4; k++)
    if (__builtin_add_overflow(size.all, parts[k], &size.all)) size.all = INT64_MAX;
  return size;
}

static int64_t weight_parts(const struct conv *conv, int64_t n_samples) {
  return smaller(PARTS, divide_up(n_samples, conv->samples));
}

size_t conv_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                    int64_t rows, int threads) {
  struct window v = conv_window_of(op, attr, in, out);
  if (planes_fit(attr, &v)) return planes_scratch(op, &v, rows, threads);
  if (!in[0].rows && !in[1].rows) rows = 1;
  struct conv conv = conv_of(op, attr, v, rows);
  int64_t floats = product(workspace_size_of(&conv, op).all, larger(1, threads)), sums = 0;
  if (op == OP_conv2d_weights && threads) sums = product(weight_parts(&conv, rows), sum_floats(&conv));
  if (__builtin_add_overflow(floats, sums, &floats)) floats = INT64_MAX;
  return size_product((size_t)floats, sizeof(float));
}

struct workspace {
  float *results, *images, *panel;
  int64_t *bases;
};

static float *scratch_of(const struct call *call, const struct conv *conv, int worker) {
  return (float *)call->scratch + worker * workspace_size_of(conv, call->op).all;
}

static struct workspace workspace_of(const struct call *call, const struct conv *conv, int worker) {
  struct workspace_size size = workspace_size_of(conv, call->op);
  float *at = scratch_of(call, conv, worker);
  return (struct workspace){at, at + size.results, at + size.results + size.images,
                            (int64_t *)(void *)(at + size.results + size.images + size.panel)};
}

/* ---- what is made once a step: packed filters, then where each position of a chunk begins among its images */

/* Of one group. */
static int64_t packed_floats(const struct conv *conv, enum op op) {
  return op == OP_conv2d ? group_floats(conv) : panels_floats(conv->v.c_each, product(conv->taps, conv->v.o_each));
}

size_t conv_shared(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                   int64_t rows) {
  (void)rows;
  struct window v = conv_window_of(op, attr, in, out);
  if (planes_fit(attr, &v)) return 0;
  if (conv_winograd(attr)) return size_product((size_t)winograd_shared(op, &v), sizeof(float));
  struct conv conv = conv_of(op, attr, v, 1);
  size_t filters = size_product((size_t)product(v.groups, packed_floats(&conv, op)), sizeof(float));
  size_t table = size_product((size_t)product(conv.samples, conv.positions), sizeof(int64_t));
  return filters > SIZE_MAX - table ? SIZE_MAX : filters + table;
}

static int64_t *table_of(const struct call *call, const struct conv *conv, const void *shared) {
  return (int64_t *)(void *)((float *)shared + conv->v.groups * packed_floats(conv, call->op));
}

static void prepare(const struct call *call) {
  struct conv conv = conv_of_call(call);
  const struct window *v = &conv.v;
  if (planes_fit(call->attr, v)) return;
  if (conv.winograd) {
    winograd_prepare(call, v);
    return;
  }
  int64_t *table = table_of(call, &conv, call->out.data);
  for (int64_t s = 0; s < conv.samples; s++)
    for (int64_t y = 0; y < v->oh; y++)
      for (int64_t x = 0; x < v->ow; x++)
        *table++ = s * conv.image + (y * v->down.stride * conv.pw + x * v->across.stride) * v->c;
  struct packing packing = {.from = call->in[1].data, .to = call->out.data};
  bool forward = call->op == OP_conv2d;
  packing.columns = forward ? v->o_each : v->c_each;
  packing.column_step = forward ? conv.depth : conv.taps;
  packing.count[0] = forward ? v->c_each : v->o_each;
  packing.from_step[0] = forward ? conv.taps : conv.depth;
  packing.to_step[0] = 1;
  packing.count[1] = conv.taps;
  packing.from_step[1] = 1;
  packing.to_step[1] = packing.count[0];
  for (int64_t g = 0; g < v->groups; g++) {
    pack_panels(call, packing);
    packing.from += v->o_each * conv.depth;
    packing.to += packed_floats(&conv, call->op);
  }
}
void prepare_conv2d(const struct call *call) { prepare(call); }
void prepare_conv2d_input(const struct call *call) { prepare(call); }

/* ---- copies */

/* [c, n] to [n, c]. */
static void channels_last(float *to, const float *from, int64_t c, int64_t n) {
  for (int64_t at = 0; at < n; at++)
    for (int64_t k = 0; k < c; k++) to[at * c + k] = from[k * n + at];
}
static void channels_first(float *to, const float *from, int64_t c, int64_t n) {
  for (int64_t k = 0; k < c; k++)
    for (int64_t at = 0; at < n; at++) to[k * n + at] = from[at * c + k];
}

/* Images of `samples` rows of an operand as they are read. */
static const float *images_of(const struct conv *conv, const struct operand *operand, int64_t first, int64_t samples,
                              float *space) {
  const struct window *v = &conv->v;
  if (!conv->copied) return float_row(operand, first);
  memset(space, 0, (size_t)(samples * conv->image) * sizeof *space);
  for (int64_t s = 0; s < samples; s++) {
    const float *from = float_row(operand, first + s);
    float *to = space + s * conv->image + (v->down.pad * conv->pw + v->across.pad) * v->c;
    for (int64_t y = 0; y < v->h; y++, to += conv->pw * v->c) {
      if (conv->last) memcpy(to, from + y * v->w * v->c, (size_t)(v->w * v->c) * sizeof *to);
      else
        for (int64_t c = 0; c < v->c; c++)
          for (int64_t x = 0; x < v->w; x++) to[x * v->c + c] = from[(c * v->h + y) * v->w + x];
    }
  }
  return space;
}

/* The opposite: a padded image into the result. */
static void image_to(const struct conv *conv, float *to, const float *padded) {
  const struct window *v = &conv->v;
  const float *from = padded + (v->down.pad * conv->pw + v->across.pad) * v->c;
  for (int64_t y = 0; y < v->h; y++, from += conv->pw * v->c) {
    if (conv->last) memcpy(to + y * v->w * v->c, from, (size_t)(v->w * v->c) * sizeof *to);
    else
      for (int64_t c = 0; c < v->c; c++)
        for (int64_t x = 0; x < v->w; x++) to[(c * v->h + y) * v->w + x] = from[x * v->c + c];
  }
}

/* Results of `samples` rows, [positions, o]. */
static const float *results_of(const struct conv *conv, const struct operand *operand, int64_t first, int64_t samples,
                               float *space) {
  if (conv->last) return float_row(operand, first);
  for (int64_t s = 0; s < samples; s++)
    channels_last(space + s * conv->positions * conv->v.o, float_row(operand, first + s), conv->v.o, conv->positions);
  return space;
}

/* ---- conv2d */

static void forward_chunk(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct conv *conv = tiles->plan;
  const struct window *v = &conv->v;
  const struct call *call = tiles->call;
  struct workspace workspace = workspace_of(call, conv, worker);
  int64_t first = from * conv->samples, samples = smaller(to * conv->samples, result_samples(call)) - first;
  if (conv->winograd) {
    winograd_conv2d(call, v, first, first + samples, scratch_of(call, conv, worker));
    return;
  }
  int64_t all = samples * conv->positions, panels = v->groups * divide_up(v->o_each, micro->width);
  /* few filters stay in the nearest cache: then the result is written in one go */
  int64_t pass = panels * conv->depth * micro->width <= NEAR ? 4 * micro->rows : all;
  const int64_t *table = table_of(call, conv, call->shared);
  float *out = conv->last ? float_out(call, first) : workspace.results;
  const float *images = images_of(conv, &call->in[0], first, samples, workspace.images);
  struct product_rows block = {.count = {v->kh, v->kw, v->c_each},
                               .step = {conv->pw * v->c * v->down.dilation, v->c * v->across.dilation, 1},
                               .panel_step = micro->width,
                               .to_step = v->o};
  if (v->groups == 1 && v->across.dilation == 1) { /* a row of the filter meets numbers side by side */
    block.count[0] = 1;
    block.count[1] = v->kh, block.step[1] = block.step[0];
    block.count[2] = v->kw * v->c;
  }
  for (int64_t at = 0; at < all; at += pass)
    for (int64_t k = 0; k < panels; k++) {
      int64_t group = k / (panels / v->groups), o = k % (panels / v->groups) * micro->width;
      block.n = smaller(pass, all - at);
      block.in = images + group * v->c_each;
      block.base = table + at;
      block.panel = (const float *)call->shared + group * packed_floats(conv, call->op) + o * conv->depth;
      block.out = out + at * v->o + group * v->o_each + o;
      block.columns = smaller(micro->width, v->o_each - o);
      micro->product(&block);
    }
  for (int64_t s = 0; s < samples && !conv->last; s++)
    channels_first(float_out(call, first + s), out + s * conv->positions * v->o, v->o, conv->positions);
}

void fast_conv2d(const struct call *call) {
  struct conv conv = conv_of_call(call);
  if (planes_fit(call->attr, &conv.v)) planes_conv2d(call);
  else run_tiles(&(struct tiles){call, &conv, divide_up(result_samples(call), conv.samples), 1, forward_chunk});
}

/* ---- conv2d_input */

static void input_chunk(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct conv *conv = tiles->plan;
  const struct window *v = &conv->v;
  const struct call *call = tiles->call;
  struct workspace workspace = workspace_of(call, conv, worker);
  int64_t first = from * conv->samples, samples = smaller(to * conv->samples, result_samples(call)) - first;
  if (conv->winograd) {
    winograd_conv2d_input(call, v, first, first + samples, scratch_of(call, conv, worker));
    return;
  }
  float *image = conv->copied ? workspace.images : float_out(call, first);
  memset(image, 0, (size_t)(samples * conv->image) * sizeof *image);
  const float *results = results_of(conv, &call->in[0], first, samples, workspace.results);
  struct product_rows block = {.n = samples * conv->positions,
                               .base_step = v->o,
                               .count = {1, 1, v->o_each},
                               .step = {0, 0, 1},
                               .panel_step = micro->width,
                               .to = table_of(call, conv, call->shared),
                               .add = true};
  int64_t panels = v->groups * divide_up(v->c_each, micro->width);
  for (int64_t k = 0; k < panels; k++) {
    int64_t group = k / (panels / v->groups), c = k % (panels / v->groups) * micro->width;
    const float *panel = (const float *)call->shared + group * packed_floats(conv, call->op) +
                         c * conv->taps * v->o_each;
    for (int64_t tap = 0; tap < conv->taps; tap++) {
      block.in = results + group * v->o_each;
      block.panel = panel + tap * micro->width * v->o_each;
      block.out = image + tap_offset(conv, tap) + group * v->c_each + c;
      block.columns = smaller(micro->width, v->c_each - c);
      micro->product(&block);
    }
  }
  for (int64_t s = 0; s < samples && conv->copied; s++)
    image_to(conv, float_out(call, first + s), image + s * conv->image);
}

void fast_conv2d_input(const struct call *call) {
  struct conv conv = conv_of_call(call);
  if (planes_fit(call->attr, &conv.v)) planes_conv2d_input(call);
  else run_tiles(&(struct tiles){call, &conv, divide_up(result_samples(call), conv.samples), 1, input_chunk});
}

/* ---- conv2d_weights */

/* Adds rows [y, y + n) of the results of a chunk to the panels of a sum; `add`: there is something in them. */
static void add_positions(const struct conv *conv, const float *images, const float *results, int64_t samples,
                          int64_t y, int64_t n, const struct workspace *workspace, float *sum, bool add) {
  const struct window *v = &conv->v;
  int64_t positions = samples * n * v->ow, panels = v->groups * divide_up(v->o_each, micro->width);
  struct product_rows block = {.n = conv->depth,
                               .base = workspace->bases,
                               .count = {samples, n, v->ow},
                               .step = {conv->image, v->down.stride * conv->pw * v->c, v->across.stride * v->c},
                               .to_step = micro->width,
                               .add = add};
  for (int64_t k = 0; k < panels; k++) {
    int64_t group = k / (panels / v->groups), o = k % (panels / v->groups) * micro->width;
    block.in = images + y * v->down.stride * conv->pw * v->c + group * v->c_each;
    block.columns = smaller(micro->width, v->o_each - o);
    block.panel = packed_panel(results + y * v->ow * v->o + group * v->o_each + o, positions, v->o, block.columns,
                               workspace->panel, &block.panel_step);
    block.out = sum + group * group_floats(conv) + o * conv->depth;
    micro->product(&block);
  }
}

/* Samples `sample` .. end of the call into the panels of a sum. */
static void sum_samples(const struct call *call, const struct conv *conv, int64_t sample, int64_t end, float *sum,
                        bool add, int worker) {
  const struct window *v = &conv->v;
  struct workspace workspace = workspace_of(call, conv, worker);
  if (conv->winograd && !add) memset(sum, 0, (size_t)sum_floats(conv) * sizeof *sum);
  for (; conv->winograd && sample < end; sample += conv->samples)
    winograd_conv2d_weights(call, v, sample, smaller(end, sample + conv->samples), sum, scratch_of(call, conv, worker));
  int64_t band = larger(1, POSITIONS / v->ow);
  for (int64_t k = 0; k < conv->depth; k++) workspace.bases[k] = tap_offset(conv, k / v->c_each) + k % v->c_each;
  while (sample < end) {
    int64_t samples = smaller(conv->samples, end - sample);
    const float *images = images_of(conv, &call->in[0], sample, samples, workspace.images);
    const float *results = results_of(conv, &call->in[1], sample, samples, workspace.results);
    /* a chunk of several samples is at most a band */
    for (int64_t y = 0; y < v->oh; y += band, add = true)
      add_positions(conv, images, results, samples, y, smaller(band, v->oh - y), &workspace, sum, add);
    sample += samples;
  }
}

struct sums {
  const struct conv *conv;
  float *first;
  int64_t parts, step; /* floats from one to the next */
};

static void weights_part(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct sums *sums = tiles->plan;
  const struct call *call = tiles->call;
  int64_t n_samples = input_samples(call), samples = sums->conv->samples, chunks = divide_up(n_samples, samples);
  for (int64_t part = from; part < to; part++)
    sum_samples(call, sums->conv, part * chunks / sums->parts * samples,
                smaller(n_samples, (part + 1) * chunks / sums->parts * samples), sums->first + part * sums->step, false,
                worker);
}

void fast_conv2d_weights(const struct call *call) {
  struct conv conv = conv_of_call(call);
  int64_t n_samples = input_samples(call);
  if (planes_fit(call->attr, &conv.v)) planes_conv2d_weights(call);
  else if (call->part) sum_samples(call, &conv, 0, n_samples, call->out.data, call->add, 0);
  else {
    struct sums sums = {&conv,
                        (float *)call->scratch + pool_threads(call->pool) * workspace_size_of(&conv, call->op).all,
                        weight_parts(&conv, n_samples), sum_floats(&conv)};
    run_tiles(&(struct tiles){call, &sums, sums.parts, 1, weights_part});
    kernel_finish(call, sums.first, (int)sums.parts);
  }
}

size_t conv_partial(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out) {
  struct window v = conv_window_of(op, attr, in, out);
  if (planes_fit(attr, &v)) return 0;
  struct conv conv = conv_of(op, attr, v, 1);
  return size_product((size_t)sum_floats(&conv), sizeof(float));
}

/* Channels from .. to, at most CHANNELS, of the filters of all panels. */
static void finish_channels(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct sums *sums = tiles->plan;
  const struct conv *conv = sums->conv;
  const struct window *v = &conv->v;
  const int64_t width = micro->width;
  float total[SUMMED];
  int64_t panels = v->groups * divide_up(v->o_each, width);
  for (int64_t k = 0; k < panels; k++) {
    int64_t group = k / (panels / v->groups), o = k % (panels / v->groups) * width;
    const float *panel = sums->first + group * group_floats(conv) + o * conv->depth;
    for (int64_t tap = 0; tap < conv->taps; tap++) {
      float *out = (float *)tiles->call->out.data + (group * v->o_each + o) * conv->depth + tap;
      micro->sums.add_parts(panel + (tap * v->c_each + from) * width, sums->parts, sums->step, (to - from) * width,
                            total);
      for (int64_t c = from; c < to; c++)
        for (int64_t j = 0; j < smaller(width, v->o_each - o); j++)
          out[j * conv->depth + c * conv->taps] = total[(c - from) * width + j];
    }
  }
}

bool conv_finish(const struct call *call, const void *partial, int parts) {
  struct conv conv = conv_of_call(call);
  if (planes_fit(call->attr, &conv.v)) return false;
  struct sums sums = {&conv, (float *)partial, parts, sum_floats(&conv)};
  run_tiles(&(struct tiles){call, &sums, conv.v.c_each, CHANNELS, finish_channels});
  return true;
}
