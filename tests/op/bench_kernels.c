/* How fast the kernels are on the shapes of CorrMCNN at batch 100, beside a plain matrix product that fits in a
 * cache.  Not a test: run by hand, `bench_kernels [threads [name]]`.  Prints, for each, milliseconds (best of
 * several) and GFLOP/s or GB/s, and what share of the plain product's speed it reaches. */
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
static const struct moment moment = {.seed = 1};
static double peak; /* FLOP a second of the plain product, all threads */

struct bench {
  const char *name;
  enum op op;
  int inputs;
  struct attr attr;
  struct value_type in[MAX_INPUTS], out;
  double work; /* FLOP a call; 0: report memory traffic */
};

#define R(...) {F32, {sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t), {__VA_ARGS__}}, true}
#define N(...) {F32, {sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t), {__VA_ARGS__}}, false}
#define B(...) {U8, {sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t), {__VA_ARGS__}}, true}

static const struct bench benches[] = {
    {"conv1", OP_conv2d, 2, {.i = {1, 0}}, {R(1, 28, 14), N(128, 1, 3, 3)}, R(128, 26, 12), 2.0 * 128 * 9 * 312},
    {"conv1 weights", OP_conv2d_weights, 2, {.i = {1, 0, 3, 3}}, {R(1, 28, 14), R(128, 26, 12)}, N(128, 1, 3, 3),
     2.0 * 128 * 9 * 312},
    {"conv2", OP_conv2d, 2, {.i = {1, 0}}, {R(128, 13, 6), N(64, 128, 3, 3)}, R(64, 11, 4), 2.0 * 64 * 1152 * 44},
    {"conv2 input", OP_conv2d_input, 2, {.i = {1, 0, 13, 6}}, {R(64, 11, 4), N(64, 128, 3, 3)}, R(128, 13, 6),
     2.0 * 64 * 1152 * 44},
    {"conv2 weights", OP_conv2d_weights, 2, {.i = {1, 0, 3, 3}}, {R(128, 13, 6), R(64, 11, 4)}, N(64, 128, 3, 3),
     2.0 * 64 * 1152 * 44},
    {"deconv", OP_conv2d_input, 2, {.i = {1, 0, 28, 14}}, {R(3, 26, 12), N(3, 1, 3, 3)}, R(1, 28, 14),
     2.0 * 3 * 9 * 312},
    {"deconv input", OP_conv2d, 2, {.i = {1, 0}}, {R(1, 28, 14), N(3, 1, 3, 3)}, R(3, 26, 12), 2.0 * 3 * 9 * 312},
    {"dense 500", OP_matmul, 2, {.i = {1}}, {R(640), N(500, 640)}, R(500), 2.0 * 500 * 640},
    {"dense 500 input", OP_matmul, 2, {.i = {0}}, {R(500), N(500, 640)}, R(640), 2.0 * 500 * 640},
    {"dense 500 weights", OP_matmul_rows, 2, {.i = {0}}, {R(500), R(640)}, N(500, 640), 2.0 * 500 * 640},
    {"dense 294", OP_matmul, 2, {.i = {1}}, {R(50), N(294, 50)}, R(294), 2.0 * 294 * 50},
    {"relu", OP_relu, 1, {.i = {0}}, {R(128, 26, 12)}, R(128, 26, 12), 0},
    {"relu_back", OP_relu_back, 2, {.i = {0}}, {R(128, 13, 6), R(128, 13, 6)}, R(128, 13, 6), 0},
    {"add bias", OP_add, 2, {.i = {0}}, {R(500), N(500)}, R(500), 0},
    {"square", OP_square, 1, {.i = {0}}, {R(128, 13, 6)}, R(128, 13, 6), 0},
    {"sqrt", OP_sqrt, 1, {.i = {0}}, {N(500, 640)}, N(500, 640), 0},
    {"sigmoid", OP_sigmoid, 1, {.i = {0}}, {N(500, 640)}, N(500, 640), 0},
    {"mul number", OP_mul, 2, {.i = {0}}, {N(500, 640), N()}, N(500, 640), 0},
    {"spread", OP_spread, 1, {.i = {6}, .shape = {3, {128, 13, 6}}}, {N(128)}, N(128, 13, 6), 0},
    {"spread big", OP_spread, 1, {.i = {6}, .shape = {3, {128, 26, 12}}}, {R(128)}, R(128, 26, 12), 0},
    {"pool_argmax", OP_pool_argmax, 1, {.i = {2, 2}}, {R(128, 26, 12)}, B(128, 13, 6), 0},
    {"pool_take", OP_pool_take, 2, {.i = {2, 2}}, {R(128, 26, 12), B(128, 13, 6)}, R(128, 13, 6), 0},
    {"pool_put", OP_pool_put, 2, {.i = {2, 2, 26, 12}}, {R(128, 13, 6), B(128, 13, 6)}, R(128, 26, 12), 0},
    {"sum channels", OP_sum, 1, {.i = {6}}, {R(128, 13, 6)}, R(128), 0},
    {"sum channels big", OP_sum, 1, {.i = {6}}, {R(128, 26, 12)}, R(128), 0},
    {"sum all", OP_sum, 1, {.i = {7}}, {R(1, 28, 14)}, R(), 0},
    {"sum_rows", OP_sum_rows, 1, {.i = {0}}, {R(500)}, N(500), 0},
    {"batch_norm", OP_batch_norm, 5, {.f = {1e-5}}, {R(128, 13, 6), N(128), N(128), N(128), N(128)},
     R(128, 13, 6), 0},
    {"batch_norm_scale", OP_batch_norm_scale, 4, {.f = {1e-5}}, {R(128, 13, 6), R(128, 13, 6), N(128), N(128)},
     N(128), 0},
    {"batch_norm_input", OP_batch_norm_input, 7, {.f = {1e-5}},
     {R(128, 13, 6), R(128, 13, 6), N(128), N(128), N(128), N(128), N(128)}, R(128, 13, 6), 0},
    {"resize", OP_resize, 1, {.i = {26, 12, 0}}, {R(3, 14, 7)}, R(3, 26, 12), 0},
    {"resize_back", OP_resize_back, 1, {.i = {14, 7, 0}}, {R(3, 26, 12)}, R(3, 14, 7), 0},
    {"uniform", OP_uniform, 0, {.shape = {1, {500}}, .rows = true}, {{0}}, R(500), 0},
    {"normal", OP_normal, 0, {.shape = {1, {500}}, .rows = true}, {{0}}, R(500), 0},
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

static void run(const struct bench *bench, struct pool *pool) {
  struct call call = {.op = bench->op, .attr = &bench->attr, .rows = BATCH, .batch = BATCH, .inputs = bench->inputs, .pool = pool,
                      .moment = &moment};
  size_t bytes = bytes_of(&bench->out);
  for (int k = 0; k < bench->inputs; k++) {
    call.in[k] = (struct operand){block_alloc(bytes_of(&bench->in[k])), bench->in[k]};
    if (!call.in[k].data) return;
    fill(&call.in[k]);
    bytes += bytes_of(&bench->in[k]);
  }
  call.out = (struct operand){block_alloc(bytes_of(&bench->out)), bench->out};
  call.scratch = block_alloc(64 + kernel_scratch(bench->op, &bench->attr, bench->in, &bench->out, bench->inputs,
                                                 BATCH, pool_threads(pool)));
  call.shared = block_alloc(64 + kernel_shared(bench->op, &bench->attr, bench->in, &bench->out));
  if (kernel_prepare[bench->op]) {
    struct call make = call;
    make.out.data = (void *)call.shared;
    kernel_prepare[bench->op](&make);
  }
  double best = 1e9;
  for (int i = 0; i < REPEATS; i++) {
    double start = now();
    kernel_fast[bench->op](&call);
    double took = now() - start;
    if (took < best) best = took;
  }
  printf("%-20s %9.3f ms", bench->name, best * 1e3);
  if (bench->work > 0)
    printf("  %7.1f GFLOP/s  %3.0f %% of the plain product\n", 1e-9 * BATCH * bench->work / best,
           100 * BATCH * bench->work / best / peak);
  else printf("  %7.1f GB/s\n", 1e-9 * (double)bytes / best);
  for (int k = 0; k < bench->inputs; k++) free(call.in[k].data);
  free(call.out.data);
  free(call.scratch);
  free((void *)call.shared);
}

/* A product of 512 x 512 matrices on each thread. */
enum { SIDE = 512 };
static void plain_product(void *context, int tile, int worker) {
  (void)worker;
  float *at = (float *)context + (size_t)tile * 3 * SIDE * SIDE;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, at, SIDE, at + SIDE * SIDE, SIDE, 0,
              at + 2 * SIDE * SIDE, SIDE);
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  struct pool *pool = pool_new(threads < 1 ? 1 : threads);
  float *memory = block_alloc((size_t)pool_threads(pool) * 3 * SIDE * SIDE * sizeof *memory);
  if (!pool || !memory) return 1;
  kernels_start();
  double best = 1e9;
  for (int i = 0; i < REPEATS; i++) {
    double start = now();
    pool_run(pool, pool_threads(pool), plain_product, memory);
    double took = now() - start;
    if (took < best) best = took;
  }
  peak = 2.0 * SIDE * SIDE * SIDE * pool_threads(pool) / best;
  printf("%-20s %9.3f ms  %7.1f GFLOP/s\n", "plain product", best * 1e3, 1e-9 * peak);
  for (size_t i = 0; i < sizeof benches / sizeof *benches; i++)
    if (argc < 3 || !strcmp(argv[2], benches[i].name)) run(&benches[i], pool);
  free(memory);
  pool_free(pool);
  return 0;
}
