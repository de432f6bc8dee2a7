/* matmul_rows where the result is large: some lines of it at a time.
 *
 *   out[i, j] = sum_k x[k, i] y[k, j]      i over the lines wanted; k over the samples and leading axes of x and y
 *
 * y is packed once a step.  So few lines are made at a time that they stay in the second level's cache until the
 * contraction is done, CHUNK rows after CHUNK, and until whoever wants nothing but these lines has read them: a plan
 * carries an update of weights out on lines of their gradient that were never stored.  x is turned over for them, so
 * that numbers that are multiplied one after the other lie side by side. */
#include "kern/matmul.h"
#include "kern/panels.h"

enum { LARGE = 128 << 10, WIDE = 64 };                 /* numbers in a result made so, and columns, at least */
enum { CHUNK = 256, TURNED = CHUNK + 16 };             /* rows of x at a time; from line to line of them, turned over */
enum { NEAR = 12 << 10, FAR = 24 << 10, BLOCKS = 32 }; /* numbers at a time, where y stays near and where it does not */

struct lines {
  int64_t m, n, k;
};

static struct lines lines_of(const struct value_type *in, int64_t rows) {
  int64_t m = in[0].shape.dim[in[0].shape.rank - 1], n = in[1].shape.dim[in[1].shape.rank - 1];
  return (struct lines){m, n, product(in[0].rows ? rows : 1, shape_count(in[0].shape) / m)};
}

bool matmul_by_lines(const struct value_type *in) {
  struct lines l = lines_of(in, 1);
  return l.n >= WIDE && product(l.m, l.n) >= LARGE;
}

/* Whole blocks of micro.h's rows. */
static int64_t at_a_time(const struct lines *l) {
  int64_t numbers = l->k > CHUNK ? FAR : NEAR;
  return micro->rows * larger(1, smaller(BLOCKS, numbers / l->n / micro->rows));
}

int64_t matmul_rows_lines(enum op op, const struct attr *attr, const struct value_type *in,
                          const struct value_type *out, int64_t rows) {
  (void)op, (void)attr, (void)out;
  struct lines l = lines_of(in, rows);
  return matmul_by_lines(in) ? smaller(l.m, at_a_time(&l)) : 0;
}

size_t matmul_rows_shared(enum op op, const struct attr *attr, const struct value_type *in,
                          const struct value_type *out, int64_t rows) {
  (void)op, (void)attr, (void)out;
  struct lines l = lines_of(in, rows);
  return matmul_by_lines(in) ? size_product((size_t)panels_floats(l.n, l.k), sizeof(float)) : 0;
}

static struct lines lines_of_call(const struct call *call) {
  const struct value_type in[] = {call->in[0].type, call->in[1].type};
  return lines_of(in, call->rows);
}

void prepare_matmul_rows(const struct call *call) {
  struct lines l = lines_of_call(call);
  pack_panels(call, (struct packing){.from = call->in[1].data,
                                     .to = call->out.data,
                                     .columns = l.n,
                                     .column_step = 1,
                                     .count = {1, l.k},
                                     .from_step = {0, l.n},
                                     .to_step = {0, 1}});
}

static int64_t worker_floats(const struct lines *l) { return at_a_time(l) * TURNED; }

size_t matmul_lines_scratch(const struct value_type *in, int64_t rows, int threads) {
  struct lines l = lines_of(in, rows);
  return size_product((size_t)larger(1, threads), (size_t)worker_floats(&l) * sizeof(float));
}

static void make_lines(const struct call *call, const struct lines *l, int64_t first, int64_t n, float *out,
                       float *turned) {
  const float *x = call->in[0].data, *y = call->shared;
  for (int64_t k = 0; k < l->k; k += CHUNK) {
    int64_t depth = smaller(CHUNK, l->k - k);
    turn_over(turned, TURNED, x + k * l->m + first, l->m, n, depth);
    for (int64_t j = 0; j < l->n; j += micro->width)
      micro->product(&(struct product_rows){.n = n,
                                            .in = turned,
                                            .base_step = TURNED,
                                            .count = {1, 1, depth},
                                            .step = {0, 0, 1},
                                            .panel = y + j * l->k + k * micro->width,
                                            .panel_step = micro->width,
                                            .out = out + j,
                                            .to_step = l->n,
                                            .columns = smaller(micro->width, l->n - j),
                                            .add = k > 0});
  }
}

static void lines_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct lines *l = tiles->plan;
  const struct call *call = tiles->call;
  float *turned = (float *)call->scratch + worker * worker_floats(l);
  make_lines(call, l, call->first_line + from, to - from, (float *)call->out.data + from * l->n, turned);
}

void matmul_lines(const struct call *call) {
  struct lines l = lines_of_call(call);
  run_tiles(&(struct tiles){call, &l, call->out.type.shape.dim[0], at_a_time(&l), lines_tile});
}
