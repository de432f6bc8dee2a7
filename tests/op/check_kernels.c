/* Every fast kernel against the reference kernel of its operation, on shapes and inputs drawn from seeds:
 *   - results agree to a bound that depends on the operation: exactly, where elements are only moved or compared;
 *   - results are the same bits on 1, 2, 3, 4 and 8 threads, and in memory that held anything before;
 *   - where a kernel makes a result some lines at a time, they are the lines of the whole;
 *   - results written over an input, where kernel_in_place allows it, are the same bits;
 *   - scratch sizes only grow with the rows and the threads.
 * And what the table says of an operation holds: it commutes, it is monotone, its results are 0 or 1.
 *
 * Products and sums are checked with every instruction set that the machine has (CRL_KERNELS in the environment: with one).
 *
 * usage: check_kernels [operation seed]        runs one sample; a failure prints these arguments */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern/inner.h"
#include "kern/micro.h"
#include "sample.h"

enum { SEEDS = 14, POOLS = 5, MANY = 40 };
static const int threads[POOLS] = {1, 2, 3, 4, 8};
static struct pool *pools[POOLS];
static const struct step_context step_context = {.seed = 5, .step = 3, .clock = {1, 2, 3, 4}};
static int passed, failed;

static void check(bool good, const struct sample *sample, const char *what) {
  good ? passed++ : failed++;
  if (!good) printf("failed: %s: %s\n", sample_string(sample, WIDE), what);
}

/* How far a result may lie from the reference, relative to it and to the results' typical size. */
static double bound(const struct sample *sample) {
  enum op op = sample->op;
  if (op_info[op].properties & (EXACT | MOVES)) return 0;
  switch (op) {
  case OP_sum:
  case OP_sum_rows:
  case OP_normal: return 1e-7;
  case OP_pow: return 4e-6;
  case OP_conv2d:
  case OP_conv2d_input:
  case OP_conv2d_weights: return conv_winograd(&sample->attr) ? 6e-5 : 3e-6; /* check_winograd.c looks closer */
  default: return op_info[op].class == ELEMENTWISE ? 5e-7 : 3e-6;
  }
}

static bool agree(const struct sample *sample, const double *reference, const void *fast) {
  int64_t n = sample_elements(sample, &sample->out);
  double squares = 0;
  for (int64_t i = 0; i < n; i++) squares += isfinite(reference[i]) ? reference[i] * reference[i] : 0;
  double typical = sqrt(squares / (double)n), most = bound(sample);
  for (int64_t i = 0; i < n; i++) {
    double value = typed_get(fast, sample->out.type, i, false);
    if (isnan(reference[i]) ? isnan(value) : value == reference[i]) continue;
    if (fabs(value - reference[i]) <= most * (fabs(reference[i]) + typical)) continue;
    printf("element %lld is %.9g, the reference has %.17g\n", (long long)i, value, reference[i]);
    return false;
  }
  return true;
}

static size_t scratch_of(const struct sample *sample, int64_t rows, int with) {
  return kernel_scratch(sample->op, &sample->attr, sample->in, &sample->out, rows, with);
}

/* Fills call->shared, where a plan for so many rows has something to share; the caller frees what is returned. */
static void *prepare(const struct sample *sample, int64_t rows, struct call *call) {
  size_t bytes = kernel_shared(sample->op, &sample->attr, sample->in, &sample->out, rows);
  if (!bytes) return NULL;
  void *shared = typed_memory(U8, (int64_t)bytes, false);
  struct call make = *call;
  make.out.data = shared;
  kernel_prepare(&make);
  call->shared = shared;
  return shared;
}

/* The call's inputs, in memory that the caller frees. */
static void copy_inputs(const struct sample *sample, double *const *inputs, struct call *call) {
  for (int k = 0; k < sample->inputs; k++) {
    int64_t n = sample_elements(sample, &sample->in[k]);
    call->in[k] = (struct operand){typed_memory(sample->in[k].type, n, false), sample->in[k]};
    for (int64_t i = 0; i < n; i++) typed_set(call->in[k].data, sample->in[k].type, i, inputs[k][i], false);
  }
}

/* The fast kernel's result on copies of the inputs; written over input `over` where that is not negative. */
static void *fast_run(const struct sample *sample, double *const *inputs, int which, int over) {
  struct call call = {.op = sample->op,
                      .attr = &sample->attr,
                      .rows = sample->rows,
                      .batch = sample->rows,
                      .inputs = sample->inputs,
                      .pool = pools[which],
                      .step_context = &step_context};
  copy_inputs(sample, inputs, &call);
  void *result = over >= 0 ? call.in[over].data
                           : typed_memory(sample->out.type, sample_elements(sample, &sample->out), false);
  call.out = (struct operand){result, sample->out};
  size_t scratch = scratch_of(sample, sample->rows, threads[which]);
  call.scratch = typed_memory(U8, (int64_t)scratch, false);
  void *shared = prepare(sample, sample->rows, &call);
  kernel_fast[sample->op](&call);
  for (int k = 0; k < sample->inputs; k++)
    if (k != over) free(call.in[k].data);
  free(call.scratch);
  free(shared);
  return result;
}

/* The same, in tiles of `each` rows: every row of its own for an operation that is row-local; for one whose kernel
 * adds, the tiles of each half of the rows add up, and then the halves.  It is planned for more rows than there are, as
 * for a last batch. */
static void *tiles_run(const struct sample *sample, double *const *inputs, int64_t each) {
  bool adds = op_info[sample->op].properties & CONTRACTS;
  struct call call = {.op = sample->op, .attr = &sample->attr, .inputs = sample->inputs, .step_context = &step_context};
  char *from[MAX_INPUTS];
  copy_inputs(sample, inputs, &call);
  for (int k = 0; k < sample->inputs; k++) from[k] = call.in[k].data;
  int64_t elements = sample_elements(sample, &sample->out), step = elements / (adds ? 1 : sample->rows);
  char *result = typed_memory(sample->out.type, elements, false);
  size_t partial = adds ? kernel_partial(sample->op, &sample->attr, sample->in, &sample->out) : 0;
  char *partials = typed_memory(U8, 2 * (int64_t)partial, false);
  call.out.type = sample->out;
  int64_t half = (sample->rows + 2 * each - 1) / (2 * each) * each;
  call.rows = call.batch = sample->rows;
  void *shared = prepare(sample, MANY * sample->rows, &call);
  call.scratch = typed_memory(U8, (int64_t)scratch_of(sample, each, adds ? 0 : 1), false);
  for (call.first_row = 0; call.first_row < sample->rows; call.first_row += each) {
    call.rows = each < sample->rows - call.first_row ? each : sample->rows - call.first_row;
    call.part = adds;
    call.add = adds && call.first_row % half;
    for (int k = 0; k < sample->inputs; k++)
      if (sample->in[k].rows)
        call.in[k].data = from[k] +
                          call.first_row * (int64_t)dtype_size(sample->in[k].type) * shape_count(sample->in[k].shape);
    call.out = (struct operand){result, sample->out};
    if (!adds) call.out.data = result + call.first_row * step * (int64_t)dtype_size(sample->out.type);
    else call.out.data = partials + (call.first_row < half ? 0 : partial);
    kernel_fast[sample->op](&call);
  }
  call.out.data = result;
  if (adds) kernel_finish(&call, partials, half < sample->rows ? 2 : 1);
  free(partials);
  for (int k = 0; k < sample->inputs; k++) free(from[k]);
  free(call.scratch);
  free(shared);
  return result;
}

/* Lines `first` .. first + n - 1 of the result, in memory of their own. */
static void *lines_run(const struct sample *sample, double *const *inputs, int64_t first, int64_t n) {
  struct call call = {.op = sample->op,
                      .attr = &sample->attr,
                      .rows = sample->rows,
                      .batch = sample->rows,
                      .inputs = sample->inputs,
                      .first_line = first,
                      .step_context = &step_context};
  copy_inputs(sample, inputs, &call);
  call.out.type = sample->out;
  void *shared = prepare(sample, sample->rows, &call);
  call.out.type.shape.dim[0] = n;
  call.out.data = typed_memory(F32, shape_count(sample->out.shape), false);
  call.scratch = typed_memory(U8, (int64_t)scratch_of(sample, sample->rows, 1), false);
  kernel_fast[sample->op](&call);
  for (int k = 0; k < sample->inputs; k++) free(call.in[k].data);
  free(call.scratch);
  free(shared);
  return call.out.data;
}

static void check_some_lines(const struct sample *sample, double *const *inputs, const float *whole) {
  int64_t unit = kernel_lines(sample->op, &sample->attr, sample->in, &sample->out, sample->rows);
  int64_t all = sample->out.shape.dim[0], line = unit ? shape_count(sample->out.shape) / all : 0;
  for (int64_t first = 0, n = 1; unit && first < all; first += n, n = n == 1 ? unit : n + 1) {
    if (n > all - first) n = all - first;
    float *lines = lines_run(sample, inputs, first, n);
    check(!memcmp(lines, whole + first * line, (size_t)(n * line) * sizeof *lines), sample, "other bits in some lines");
    free(lines);
  }
}

static bool has_rows(const struct sample *sample) {
  for (int k = 0; k < sample->inputs; k++)
    if (sample->in[k].rows) return true;
  return sample->out.rows;
}

/* Groups of operations run a few rows at a time, so a row must not depend on which others are in the call. */
static void check_tiles(const struct sample *sample, double *const *inputs, const double *reference,
                        const void *whole) {
  bool contracts = op_info[sample->op].properties & CONTRACTS;
  if (!has_rows(sample) || (contracts && !kernel_adds(sample->op))) return;
  size_t bytes = (size_t)sample_elements(sample, &sample->out) * dtype_size(sample->out.type);
  for (int64_t each = 1; each <= 3; each += 2) {
    void *tiled = tiles_run(sample, inputs, each);
    if (contracts) check(agree(sample, reference, tiled), sample, "far from the reference when tiles add up");
    else check(!memcmp(whole, tiled, bytes), sample, "other bits when computed a few rows at a time");
    free(tiled);
  }
}

static bool same_type(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

static void check_bits(const struct sample *sample, double *const *inputs, const void *first) {
  size_t bytes = (size_t)sample_elements(sample, &sample->out) * dtype_size(sample->out.type);
  for (int which = 1; which < POOLS; which++) {
    void *again = fast_run(sample, inputs, which, -1);
    check(!memcmp(first, again, bytes), sample, "other bits on other threads");
    free(again);
  }
  for (int k = 0; k < sample->inputs; k++) {
    if (!kernel_in_place(sample->op, k) || !same_type(&sample->in[k], &sample->out)) continue;
    void *over = fast_run(sample, inputs, 1, k);
    check(!memcmp(first, over, bytes), sample, "other bits in place");
    free(over);
  }
}

static void check_scratch(const struct sample *sample) {
  size_t last = 0;
  for (int64_t rows = 1; rows < 5000; rows += 1 + rows / 3) {
    size_t now = scratch_of(sample, rows, 2);
    check(now >= last && scratch_of(sample, rows, 3) >= now, sample, "scratch shrinks");
    last = now;
  }
}

/* What the table says of an operation, asked of the reference kernel. */
static void check_properties(const struct sample *sample, double *const *inputs, const double *reference) {
  const struct op_info *info = &op_info[sample->op];
  int64_t n = sample_elements(sample, &sample->out);
  double *other = malloc((size_t)n * sizeof *other);
  if (info->properties & COMMUTES) {
    struct sample swapped = *sample;
    swapped.in[0] = sample->in[1];
    swapped.in[1] = sample->in[0];
    reference_run(&swapped, (double *const[]){inputs[1], inputs[0]}, other);
    check(!memcmp(other, reference, (size_t)n * sizeof *other), sample, "said to commute, and does not");
  }
  if (info->properties & MONOTONE && info->arity == 1) {
    check(info->class == ELEMENTWISE, sample, "only elementwise operations can be monotone");
    bool rises = true;
    for (int64_t i = 1; i < n; i++) rises &= (inputs[0][i] - inputs[0][i - 1]) * (reference[i] - reference[i - 1]) >= 0;
    check(rises, sample, "said to be monotone, and is not");
  }
  if (info->properties & BOOLEAN)
    for (int64_t i = 0; i < n; i++)
      if (reference[i] != 0 && reference[i] != 1) check(false, sample, "said to be 0 or 1, and is not");
  check(!(info->properties & CONTRACTS) || !sample->out.rows, sample, "said to contract rows, and does not");
  free(other);
}

static bool takes_ties(const struct sample *sample) {
  bool compares = op_info[sample->op].domain == AWAY && sample->op != OP_floor;
  for (int k = 0; k < sample->inputs; k++) compares &= sample->in[k].type == F32;
  return compares;
}

static void run(enum op op, uint64_t seed) {
  struct sample sample;
  if (!sample_make(&sample, op, seed, WIDE)) return;
  double *inputs[MAX_INPUTS] = {0}, *reference = malloc((size_t)sample_elements(&sample, &sample.out) * sizeof(double));
  for (int k = 0; k < sample.inputs; k++)
    inputs[k] = malloc((size_t)sample_elements(&sample, &sample.in[k]) * sizeof(double));
  for (int ties = 0; ties <= takes_ties(&sample); ties++) {
    for (int k = 0; k < sample.inputs; k++) (ties ? sample_fill_ties : sample_fill)(&sample, k, inputs[k]);
    reference_run(&sample, inputs, reference);
    void *fast = fast_run(&sample, inputs, 0, -1);
    check(agree(&sample, reference, fast), &sample, "not what the reference has");
    check_bits(&sample, inputs, fast);
    check_tiles(&sample, inputs, reference, fast);
    check_some_lines(&sample, inputs, fast);
    if (!ties) check_properties(&sample, inputs, reference);
    free(fast);
  }
  check_scratch(&sample);
  for (int k = 0; k < sample.inputs; k++) free(inputs[k]);
  free(reference);
}

static void check_count_not_finite(void) {
  enum { MOST = 700 };
  static const float none[] = {NAN, INFINITY, -INFINITY, -NAN};
  float values[MOST];
  for (int n = 0; n < MOST; n += 1 + n / 9) {
    int expected = 0;
    for (int i = 0; i < n; i++) {
      int kind = (i * 7 + n) % 11;
      values[i] = kind <= 3 ? none[kind] : i % 2 ? (float)i * 4e35f : -(float)i;
      expected += kind <= 3;
    }
    if (count_not_finite(values, n) == expected) passed++;
    else {
      failed++;
      printf("failed: count_not_finite of %d\n", n);
    }
  }
}

/* The sum of a line in the order that sums.h promises. */
static double sum_in_parts(const float *x, int n) {
  double part[ADDED] = {0}, rest = 0;
  int whole = n / ADDED * ADDED;
  for (int i = 0; i < whole; i++) part[i % ADDED] += (double)x[i];
  for (int i = whole; i < n; i++) rest += (double)x[i];
  for (int half = ADDED / 2; half; half /= 2)
    for (int k = 0; k < half; k++) part[k] += part[k + half];
  return rest + part[0];
}

/* Lines' sums have the same bits with every set, and their largest is NaN where one number is. */
static void check_lines(void) {
  enum { MOST = 70, LINES = 3 };
  float x[LINES * MOST], sum[LINES], largest[LINES];
  for (int n = 1; n <= MOST; n++) {
    for (int i = 0; i < LINES * n; i++) x[i] = (float)((i * 37 + n) % 101) / 7 - 5;
    x[n + n * 5 / 7] = NAN; /* the second line */
    x[2 * n + n / 3] = INFINITY;
    micro->sums.sum_each(x, LINES, n, sum);
    micro->sums.largest_each(x, LINES, n, largest);
    float first = x[0];
    for (int i = 1; i < n; i++) first = x[i] > first ? x[i] : first;
    if (micro->sums.sum_line(x, n) == sum_in_parts(x, n) && sum[0] == (float)sum_in_parts(x, n) && isnan(sum[1]) &&
        sum[2] == INFINITY && largest[0] == first && isnan(largest[1]) && largest[2] == INFINITY)
      passed++;
    else {
      failed++;
      printf("failed: lines of %d numbers, kernels %s\n", n, micro->name);
    }
  }
}

/* Sums down columns add one line after the other in every set, whatever their width. */
static void check_columns(void) {
  enum { MOST = 70, LINES = 5, STEP = MOST + 3 };
  float g[LINES * STEP], x[LINES * STEP];
  double mean[MOST], sum[MOST], centred[MOST];
  for (int i = 0; i < LINES * STEP; i++) g[i] = (float)(i * 29 % 83) / 9 - 4, x[i] = (float)(i * 37 % 101) / 7 - 5;
  for (int k = 0; k < MOST; k++) mean[k] = (double)k / 3;
  for (int width = 1; width <= MOST; width++) {
    int wrong = 0;
    for (int k = 0; k < MOST; k++) sum[k] = centred[k] = k;
    micro->sums.add_lines(x, LINES, STEP, width, sum);
    micro->sums.add_centred(g, x, mean, LINES, STEP, width, centred);
    for (int k = 0; k < MOST; k++) {
      double of_x = k, of_both = k;
      for (int at = k; k < width && at < LINES * STEP; at += STEP) {
        of_x += (double)x[at];
        of_both += (double)g[at] * ((double)x[at] - mean[k]);
      }
      wrong += sum[k] != of_x || centred[k] != of_both;
    }
    if (!wrong) passed++;
    else {
      failed++;
      printf("failed: %d of %d columns, kernels %s\n", wrong, width, micro->name);
    }
  }
}

/* Products and sums once more with each lesser instruction set than the machine's best. */
static void run_sets(void) {
  static const enum op ops[] = {OP_matmul, OP_matmul_rows, OP_conv2d,           OP_conv2d_input, OP_conv2d_weights,
                                OP_sum,    OP_sum_rows,    OP_batch_norm_scale, OP_max_last};
  static const char *const sets[] = {"avx2", "portable"};
  for (int set = 0; set < 2; set++) {
    setenv("CRL_KERNELS", sets[set], 1);
    kernels_start();
    int before = failed;
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
      for (uint64_t seed = 1; seed <= SEEDS; seed++) run(ops[k], seed);
    check_lines();
    check_columns();
    if (failed > before) printf("failed with CRL_KERNELS=%s\n", sets[set]);
  }
}

int main(int argc, char **argv) {
  kernels_start();
  for (int i = 0; i < POOLS; i++)
    if (!(pools[i] = pool_new(threads[i]))) return 1;
  if (argc == 3 && op_by_name(argv[1]) == OP_NONE) {
    printf("failed: there is no operation '%s'\n", argv[1]);
    failed++;
  } else if (argc == 3) run(op_by_name(argv[1]), strtoull(argv[2], NULL, 10));
  else {
    for (int op = OP_NONE + 1; op < OP_COUNT; op++)
      for (uint64_t seed = 1; seed <= SEEDS; seed++) run((enum op)op, seed);
    check_count_not_finite();
    check_lines();
    check_columns();
    if (!getenv("CRL_KERNELS")) run_sets();
  }
  for (int i = 0; i < POOLS; i++) pool_free(pools[i]);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
