/* What is taken by indices and put back, and what goes along an axis, fast.  Sums have double accumulators. */
#include <math.h>
#include <string.h>

#include "kern/inner.h"

static int64_t last_axis(const struct operand *operand) {
  return operand->type.shape.dim[operand->type.shape.rank - 1];
}

/* ---- rows of a table ---- */

static int64_t index_of(const struct operand *index, int64_t sample, int64_t at, int64_t n) {
  int64_t first = index->type.rows ? sample * operand_count(index) : 0;
  return index_below(operand_get(index, first + at, false), n);
}

static void gather_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = call->in[0].type.shape.dim[0], each = operand_count(&call->in[0]) / n;
  for (int64_t sample = from; sample < to; sample++)
    for (int64_t at = 0; at < operand_count(&call->in[1]); at++) {
      int64_t index = index_of(&call->in[1], sample, at, n);
      float *out = float_out(call, sample) + at * each;
      if (index >= 0) memcpy(out, (const float *)call->in[0].data + index * each, (size_t)each * sizeof *out);
      for (int64_t k = 0; index < 0 && k < each; k++) out[k] = NAN;
    }
}

void fast_gather(const struct call *call) {
  run_tiles(
      &(struct tiles){call, NULL, result_samples(call), samples_a_tile(operand_count(&call->out)), gather_samples});
}

/* Columns from .. to of the table: each element's sum is in the order of rows, whoever adds it. */
static void scatter_columns(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = call->out.type.shape.dim[0], each = tiles->n;
  float *out = call->out.data;
  for (int64_t i = 0; i < n; i++) memset(out + i * each + from, 0, (size_t)(to - from) * sizeof *out);
  for (int64_t sample = 0; sample < input_samples(call); sample++)
    for (int64_t at = 0; at < operand_count(&call->in[1]); at++) {
      int64_t index = index_of(&call->in[1], sample, at, n);
      const float *x = float_row(&call->in[0], sample) + at * each;
      for (int64_t k = from; index >= 0 && k < to; k++) out[index * each + k] += x[k];
    }
}

void fast_scatter(const struct call *call) {
  enum { COLUMNS = 64 };
  int64_t each = operand_count(&call->out) / call->out.type.shape.dim[0];
  run_tiles(&(struct tiles){call, NULL, each, COLUMNS, scatter_columns});
}

/* ---- along the last axis ---- */

struct ranked {
  float value;
  int index;
};

/* NaN comes last. */
static bool before(const struct ranked *a, const struct ranked *b) {
  return a->value < b->value || (b->value != b->value && a->value == a->value);
}

/* Two sorted runs become one; of equal elements those of the first run come first. */
static void merge(const struct ranked *a, int64_t in_a, const struct ranked *b, int64_t in_b, struct ranked *out) {
  while (in_a && in_b) {
    if (before(b, a)) *out++ = *b++, in_b--;
    else *out++ = *a++, in_a--;
  }
  memcpy(out, in_a ? a : b, (size_t)(in_a + in_b) * sizeof *out);
}

/* Runs of 1, 2, 4 and so on are merged from one half of 2 n elements to the other; returns where the result is. */
static struct ranked *sort(struct ranked *from, int64_t n) {
  struct ranked *to = from + n;
  for (int64_t run = 1; run < n; run *= 2) {
    for (int64_t at = 0; at < n; at += 2 * run) {
      int64_t middle = smaller(at + run, n), end = smaller(at + 2 * run, n);
      merge(from + at, middle - at, from + middle, end - middle, to + at);
    }
    struct ranked *kept = from;
    from = to, to = kept;
  }
  return from;
}

size_t order_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                     int64_t rows, int threads) {
  (void)op, (void)attr, (void)in, (void)rows;
  size_t n = (size_t)out->shape.dim[out->shape.rank - 1];
  return size_product(size_product(n, 2 * sizeof(struct ranked)), (size_t)threads);
}

static void order_lines(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct call *call = tiles->call;
  int64_t n = last_axis(&call->out);
  struct ranked *space = (struct ranked *)call->scratch + worker * 2 * n;
  for (int64_t line = from; line < to; line++) {
    const float *x = (const float *)call->in[0].data + line * n;
    for (int64_t i = 0; i < n; i++) space[i] = (struct ranked){x[i], (int)i};
    const struct ranked *ranked = sort(space, n);
    for (int64_t i = 0; i < n; i++) ((float *)call->out.data)[line * n + i] = (float)ranked[i].index;
  }
}

/* All lines of the result, one after the other. */
static void run_lines(const struct call *call, int64_t each,
                      void (*work)(const struct tiles *, int64_t, int64_t, int)) {
  int64_t lines = result_samples(call) * operand_count(&call->out) / last_axis(&call->out);
  run_tiles(&(struct tiles){call, NULL, lines, samples_a_tile(each), work});
}

void fast_order(const struct call *call) { run_lines(call, 20 * last_axis(&call->out), order_lines); }

static void take_lines(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = last_axis(&call->in[0]), k = last_axis(&call->out), lines = operand_count(&call->out) / k;
  for (int64_t line = from; line < to; line++) {
    const float *x = float_row(&call->in[0], line / lines) + line % lines * n;
    const float *index = float_row(&call->in[1], line / lines) + line % lines * k;
    for (int64_t i = 0; i < k; i++) {
      int64_t at = index_below((double)index[i], n);
      ((float *)call->out.data)[line * k + i] = at < 0 ? NAN : x[at];
    }
  }
}

void fast_take_last(const struct call *call) { run_lines(call, last_axis(&call->out), take_lines); }

static void put_lines(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = last_axis(&call->out), k = last_axis(&call->in[0]), lines = operand_count(&call->out) / n;
  for (int64_t line = from; line < to; line++) {
    const float *x = float_row(&call->in[0], line / lines) + line % lines * k;
    const float *index = float_row(&call->in[1], line / lines) + line % lines * k;
    float *out = (float *)call->out.data + line * n;
    memset(out, 0, (size_t)n * sizeof *out);
    for (int64_t i = 0; i < k; i++) {
      int64_t at = index_below((double)index[i], n);
      if (at >= 0) out[at] += x[i];
    }
  }
}

void fast_put_last(const struct call *call) { run_lines(call, last_axis(&call->out), put_lines); }

static void cumulative_lines(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = last_axis(&call->out), step = call->attr->i[0] ? -1 : 1, first = call->attr->i[0] ? n - 1 : 0;
  for (int64_t line = from; line < to; line++) {
    double sum = 0;
    for (int64_t i = 0, at = line * n + first; i < n; i++, at += step) {
      sum += (double)((const float *)call->in[0].data)[at];
      ((float *)call->out.data)[at] = (float)sum;
    }
  }
}

void fast_cumulative(const struct call *call) { run_lines(call, last_axis(&call->out), cumulative_lines); }

/* ---- an axis turned round ---- */

static void roll_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  struct shape shape = call->out.type.shape;
  int64_t axis = call->attr->i[0], n = shape.dim[axis], inner = 1;
  for (int k = (int)axis + 1; k < shape.rank; k++) inner *= shape.dim[k];
  int64_t moved = (call->attr->i[1] % n + n) % n * inner, whole = n * inner;
  for (int64_t sample = from; sample < to; sample++)
    for (int64_t at = 0; at < operand_count(&call->out); at += whole) {
      const float *x = float_row(&call->in[0], sample) + at;
      memcpy(float_out(call, sample) + at + moved, x, (size_t)(whole - moved) * sizeof *x);
      memcpy(float_out(call, sample) + at, x + whole - moved, (size_t)moved * sizeof *x);
    }
}

void fast_roll(const struct call *call) {
  run_tiles(&(struct tiles){call, NULL, result_samples(call), samples_a_tile(operand_count(&call->out)), roll_samples});
}
