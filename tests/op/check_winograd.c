/* Convolutions by Winograd's algorithm against the reference kernels in double, in all three directions, with every
 * instruction set that the machine has:
 *   - how far results lie from the reference, as doc/ops.md says it;
 *   - the same bits on 1, 2 and 3 threads, and of a row whichever rows are in the call.
 *
 * usage: check_winograd [measure]        prints the errors of each shape, and those of the direct convolution */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

/* Of results relative to the root mean square of all: doc/ops.md has them. */
#define MOST_RMS 4e-6
#define MOST_ERROR 8e-5

enum { POOLS = 3 };
static struct pool *pools[POOLS]; /* of 1, 2 and 3 threads */
static int passed, failed;
static bool measuring;

/* Images [h, w, c], padding down and across, filters. */
struct sizes {
  int64_t h, w, down, across, c, o, rows;
};
static const struct sizes all_sizes[] = {
    {13, 6, 0, 0, 128, 64, 100},                          /* conv2 of models/corrmcnn.crl */
    {13, 6, 0, 0, 128, 64, 1},   {3, 3, 0, 0, 32, 32, 3}, /* a result of one number */
    {1, 1, 1, 1, 5, 1, 3},       {6, 6, 0, 0, 4, 17, 3},  /* exactly a tile */
    {8, 8, 1, 1, 33, 47, 3},     {5, 7, 2, 2, 16, 40, 3},  {9, 5, 1, 0, 70, 3, 1},
    {4, 4, 2, 0, 32, 130, 3},    {21, 3, 0, 1, 300, 8, 3}, /* so many channels that few tiles are done at a time */
    {19, 18, 2, 1, 20, 24, 3},                             /* more tiles in a sample than are done at a time */
    {4, 5, 1, 1, 3, 2, 100},
};

static void check(bool good, const struct sample *sample, const char *what) {
  good ? passed++ : failed++;
  if (!good) printf("failed: %s: %s\n", sample_string(sample, WIDE), what);
}

static struct sample sample_of(enum op op, const struct sizes *v, bool winograd) {
  int64_t height = op == OP_conv2d_input ? v->h : op == OP_conv2d_weights ? 3 : 0;
  int64_t width = op == OP_conv2d_input ? v->w : height;
  struct value_type image = {F32, {3, {v->h, v->w, v->c}}, true}, filters = {F32, {4, {v->o, v->c, 3, 3}}, false};
  struct value_type result = {F32, {3, {v->h + 2 * v->down - 2, v->w + 2 * v->across - 2, v->o}}, true};
  struct sample sample = {.op = op,
                          .seed = 1,
                          .attr = {.i = {1, v->down, height, width, 1, 0, 0, 1, v->across, 0, winograd}},
                          .inputs = 2,
                          .in = {op == OP_conv2d_input ? result : image, op == OP_conv2d_weights ? result : filters},
                          .rows = v->rows};
  struct shape_problem problem = {.message = ""};
  if (!op_infer(op, &sample.attr, sample.in, &sample.out, &problem)) {
    fprintf(stderr, "%s: %s\n", sample_string(&sample, WIDE), problem.message);
    abort();
  }
  return sample;
}

/* The fast kernel, `each` rows a call: of conv2d_weights, calls that add up. */
static float *run(const struct sample *sample, double *const *inputs, struct pool *pool, int64_t each) {
  struct call call = {.op = sample->op, .attr = &sample->attr, .batch = sample->rows, .inputs = 2, .pool = pool};
  bool adds = sample->op == OP_conv2d_weights && each < sample->rows;
  float *from[2];
  for (int k = 0; k < 2; k++) {
    int64_t n = sample_elements(sample, &sample->in[k]);
    from[k] = typed_memory(F32, n, false);
    call.in[k] = (struct operand){from[k], sample->in[k]};
    for (int64_t i = 0; i < n; i++) typed_set(from[k], F32, i, inputs[k][i], false);
  }
  float *result = typed_memory(F32, sample_elements(sample, &sample->out), false);
  void *sum = typed_memory(U8, (int64_t)kernel_partial(sample->op, &sample->attr, sample->in, &sample->out), false);
  void *shared = typed_memory(
      U8, (int64_t)kernel_shared(sample->op, &sample->attr, sample->in, &sample->out, sample->rows), false);
  call.scratch = typed_memory(
      U8,
      (int64_t)kernel_scratch(sample->op, &sample->attr, sample->in, &sample->out, each, adds ? 0 : pool_threads(pool)),
      false);
  call.rows = sample->rows;
  call.out = (struct operand){shared, sample->out};
  kernel_prepare(&call);
  call.shared = shared;
  call.part = adds;
  if (adds) call.pool = NULL;
  for (int64_t at = 0; at < sample->rows; at += each) {
    call.first_row = at;
    call.rows = each < sample->rows - at ? each : sample->rows - at;
    call.add = adds && at;
    for (int k = 0; k < 2; k++)
      call.in[k].data = from[k] + (sample->in[k].rows ? at * shape_count(sample->in[k].shape) : 0);
    call.out.data = adds ? sum : result + (sample->out.rows ? at * shape_count(sample->out.shape) : 0);
    kernel_fast[call.op](&call);
  }
  call.out.data = result;
  if (adds) kernel_finish(&call, sum, 1);
  free(from[0]), free(from[1]), free(sum), free(shared), free(call.scratch);
  return result;
}

/* The root mean square and the largest of the errors, relative to the root mean square of what is right. */
struct errors {
  double rms, most;
};

static struct errors errors_of(const double *right, const float *result, int64_t n) {
  double squares = 0, errors = 0, most = 0;
  for (int64_t i = 0; i < n; i++) {
    double error = fabs((double)result[i] - right[i]);
    squares += right[i] * right[i];
    errors += error * error;
    if (!(error <= most)) most = error; /* also a NaN */
  }
  double typical = sqrt(squares / (double)n);
  return (struct errors){sqrt(errors / (double)n) / typical, most / typical};
}

static void check_near(const struct sample *sample, const double *right, const float *result, const char *what) {
  struct errors errors = errors_of(right, result, sample_elements(sample, &sample->out));
  check(errors.rms <= MOST_RMS && errors.most <= MOST_ERROR, sample, what);
}

static void measure(const struct sample *sample, double *const *inputs, const double *right) {
  float *result = run(sample, inputs, pools[0], sample->rows);
  struct errors errors = errors_of(right, result, sample_elements(sample, &sample->out));
  printf("%s: root mean square %.2g, most %.2g\n", sample_string(sample, WIDE), errors.rms, errors.most);
  free(result);
}

static void check_set(const struct sample *sample, double *const *inputs, const double *right) {
  size_t bytes = (size_t)sample_elements(sample, &sample->out) * sizeof(float);
  float *first = run(sample, inputs, pools[0], sample->rows);
  check_near(sample, right, first, "far from the reference");
  for (int k = 1; k < POOLS; k++) {
    float *again = run(sample, inputs, pools[k], sample->rows);
    check(!memcmp(first, again, bytes), sample, "other bits on other threads");
    free(again);
  }
  for (int64_t each = 1; each < 3; each++) {
    float *parts = run(sample, inputs, pools[0], each);
    if (!sample->out.rows) check_near(sample, right, parts, "far from the reference when calls add up");
    else check(!memcmp(first, parts, bytes), sample, "other bits when computed a few rows at a time");
    free(parts);
  }
  free(first);
}

static void check_sizes(enum op op, const struct sizes *sizes) {
  static const char *const sets[] = {"avx512", "avx2", "portable"};
  struct sample sample = sample_of(op, sizes, true), direct = sample_of(op, sizes, false);
  double *inputs[2], *right = malloc((size_t)sample_elements(&sample, &sample.out) * sizeof *right);
  for (int k = 0; k < 2; k++) {
    inputs[k] = malloc((size_t)sample_elements(&sample, &sample.in[k]) * sizeof(double));
    sample_fill(&sample, k, inputs[k]);
  }
  reference_run(&sample, inputs, right);
  for (int set = 0; set < 3; set++) { /* one that the machine does not have is the next lesser one */
    setenv("CRL_KERNELS", sets[set], 1);
    kernels_start();
    int before = failed;
    check_set(&sample, inputs, right);
    if (failed > before) printf("failed with CRL_KERNELS=%s\n", sets[set]);
  }
  if (measuring) {
    setenv("CRL_KERNELS", sets[0], 1);
    kernels_start();
    measure(&sample, inputs, right);
    measure(&direct, inputs, right);
  }
  free(inputs[0]), free(inputs[1]), free(right);
}

int main(int argc, char **argv) {
  static const enum op ops[] = {OP_conv2d, OP_conv2d_input, OP_conv2d_weights};
  measuring = argc == 2 && !strcmp(argv[1], "measure");
  for (int i = 0; i < POOLS; i++)
    if (!(pools[i] = pool_new(i + 1))) return 1;
  for (size_t i = 0; i < sizeof all_sizes / sizeof *all_sizes; i++)
    for (int k = 0; k < 3; k++) check_sizes(ops[k], &all_sizes[i]);
  for (int i = 0; i < POOLS; i++) pool_free(pools[i]);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
