/* Moving and repeating elements, fast.  All but the transpose copy contiguous runs: an axis splits a row into
 * (outer, axis, inner), and the axis with what is inside of it is one run. */
#include <string.h>

#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include "kern/inner.h"

static const char *sample_of(const struct operand *operand, int64_t sample) {
  return (const char *)operand->data +
         (operand->type.rows ? (size_t)(sample * operand_count(operand)) * dtype_size(operand->type.type) : 0);
}
static char *out_sample(const struct call *call, int64_t sample) {
  return (char *)call->out.data + (size_t)(sample * operand_count(&call->out)) * dtype_size(call->out.type.type);
}

/* Elements of the axes before `axis`, and of those after it. */
static int64_t outer_of(struct shape shape, int64_t axis) {
  int64_t n = 1;
  for (int k = 0; k < axis; k++) n *= shape.dim[k];
  return n;
}
static int64_t inner_of(struct shape shape, int64_t axis) {
  int64_t n = 1;
  for (int k = (int)axis + 1; k < shape.rank; k++) n *= shape.dim[k];
  return n;
}

static void run_samples(const struct call *call, void (*work)(const struct tiles *, int64_t, int64_t, int)) {
  run_tiles(&(struct tiles){call, NULL, result_samples(call), samples_a_tile(operand_count(&call->out)), work});
}

/* ---- one axis cut, widened, joined */

static void slice_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t axis = call->attr->i[0], outer = outer_of(call->out.type.shape, axis);
  size_t unit = (size_t)inner_of(call->out.type.shape, axis) * dtype_size(call->out.type.type);
  size_t whole = (size_t)call->in[0].type.shape.dim[axis] * unit, kept = (size_t)call->out.type.shape.dim[axis] * unit;
  for (int64_t sample = from; sample < to; sample++)
    for (int64_t i = 0; i < outer; i++)
      memcpy(out_sample(call, sample) + (size_t)i * kept,
             sample_of(&call->in[0], sample) + (size_t)i * whole + (size_t)call->attr->i[1] * unit, kept);
}

void fast_slice(const struct call *call) { run_samples(call, slice_samples); }

static void pad_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t axis = call->attr->i[0], outer = outer_of(call->out.type.shape, axis);
  size_t unit = (size_t)inner_of(call->out.type.shape, axis) * dtype_size(call->out.type.type);
  size_t own = (size_t)call->in[0].type.shape.dim[axis] * unit, whole = (size_t)call->out.type.shape.dim[axis] * unit;
  size_t before = (size_t)call->attr->i[1] * unit;
  for (int64_t sample = from; sample < to; sample++)
    for (int64_t i = 0; i < outer; i++) {
      char *out = out_sample(call, sample) + (size_t)i * whole;
      memset(out, 0, before);
      memcpy(out + before, sample_of(&call->in[0], sample) + (size_t)i * own, own);
      memset(out + before + own, 0, whole - before - own);
    }
}

void fast_pad(const struct call *call) { run_samples(call, pad_samples); }

static void concat_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t axis = call->attr->i[0], outer = outer_of(call->out.type.shape, axis);
  size_t unit = (size_t)inner_of(call->out.type.shape, axis) * dtype_size(call->out.type.type);
  size_t first = (size_t)call->in[0].type.shape.dim[axis] * unit;
  size_t second = (size_t)call->in[1].type.shape.dim[axis] * unit;
  for (int64_t sample = from; sample < to; sample++)
    for (int64_t i = 0; i < outer; i++) {
      char *out = out_sample(call, sample) + (size_t)i * (first + second);
      memcpy(out, sample_of(&call->in[0], sample) + (size_t)i * first, first);
      memcpy(out + first, sample_of(&call->in[1], sample) + (size_t)i * second, second);
    }
}

void fast_concat(const struct call *call) { run_samples(call, concat_samples); }

/* ---- repeating */

static void to_rows_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  size_t bytes = (size_t)operand_count(&call->out) * dtype_size(call->out.type.type);
  for (int64_t sample = from; sample < to; sample++)
    memcpy(out_sample(call, sample), sample_of(&call->in[0], sample), bytes);
}

void fast_to_rows(const struct call *call) { run_samples(call, to_rows_samples); }

static void fill_number(float *to, float value, size_t n) {
  enum { LANES = 8 };
  float lane[LANES];
  for (int k = 0; k < LANES; k++) lane[k] = value;
  for (; n >= LANES; n -= LANES, to += LANES) memcpy(to, lane, sizeof lane);
  memcpy(to, lane, n * sizeof value);
}

/* Writes the runs from `run` inwards, repeating over those that are new; returns where the input has got to. */
static const char *spread_runs(const struct runs *runs, int run, size_t element, const char *in, char **out) {
  if (run == runs->n) {
    memcpy(*out, in, element);
    *out += element;
    return in + element;
  }
  bool last = run == runs->n - 1;
  size_t n = (size_t)runs->size[run];
  if (last && !runs->in_set[run]) {
    memcpy(*out, in, n * element);
    *out += n * element;
    return in + n * element;
  }
  if (!runs->in_set[run]) {
    for (size_t i = 0; i < n; i++) in = spread_runs(runs, run + 1, element, in, out);
    return in;
  }
  if (last && element == sizeof(float)) { /* one number, n times */
    float value;
    memcpy(&value, in, sizeof value);
    fill_number((float *)*out, value, n);
    *out += n * element;
    return in + element;
  }
  char *first = *out;
  in = spread_runs(runs, run + 1, element, in, out);
  size_t have = (size_t)(*out - first), all = n * have;
  for (size_t more; have < all; have += more) { /* twice as much every time */
    more = have < all - have ? have : all - have;
    memcpy(first + have, first, more);
  }
  *out = first + all;
  return in;
}

static void spread_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  for (int64_t sample = from; sample < to; sample++) {
    char *out = out_sample(tiles->call, sample);
    spread_runs(tiles->plan, 0, dtype_size(tiles->call->out.type.type), sample_of(&tiles->call->in[0], sample), &out);
  }
}

void fast_spread(const struct call *call) {
  struct runs runs = merge_axes(call->out.type.shape, call->attr->i[0]);
  run_tiles(
      &(struct tiles){call, &runs, result_samples(call), samples_a_tile(operand_count(&call->out)), spread_samples});
}

/* ---- transposing */

struct turn {
  int rank;
  int64_t size[MAX_RANK], step[MAX_RANK]; /* of the result's axes; the step is the input's */
};

/* The two innermost axes are walked in squares, so that neither side runs through memory in long strides. */
enum { SQUARE = 16 };

static void turn_piece(const float *in, int64_t down, int64_t across, int64_t n, int64_t m, float *out, int64_t step) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < m; j++) out[i * step + j] = in[i * down + j * across];
}

/* A matrix turned over, four by four: element (i, j) of the result is at i + j * across. */
static void turn_square(const float *in, int64_t across, int64_t n, int64_t m, float *out, int64_t step) {
  int64_t i = 0;
#ifdef __SSE__
  for (; i + 4 <= n; i += 4) {
    int64_t j = 0;
    for (; j + 4 <= m; j += 4) {
      const float *from = in + i + j * across;
      float *to = out + i * step + j;
      __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + across), c = _mm_loadu_ps(from + 2 * across),
             d = _mm_loadu_ps(from + 3 * across);
      _MM_TRANSPOSE4_PS(a, b, c, d);
      _mm_storeu_ps(to, a);
      _mm_storeu_ps(to + step, b);
      _mm_storeu_ps(to + 2 * step, c);
      _mm_storeu_ps(to + 3 * step, d);
    }
    turn_piece(in + i + j * across, 1, across, 4, m - j, out + i * step + j, step);
  }
#endif
  turn_piece(in + i, 1, across, n - i, m, out + i * step, step);
}

static void turn_plane(const struct turn *turn, const float *in, float *out) {
  int64_t n = turn->size[turn->rank - 2], m = turn->size[turn->rank - 1];
  int64_t down = turn->step[turn->rank - 2], across = turn->step[turn->rank - 1];
  if (across == 1) { /* the last axis stays the last */
    for (int64_t i = 0; i < n; i++) memcpy(out + i * m, in + i * down, (size_t)m * sizeof *out);
    return;
  }
  for (int64_t i = 0; i < n; i += SQUARE)
    for (int64_t j = 0; j < m; j += SQUARE) {
      const float *from = in + i * down + j * across;
      int64_t high = smaller(SQUARE, n - i), wide = smaller(SQUARE, m - j);
      if (down == 1) turn_square(from, across, high, wide, out + i * m + j, m);
      else turn_piece(from, down, across, high, wide, out + i * m + j, m);
    }
}

static void transpose_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct turn *turn = tiles->plan;
  const struct call *call = tiles->call;
  int64_t plane = turn->size[turn->rank - 2] * turn->size[turn->rank - 1], planes = operand_count(&call->out) / plane;
  for (int64_t at = from; at < to; at++) {
    int64_t rest = at % planes, skip = 0;
    for (int k = turn->rank - 3; k >= 0; k--) {
      skip += rest % turn->size[k] * turn->step[k];
      rest /= turn->size[k];
    }
    turn_plane(turn, float_row(&call->in[0], at / planes) + skip, float_out(call, at / planes) + at % planes * plane);
  }
}

/* Axes that stay neighbours are one: [c, h, w] to [h, w, c] turns a matrix over. */
static struct turn turn_of(struct shape in, const int64_t *order) {
  struct turn turn = {.rank = 0};
  for (int k = 0; k < in.rank; k++) {
    if (!k || order[k] != order[k - 1] + 1) turn.size[turn.rank++] = 1;
    turn.size[turn.rank - 1] *= in.dim[order[k]];
    turn.step[turn.rank - 1] = inner_of(in, order[k]);
  }
  if (turn.rank >= 2) return turn;
  return (struct turn){2, {1, turn.size[0]}, {0, turn.step[0]}}; /* a vector is a matrix of one row */
}

void fast_transpose(const struct call *call) {
  struct turn turn = turn_of(call->in[0].type.shape, call->attr->i);
  int64_t plane = turn.size[turn.rank - 2] * turn.size[turn.rank - 1];
  run_tiles(&(struct tiles){call, &turn, result_samples(call) * (operand_count(&call->out) / plane),
                            samples_a_tile(plane), transpose_samples});
}
