/* How fast the kernels are on the shapes of CorrMCNN, and some of larger networks, at batch 100.  Not a test: run
 * by hand, `bench_kernels [threads [name]]`.  Prints, of products, GFLOP/s (best of several): on 1, 4, 13 rows a
 * call, as a group of operations calls them on one thread, with rows that stay in a cache; on the whole batch with
 * all threads; and what OpenBLAS makes of the same product on one thread, copying into columns left out.  Of all
 * others, milliseconds and GB/s. */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/random.h"
#include "kern/kern.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { BATCH = 100, REPEATS = 15 };
static const struct step_context step_context = {.seed = 1};

struct bench {
  const char *name;
  enum op op;
  int inputs;
  struct attr attr;
  struct value_type in[MAX_INPUTS], out;
  struct {
    int m, n, k;
  } product; /* of one row as a matrix product; 0: report memory traffic */
};

#define R(...) \
  { F32, {sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t), {__VA_ARGS__}}, true }
#define N(...) \
  { F32, {sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t), {__VA_ARGS__}}, false }
#define B(...) \
  { U8, {sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t), {__VA_ARGS__}}, true }

static const struct bench benches[] = {
    {"conv1", OP_conv2d, 2, {.i = {1, 0, 0, 0, 1}}, {R(28, 14, 1), N(128, 1, 3, 3)}, R(26, 12, 128), {312, 128, 9}},
    {"conv1 weights",
     OP_conv2d_weights,
     2,
     {.i = {1, 0, 3, 3, 1}},
     {R(28, 14, 1), R(26, 12, 128)},
     N(128, 1, 3, 3),
     {9, 128, 312}},
    {"conv2", OP_conv2d, 2, {.i = {1, 0, 0, 0, 1}}, {R(13, 6, 128), N(64, 128, 3, 3)}, R(11, 4, 64), {44, 64, 1152}},
    {"conv2 input",
     OP_conv2d_input,
     2,
     {.i = {1, 0, 13, 6, 1}},
     {R(11, 4, 64), N(64, 128, 3, 3)},
     R(13, 6, 128),
     {44, 1152, 64}},
    {"conv2 weights",
     OP_conv2d_weights,
     2,
     {.i = {1, 0, 3, 3, 1}},
     {R(13, 6, 128), R(11, 4, 64)},
     N(64, 128, 3, 3),
     {1152, 64, 44}},
    {"winograd",
     OP_conv2d,
     2,
     {.i = {1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}},
     {R(13, 6, 128), N(64, 128, 3, 3)},
     R(11, 4, 64),
     {44, 64, 1152}},
    {"winograd input",
     OP_conv2d_input,
     2,
     {.i = {1, 0, 13, 6, 1, 0, 0, 0, 0, 0, 1}},
     {R(11, 4, 64), N(64, 128, 3, 3)},
     R(13, 6, 128),
     {44, 1152, 64}},
    {"winograd weights",
     OP_conv2d_weights,
     2,
     {.i = {1, 0, 3, 3, 1, 0, 0, 0, 0, 0, 1}},
     {R(13, 6, 128), R(11, 4, 64)},
     N(64, 128, 3, 3),
     {1152, 64, 44}},
    {"conv2 first", OP_conv2d, 2, {.i = {1, 0}}, {R(128, 13, 6), N(64, 128, 3, 3)}, R(64, 11, 4), {64, 44, 1152}},
    {"deconv", OP_conv2d_input, 2, {.i = {1, 0, 28, 14}}, {R(3, 26, 12), N(3, 1, 3, 3)}, R(1, 28, 14), {9, 312, 3}},
    {"deconv input", OP_conv2d, 2, {.i = {1, 0}}, {R(1, 28, 14), N(3, 1, 3, 3)}, R(3, 26, 12), {3, 312, 9}},
    {"deconv weights",
     OP_conv2d_weights,
     2,
     {.i = {1, 0, 3, 3}},
     {R(1, 28, 14), R(3, 26, 12)},
     N(3, 1, 3, 3),
     {3, 9, 312}},
    {"padded 32x32 3-64",
     OP_conv2d,
     2,
     {.i = {1, 1, 0, 0, 1}},
     {R(32, 32, 3), N(64, 3, 3, 3)},
     R(32, 32, 64),
     {1024, 64, 27}},
    {"padded 32x32 64",
     OP_conv2d,
     2,
     {.i = {1, 1, 0, 0, 1}},
     {R(32, 32, 64), N(64, 64, 3, 3)},
     R(32, 32, 64),
     {1024, 64, 576}},
    {"padded 16x16 128",
     OP_conv2d,
     2,
     {.i = {1, 1, 0, 0, 1}},
     {R(16, 16, 128), N(128, 128, 3, 3)},
     R(16, 16, 128),
     {256, 128, 1152}},
    {"padded 8x8 256",
     OP_conv2d,
     2,
     {.i = {1, 1, 0, 0, 1}},
     {R(8, 8, 256), N(256, 256, 3, 3)},
     R(8, 8, 256),
     {64, 256, 2304}},
    {"... its input",
     OP_conv2d_input,
     2,
     {.i = {1, 1, 8, 8, 1}},
     {R(8, 8, 256), N(256, 256, 3, 3)},
     R(8, 8, 256),
     {64, 2304, 256}},
    {"... its weights",
     OP_conv2d_weights,
     2,
     {.i = {1, 1, 3, 3, 1}},
     {R(8, 8, 256), R(8, 8, 256)},
     N(256, 256, 3, 3),
     {2304, 256, 64}},
    {"dense 640-500", OP_matmul, 2, {.i = {1}}, {R(640), N(500, 640)}, R(500), {1, 500, 640}},
    {"... its input", OP_matmul, 2, {.i = {0}}, {R(500), N(500, 640)}, R(640), {1, 640, 500}},
    {"... its weights", OP_matmul_rows, 2, {.i = {0}}, {R(500), R(640)}, N(500, 640), {500, 640, 1}},
    {"dense 500-300", OP_matmul, 2, {.i = {1}}, {R(500), N(300, 500)}, R(300), {1, 300, 500}},
    {"dense 300-50", OP_matmul, 2, {.i = {1}}, {R(300), N(50, 300)}, R(50), {1, 50, 300}},
    {"dense 50-294", OP_matmul, 2, {.i = {1}}, {R(50), N(294, 50)}, R(294), {1, 294, 50}},
    {"relu", OP_relu, 1, {.i = {0}}, {R(128, 26, 12)}, R(128, 26, 12), {0}},
    {"relu_back", OP_relu_back, 2, {.i = {0}}, {R(128, 13, 6), R(128, 13, 6)}, R(128, 13, 6), {0}},
    {"add bias", OP_add, 2, {.i = {0}}, {R(500), N(500)}, R(500), {0}},
    {"square", OP_square, 1, {.i = {0}}, {R(128, 13, 6)}, R(128, 13, 6), {0}},
    {"sqrt", OP_sqrt, 1, {.i = {0}}, {N(500, 640)}, N(500, 640), {0}},
    {"sigmoid", OP_sigmoid, 1, {.i = {0}}, {N(500, 640)}, N(500, 640), {0}},
    {"mul number", OP_mul, 2, {.i = {0}}, {N(500, 640), N()}, N(500, 640), {0}},
    {"spread", OP_spread, 1, {.i = {6}, .shape = {3, {128, 13, 6}}}, {N(128)}, N(128, 13, 6), {0}},
    {"spread big", OP_spread, 1, {.i = {6}, .shape = {3, {128, 26, 12}}}, {R(128)}, R(128, 26, 12), {0}},
    {"pool_argmax", OP_pool_argmax, 1, {.i = {2, 2}}, {R(128, 26, 12)}, B(128, 13, 6), {0}},
    {"pool_take", OP_pool_take, 2, {.i = {2, 2}}, {R(128, 26, 12), B(128, 13, 6)}, R(128, 13, 6), {0}},
    {"pool_put", OP_pool_put, 2, {.i = {2, 2, 26, 12}}, {R(128, 13, 6), B(128, 13, 6)}, R(128, 26, 12), {0}},
    {"sum channels", OP_sum, 1, {.i = {6}}, {R(128, 13, 6)}, R(128), {0}},
    {"sum channels big", OP_sum, 1, {.i = {6}}, {R(128, 26, 12)}, R(128), {0}},
    {"sum all", OP_sum, 1, {.i = {7}}, {R(1, 28, 14)}, R(), {0}},
    {"sum_rows", OP_sum_rows, 1, {.i = {0}}, {R(500)}, N(500), {0}},
    {"batch_norm",
     OP_batch_norm,
     5,
     {.f = {1e-5}},
     {R(128, 13, 6), N(128), N(128), N(128), N(128)},
     R(128, 13, 6),
     {0}},
    {"batch_norm_scale",
     OP_batch_norm_scale,
     4,
     {.f = {1e-5}},
     {R(128, 13, 6), R(128, 13, 6), N(128), N(128)},
     N(128),
     {0}},
    {"batch_norm_input",
     OP_batch_norm_input,
     7,
     {.f = {1e-5}},
     {R(128, 13, 6), R(128, 13, 6), N(128), N(128), N(128), N(128), N(128)},
     R(128, 13, 6),
     {0}},
    {"resize", OP_resize, 1, {.i = {26, 12, 0}}, {R(3, 14, 7)}, R(3, 26, 12), {0}},
    {"resize_back", OP_resize_back, 1, {.i = {14, 7, 0}}, {R(3, 26, 12)}, R(3, 14, 7), {0}},
    {"uniform", OP_uniform, 0, {.shape = {1, {500}}, .rows = true}, {{0}}, R(500), {0}},
    {"normal", OP_normal, 0, {.shape = {1, {500}}, .rows = true}, {{0}}, R(500), {0}},
};

static size_t bytes_of(const struct value_type *type) {
  return (size_t)(shape_count(type->shape) * (type->rows ? BATCH : 1)) * dtype_size(type->type);
}

static void fill(struct operand *operand) {
  size_t n = bytes_of(&operand->type) / dtype_size(operand->type.type);
  for (size_t i = 0; i < n; i++)
    if (operand->type.type == U8) ((uint8_t *)operand->data)[i] = (uint8_t)(random_unit(random_bits(3, i)) * 4);
    else ((float *)operand->data)[i] = (float)random_unit(random_bits(7, i)) - 0.25f;
}

static size_t most(size_t a, size_t b) { return a > b ? a : b; }

/* Everything a call needs; false where there is no memory. */
static bool call_make(const struct bench *bench, struct pool *pool, struct call *call) {
  *call = (struct call){.op = bench->op,
                        .attr = &bench->attr,
                        .rows = BATCH,
                        .batch = BATCH,
                        .inputs = bench->inputs,
                        .pool = pool,
                        .step_context = &step_context};
  bool good = true;
  for (int k = 0; k < bench->inputs; k++) {
    call->in[k] = (struct operand){block_alloc(bytes_of(&bench->in[k])), bench->in[k]};
    good &= call->in[k].data != NULL;
  }
  size_t bytes = bytes_of(&bench->out);
  if (kernel_adds(bench->op)) bytes = most(bytes, kernel_partial(bench->op, &bench->attr, bench->in, &bench->out));
  call->out = (struct operand){block_alloc(bytes), bench->out};
  call->scratch = block_alloc(
      64 + kernel_scratch(bench->op, &bench->attr, bench->in, &bench->out, BATCH, pool_threads(pool)));
  size_t shared = kernel_shared(bench->op, &bench->attr, bench->in, &bench->out, BATCH);
  call->shared = shared ? block_alloc(shared) : NULL;
  if (!good || !call->out.data || !call->scratch || (shared && !call->shared)) return false;
  for (int k = 0; k < bench->inputs; k++) fill(&call->in[k]);
  struct call make = *call;
  make.out.data = (void *)call->shared;
  kernel_prepare(&make);
  return true;
}

static void call_free(struct call *call) {
  for (int k = 0; k < call->inputs; k++) free(call->in[k].data);
  free(call->out.data);
  free(call->scratch);
  free((void *)call->shared);
}

/* As many rows as the batch has, `rows` at a time, always the same ones. */
static void run_tiles(const struct call *whole, int64_t rows) {
  for (int64_t at = 0; at < BATCH; at += rows) {
    struct call call = *whole;
    call.first_row = at;
    call.rows = rows < BATCH - at ? rows : BATCH - at;
    call.part = rows < BATCH && kernel_adds(call.op);
    call.add = call.part && at;
    if (rows < BATCH) call.pool = NULL;
    kernel_fast[call.op](&call);
  }
}

static double best_of_tiles(const struct call *call, int64_t rows) {
  double best = 1e9;
  for (int i = 0; i < REPEATS; i++) {
    double start = now();
    run_tiles(call, rows);
    double took = now() - start;
    if (took < best) best = took;
  }
  return best;
}

/* OpenBLAS on a row's product, as if its operands lay in memory as matrices; matrix products on all rows. */
static double best_of_blas(const struct bench *bench) {
  bool rows = bench->op == OP_matmul, sums = bench->op == OP_matmul_rows;
  int m = bench->product.m * (rows ? BATCH : 1), n = bench->product.n, k = bench->product.k * (sums ? BATCH : 1);
  float *a = block_alloc(sizeof *a * (size_t)m * (size_t)k), *b = block_alloc(sizeof *b * (size_t)k * (size_t)n);
  float *c = block_alloc(sizeof *c * (size_t)m * (size_t)n);
  double best = 1e9;
  for (int i = 0; a && b && c && i < REPEATS; i++) {
    double start = now();
    for (int row = 0; row < (rows || sums ? 1 : BATCH); row++)
      cblas_sgemm(CblasRowMajor, sums ? CblasTrans : CblasNoTrans, CblasNoTrans, m, n, k, 1, a, sums ? m : k, b, n, 0,
                  c, n);
    double took = now() - start;
    if (took < best) best = took;
  }
  free(a), free(b), free(c);
  return best;
}

static void run(const struct bench *bench, struct pool *pool) {
  struct call call;
  if (call_make(bench, pool, &call) && bench->product.m) {
    static const int64_t rows[] = {1, 4, 13, BATCH};
    double work = 2e-9 * BATCH * bench->product.m * bench->product.n * bench->product.k;
    printf("%-20s", bench->name);
    for (int i = 0; i < 4; i++)
      if (rows[i] == BATCH || bench->op != OP_matmul_rows) printf(" %7.1f", work / best_of_tiles(&call, rows[i]));
      else printf(" %7s", "");
    printf(" %9.1f\n", work / best_of_blas(bench));
  } else if (call.out.data) {
    size_t bytes = bytes_of(&bench->out);
    for (int k = 0; k < bench->inputs; k++) bytes += bytes_of(&bench->in[k]);
    double best = best_of_tiles(&call, BATCH);
    printf("%-20s %9.3f ms %7.1f GB/s\n", bench->name, best * 1e3, 1e-9 * (double)bytes / best);
  }
  call_free(&call);
}

int main(int argc, char **argv) {
  struct pool *pool = pool_new(argc > 1 && atoi(argv[1]) > 1 ? atoi(argv[1]) : 1);
  if (!pool) return 1;
  kernels_start();
  printf("%-20s %7s %7s %7s %7s %9s\n", "GFLOP/s, rows a call", "1", "4", "13", "all", "OpenBLAS");
  for (size_t i = 0; i < sizeof benches / sizeof *benches; i++)
    if (argc < 3 || !strcmp(argv[2], benches[i].name)) run(&benches[i], pool);
  pool_free(pool);
  return 0;
}
