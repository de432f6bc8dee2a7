/* Reductions, fast.  Sums have double accumulators and one fixed order: a contiguous run is summed in ADDED
 * interleaved parts, and the order of runs is that of memory. */
#include <math.h>
#include <string.h>

#include "kern/inner.h"
#include "kern/micro.h"

enum { COLUMN = 256 };

/* The sums over samples as floats. */
static void sum_lines(const float *x, int64_t n, int64_t step, int64_t width, float *out) {
  for (int64_t from = 0; from < width; from += COLUMN) {
    double sums[COLUMN];
    int64_t here = smaller(COLUMN, width - from);
    memset(sums, 0, (size_t)here * sizeof *sums);
    micro->sums.add_lines(x + from, n, step, here, sums);
    for (int64_t k = 0; k < here; k++) out[from + k] = (float)sums[k];
  }
}

/* ---- over axes of a row */

struct reduction {
  struct runs runs;
  int64_t step[MAX_RANK + 1]; /* of a run's index in the input */
};

/* The sum over the reduced runs from `run` on, of which the last is contiguous. */
static double sum_runs(const struct reduction *r, int run, const float *x) {
  while (run < r->runs.n && !r->runs.in_set[run]) run++;
  if (run == r->runs.n) return (double)*x;
  if (run == r->runs.n - 1) return micro->sums.sum_line(x, r->runs.size[run]);
  double sum = 0;
  for (int64_t i = 0; i < r->runs.size[run]; i++) sum += sum_runs(r, run + 1, x + i * r->step[run]);
  return sum;
}

/* Where the kept runs put result element `at`. */
static int64_t kept_offset(const struct reduction *r, int64_t at) {
  int64_t offset = 0;
  for (int run = r->runs.n - 1; run >= 0; run--)
    if (!r->runs.in_set[run]) {
      offset += at % r->runs.size[run] * r->step[run];
      at /= r->runs.size[run];
    }
  return offset;
}

static void sum_elements(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct reduction *r = tiles->plan;
  const struct call *call = tiles->call;
  int64_t count = operand_count(&call->out);
  for (int64_t at = from; at < to; at++)
    ((float *)call->out.data)[at] = (float)sum_runs(r, 0,
                                                    float_row(&call->in[0], at / count) + kept_offset(r, at % count));
}

/* [.., reduced]: lines of memory. */
static void sum_lasts(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  const struct reduction *r = tiles->plan;
  int64_t n = r->runs.size[r->runs.n - 1];
  micro->sums.sum_each((const float *)call->in[0].data + from * n, to - from, n, (float *)call->out.data + from);
}

/* [.., reduced, kept]: whole rows are added. */
static void sum_planes(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct reduction *r = tiles->plan;
  const struct call *call = tiles->call;
  int64_t n = r->runs.size[r->runs.n - 2], width = r->runs.size[r->runs.n - 1];
  for (int64_t at = from; at < to; at++)
    sum_lines((const float *)call->in[0].data + at * n * width, n, width, width, (float *)call->out.data + at * width);
}

void fast_sum(const struct call *call) {
  struct reduction r = {.runs = merge_axes(call->in[0].type.shape, call->attr->i[0])};
  int64_t step = 1, sets = 0;
  for (int run = r.runs.n - 1; run >= 0; run--) {
    r.step[run] = step;
    step *= r.runs.size[run];
    sets += r.runs.in_set[run];
  }
  int64_t elements = result_samples(call) * operand_count(&call->out);
  int64_t each = operand_count(&call->in[0]) / larger(1, operand_count(&call->out)); /* inputs an element sums */
  if (sets == 1 && r.runs.n >= 2 && !r.runs.in_set[r.runs.n - 1]) {
    int64_t width = r.runs.size[r.runs.n - 1];
    run_tiles(&(struct tiles){call, &r, elements / width, samples_a_tile(each * width), sum_planes});
  } else run_tiles(&(struct tiles){call, &r, elements, samples_a_tile(each), sets == 1 ? sum_lasts : sum_elements});
}

/* ---- over rows */

static void sum_rows_columns(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  const float *x = (const float *)call->in[0].data + from;
  double *part = (double *)call->out.data + from;
  if (!call->part) sum_lines(x, input_samples(call), tiles->n, to - from, (float *)call->out.data + from);
  else {
    if (!call->add) memset(part, 0, (size_t)(to - from) * sizeof *part);
    micro->sums.add_lines(x, input_samples(call), tiles->n, to - from, part);
  }
}

void fast_sum_rows(const struct call *call) {
  run_tiles(&(struct tiles){call, NULL, operand_count(&call->out), COLUMN, sum_rows_columns});
}

/* ---- the largest along the last axis, and counting indices */

/* NaN is larger than all; the first wins a tie. */
static int64_t index_of_largest(const float *x, int64_t n) {
  int64_t best = 0;
  for (int64_t i = 1; i < n; i++)
    if (x[i] > x[best] || (x[i] != x[i] && x[best] == x[best])) best = i;
  return best;
}

static void largest_elements(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = call->in[0].type.shape.dim[call->in[0].type.shape.rank - 1];
  micro->sums.largest_each((const float *)call->in[0].data + from * n, to - from, n, (float *)call->out.data + from);
}

static void index_elements(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = call->in[0].type.shape.dim[call->in[0].type.shape.rank - 1];
  for (int64_t at = from; at < to; at++) {
    const float *x = (const float *)call->in[0].data + at * n;
    int64_t best = index_of_largest(x, n);
    operand_put(&call->out, at, x[best] == x[best] ? (double)best : NAN, false);
  }
}

static void along_last(const struct call *call, void (*work)(const struct tiles *, int64_t, int64_t, int)) {
  const struct shape *in = &call->in[0].type.shape;
  run_tiles(&(struct tiles){call, NULL, result_samples(call) * operand_count(&call->out),
                            samples_a_tile(in->dim[in->rank - 1]), work});
}

void fast_max_last(const struct call *call) { along_last(call, largest_elements); }
void fast_argmax(const struct call *call) { along_last(call, index_elements); }

static void one_hot_elements(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = call->attr->i[0];
  float *out = call->out.data;
  memset(out + from * n, 0, (size_t)((to - from) * n) * sizeof *out);
  for (int64_t at = from; at < to; at++) {
    int64_t index = index_below(operand_get(&call->in[0], at, false), n);
    if (index >= 0) out[at * n + index] = 1;
    else
      for (int64_t k = 0; k < n; k++) out[at * n + k] = NAN;
  }
}

void fast_one_hot(const struct call *call) {
  run_tiles(&(struct tiles){call, NULL, result_samples(call) * operand_count(&call->in[0]),
                            samples_a_tile(call->attr->i[0]), one_hot_elements});
}
