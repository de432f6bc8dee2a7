/* Convolutions as matrix products.  With the patches of the input laid out as columns, C[c kh kw, positions],
 *
 *   conv2d          Y[o, positions]  = W[o, c kh kw]  C
 *   conv2d_input    C                = W' G[o, positions],   and every column is added back to where its patch lay
 *   conv2d_weights  W[o, c kh kw]    = G C',                 summed over samples
 *
 * The columns of a whole batch would not fit in a cache, so they are made and used a piece at a time: a few whole
 * samples, so that the product is wide enough to run at full speed, or a band of one large sample's lines.  Pieces
 * depend on the sizes alone.  conv2d_weights adds the pieces of each of at most PARTS runs of samples in order,
 * and then the runs' sums in order. */
#include <cblas.h>
#include <string.h>

#include "kern/inner.h"

enum { WIDE = 176, COLUMNS = 1 << 18, PARTS = 12 };

struct conv {
  struct window v;
  int64_t depth;     /* c kh kw */
  int64_t positions; /* oh ow */
  int64_t samples;   /* whole samples in a piece */
  int64_t band;      /* lines of the result in a piece: oh unless samples is 1 */
  int64_t bands;     /* pieces a sample is cut into */
};

struct piece {
  int64_t first, samples; /* lines of the call */
  int64_t top, bottom;    /* lines of the result image */
  int64_t width;          /* columns */
};

struct window conv_window_of(enum op op, const struct attr *attr, const struct value_type *in,
                             const struct value_type *out) {
  const struct shape *image = op == OP_conv2d_input ? &out->shape : &in[0].shape;
  const struct shape *result = op == OP_conv2d ? &out->shape : op == OP_conv2d_input ? &in[0].shape : &in[1].shape;
  const struct shape *filter = op == OP_conv2d_weights ? &out->shape : &in[1].shape;
  int c = attr->i[4] ? 2 : 0, h = attr->i[4] ? 0 : 1, w = h + 1; /* the axes of images */
  return (struct window){.c = image->dim[c], .h = image->dim[h], .w = image->dim[w],
                         .o = result->dim[c], .oh = result->dim[h], .ow = result->dim[w],
                         .kh = filter->dim[2], .kw = filter->dim[3], .stride = attr->i[0], .pad = attr->i[1]};
}

struct window conv_window(const struct call *call) {
  struct value_type in[] = {call->in[0].type, call->in[1].type};
  return conv_window_of(call->op, call->attr, in, &call->out.type);
}

static struct conv conv_of(struct window v) {
  struct conv conv = {.v = v, .depth = v.c * v.kh * v.kw, .positions = v.oh * v.ow, .samples = 1, .band = v.oh};
  int64_t fit = COLUMNS / larger(1, product(conv.depth, conv.positions));
  if (fit) conv.samples = larger(1, smaller(fit, divide_up(WIDE, conv.positions)));
  else conv.band = larger(1, COLUMNS / larger(1, product(conv.depth, v.ow)));
  conv.bands = divide_up(v.oh, conv.band);
  conv.band = divide_up(v.oh, conv.bands);
  conv.bands = divide_up(v.oh, conv.band);
  return conv;
}

static struct piece piece_of(const struct conv *conv, int64_t lines, int64_t group, int64_t band) {
  struct piece piece = {.first = group * conv->samples, .top = band * conv->band};
  piece.samples = smaller(conv->samples, lines - piece.first);
  piece.bottom = smaller(conv->v.oh, piece.top + conv->band);
  piece.width = piece.samples * (piece.bottom - piece.top) * conv->v.ow;
  return piece;
}

/* Floats of scratch a worker needs: columns, and the samples' results side by side. */
static size_t worker_floats(const struct conv *conv) {
  int64_t width = conv->samples * conv->band * conv->v.ow;
  int64_t floats = product(conv->depth + (conv->samples > 1 ? conv->v.o : 0), width);
  return (size_t)smaller(floats, INT64_MAX - 15) / 16 * 16 + 16;
}

static int64_t weight_parts(const struct conv *conv, int64_t lines) {
  return smaller(PARTS, divide_up(lines, conv->samples));
}

size_t conv_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                    int64_t rows, int threads) {
  struct conv conv = conv_of(conv_window_of(op, attr, in, out));
  size_t floats = size_product(worker_floats(&conv), (size_t)threads);
  if (op == OP_conv2d_weights) {
    size_t partial = size_product((size_t)weight_parts(&conv, rows), (size_t)product(conv.v.o, conv.depth));
    floats = floats > SIZE_MAX - partial ? SIZE_MAX : floats + partial;
  }
  return size_product(floats, sizeof(float));
}

static float *worker_columns(const struct tiles *tiles, int worker, size_t skip) {
  const struct conv *conv = tiles->plan;
  return (float *)tiles->call->scratch + skip + (size_t)worker * worker_floats(conv);
}

/* ---- patches to columns and back */

/* The part of 0 .. n - 1 whose place i * stride + offset lies in 0 .. size - 1. */
struct range {
  int64_t from, to;
};
static struct range inside(int64_t n, int64_t stride, int64_t offset, int64_t size) {
  int64_t from = offset >= 0 ? 0 : divide_up(-offset, stride);
  int64_t to = offset >= size ? 0 : divide_up(size - offset, stride);
  to = smaller(n, to);
  return (struct range){smaller(from, to), to};
}

/* Image lines are short: copying by a call for each would cost more than the product that follows. */
static void copy_lines(float *restrict to, int64_t to_step, const float *restrict from, int64_t from_step,
                       int64_t lines, int64_t n) {
  if (n == 4)
    for (int64_t y = 0; y < lines; y++) memcpy(to + y * to_step, from + y * from_step, 4 * sizeof *to);
  else if (n > 4 && n < 8)
    for (int64_t y = 0; y < lines; y++) { /* two that overlap */
      memcpy(to + y * to_step, from + y * from_step, 4 * sizeof *to);
      memcpy(to + y * to_step + n - 4, from + y * from_step + n - 4, 4 * sizeof *to);
    }
  else if (n >= 8 && n <= 16)
    for (int64_t y = 0; y < lines; y++) {
      memcpy(to + y * to_step, from + y * from_step, 8 * sizeof *to);
      memcpy(to + y * to_step + n - 8, from + y * from_step + n - 8, 8 * sizeof *to);
    }
  else
    for (int64_t y = 0; y < lines; y++) memcpy(to + y * to_step, from + y * from_step, (size_t)n * sizeof *to);
}

static void add_lines(float *restrict to, int64_t to_step, const float *restrict from, int64_t from_step,
                      int64_t lines, int64_t n) {
  for (int64_t y = 0; y < lines; y++) {
    float *restrict t = to + y * to_step;
    const float *restrict f = from + y * from_step;
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
      for (int64_t k = 0; k < 4; k++) t[i + k] += f[i + k];
    for (; i < n; i++) t[i] += f[i];
  }
}

static void zero(float *to, int64_t n) { memset(to, 0, (size_t)n * sizeof *to); }

/* What one place (ki, kj) of the filter meets: a rectangle of a channel, of which every stride-th element is taken,
 * and where it lies among the piece's lines of one sample. */
struct meeting {
  int64_t lines, n;   /* the rectangle; 0 lines where the place only meets padding */
  int64_t image, row; /* offsets of its first element */
  bool whole;         /* no padding anywhere */
};

static struct meeting meeting_of(const struct window *v, struct piece piece, int64_t k) {
  int64_t down = piece.top * v->stride + k / v->kw - v->pad, across = k % v->kw - v->pad;
  struct range y = inside(piece.bottom - piece.top, v->stride, down, v->h),
               x = inside(v->ow, v->stride, across, v->w);
  bool none = y.from == y.to || x.from == x.to;
  return (struct meeting){.lines = none ? 0 : y.to - y.from, .n = x.to - x.from,
                          .image = (y.from * v->stride + down) * v->w + x.from * v->stride + across,
                          .row = y.from * v->ow + x.from,
                          .whole = y.to - y.from == piece.bottom - piece.top && x.to - x.from == v->ow};
}

static void take(const struct window *v, const struct meeting *m, const float *channel, float *row) {
  const float *from = channel + m->image;
  float *to = row + m->row;
  if (v->stride == 1) copy_lines(to, v->ow, from, v->w, m->lines, m->n);
  else
    for (int64_t y = 0; y < m->lines; y++)
      for (int64_t i = 0; i < m->n; i++) to[y * v->ow + i] = from[y * v->stride * v->w + i * v->stride];
}

static void give_back(const struct window *v, const struct meeting *m, float *channel, const float *row) {
  float *to = channel + m->image;
  const float *from = row + m->row;
  if (v->stride == 1) add_lines(to, v->w, from, v->ow, m->lines, m->n);
  else
    for (int64_t y = 0; y < m->lines; y++)
      for (int64_t i = 0; i < m->n; i++) to[y * v->stride * v->w + i * v->stride] += from[y * v->ow + i];
}

static void columns_from(const struct conv *conv, const struct operand *image, struct piece piece, float *columns) {
  const struct window *v = &conv->v;
  int64_t places = v->kh * v->kw, each = (piece.bottom - piece.top) * v->ow;
  for (int64_t k = 0; k < places; k++) {
    struct meeting m = meeting_of(v, piece, k);
    for (int64_t s = 0; s < piece.samples; s++) {
      const float *sample = float_row(image, piece.first + s);
      float *to = columns + k * piece.width + s * each;
      for (int64_t c = 0; c < v->c; c++) {
        if (!m.whole) zero(to + c * places * piece.width, each);
        if (m.lines) take(v, &m, sample + c * v->h * v->w, to + c * places * piece.width);
      }
    }
  }
}

static void columns_to(const struct conv *conv, const struct call *call, struct piece piece, const float *columns) {
  const struct window *v = &conv->v;
  int64_t places = v->kh * v->kw, each = (piece.bottom - piece.top) * v->ow;
  for (int64_t k = 0; k < places; k++) {
    struct meeting m = meeting_of(v, piece, k);
    if (!m.lines) continue;
    for (int64_t s = 0; s < piece.samples; s++) {
      float *sample = float_out(call, piece.first + s);
      const float *from = columns + k * piece.width + s * each;
      for (int64_t c = 0; c < v->c; c++)
        give_back(v, &m, sample + c * v->h * v->w, from + c * places * piece.width);
    }
  }
}

/* The results [o, positions] of a piece as one matrix: where they are, or copied side by side. */
struct matrix {
  const float *at;
  int64_t step;
};
static struct matrix results_of(const struct conv *conv, const struct operand *results, struct piece piece,
                                float *side) {
  if (conv->samples == 1)
    return (struct matrix){float_row(results, piece.first) + piece.top * conv->v.ow, conv->positions};
  for (int64_t s = 0; s < piece.samples; s++)
    copy_lines(side + s * conv->positions, piece.width, float_row(results, piece.first + s), conv->positions,
               conv->v.o, conv->positions);
  return (struct matrix){side, piece.width};
}

/* ---- the three kernels */

static void forward_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct conv *conv = tiles->plan;
  const struct call *call = tiles->call;
  float *columns = worker_columns(tiles, worker, 0);
  for (int64_t at = from; at < to; at++) {
    struct piece piece = piece_of(conv, result_lines(call), at / conv->bands, at % conv->bands);
    bool alone = conv->samples == 1;
    float *side = columns + conv->depth * piece.width;
    columns_from(conv, &call->in[0], piece, columns);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)conv->v.o, (blasint)piece.width,
                (blasint)conv->depth, 1, call->in[1].data, (blasint)conv->depth, columns, (blasint)piece.width, 0,
                alone ? float_out(call, piece.first) + piece.top * conv->v.ow : side,
                (blasint)(alone ? conv->positions : piece.width));
    for (int64_t s = 0; !alone && s < piece.samples; s++)
      copy_lines(float_out(call, piece.first + s), conv->positions, side + s * conv->positions, piece.width,
                 conv->v.o, conv->positions);
  }
}

void fast_conv2d(const struct call *call) {
  if (call->attr->i[4]) {
    conv_plain(call);
    return;
  }
  struct conv conv = conv_of(conv_window(call));
  run_tiles(
      &(struct tiles){call, &conv, divide_up(result_lines(call), conv.samples) * conv.bands, 1, forward_tile});
}

static void input_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct conv *conv = tiles->plan;
  const struct call *call = tiles->call;
  float *columns = worker_columns(tiles, worker, 0);
  for (int64_t at = from; at < to; at++)
    for (int64_t band = 0; band < conv->bands; band++) { /* bands overlap in the result: one after the other */
      struct piece piece = piece_of(conv, result_lines(call), at, band);
      if (!band) zero(float_out(call, piece.first), piece.samples * operand_count(&call->out));
      struct matrix g = results_of(conv, &call->in[0], piece, columns + conv->depth * piece.width);
      cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)conv->depth, (blasint)piece.width,
                  (blasint)conv->v.o, 1, call->in[1].data, (blasint)conv->depth, g.at, (blasint)g.step, 0, columns,
                  (blasint)piece.width);
      columns_to(conv, call, piece, columns);
    }
}

void fast_conv2d_input(const struct call *call) {
  if (call->attr->i[4]) {
    conv_plain(call);
    return;
  }
  struct conv conv = conv_of(conv_window(call));
  run_tiles(&(struct tiles){call, &conv, divide_up(result_lines(call), conv.samples), 1, input_tile});
}

static void weights_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct conv *conv = tiles->plan;
  const struct call *call = tiles->call;
  int64_t lines = input_lines(call), parts = tiles->n, pieces = divide_up(lines, conv->samples) * conv->bands;
  size_t count = (size_t)(conv->v.o * conv->depth);
  float *columns = worker_columns(tiles, worker, (size_t)parts * count);
  for (int64_t part = from; part < to; part++) {
    float *sum = (float *)call->scratch + (size_t)part * count;
    int64_t begin = part * pieces / parts, end = (part + 1) * pieces / parts;
    for (int64_t at = begin; at < end; at++) {
      struct piece piece = piece_of(conv, lines, at / conv->bands, at % conv->bands);
      struct matrix g = results_of(conv, &call->in[1], piece, columns + conv->depth * piece.width);
      columns_from(conv, &call->in[0], piece, columns);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)conv->v.o, (blasint)conv->depth,
                  (blasint)piece.width, 1, g.at, (blasint)g.step, columns, (blasint)piece.width, at > begin, sum,
                  (blasint)conv->depth);
    }
  }
}

struct partial_sums {
  const float *partial;
  int64_t parts;
};

static void add_parts(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct partial_sums *sums = tiles->plan;
  float *out = tiles->call->out.data;
  memcpy(out + from, sums->partial + from, (size_t)(to - from) * sizeof *out);
  for (int64_t part = 1; part < sums->parts; part++)
    add_lines(out + from, 0, sums->partial + part * tiles->n + from, 0, 1, to - from);
}

void fast_conv2d_weights(const struct call *call) {
  if (call->attr->i[4]) {
    conv_plain(call);
    return;
  }
  struct conv conv = conv_of(conv_window(call));
  struct partial_sums sums = {call->scratch, weight_parts(&conv, input_lines(call))};
  run_tiles(&(struct tiles){call, &conv, sums.parts, 1, weights_tile});
  run_tiles(&(struct tiles){call, &sums, operand_count(&call->out), 8192, add_parts});
}
