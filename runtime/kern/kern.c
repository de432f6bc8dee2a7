/* The two tables of kernels, expanded from ops.def, so that an operation without a fast or a reference kernel does
 * not link; and what the executor asks about them. */
#include "kern/kern.h"

#include <cblas.h>
#include <string.h>

#include "kern/conv.h"
#include "kern/inner.h"
#include "kern/micro.h"

/* Bound by the executor, not computed. */
#define fast_variable NULL
#define fast_column NULL
#define reference_variable NULL
#define reference_column NULL

#define ENTRY_LEAF(kind, name) kind##_##name
#define ENTRY_ELEMENTWISE(kind, name) elementwise_##kind
#define ENTRY_VIEW(kind, name) NULL
#define ENTRY_KERNEL(kind, name) kind##_##name

kernel *const kernel_fast[OP_COUNT] = {
#define OP(name, class, ...) [OP_##name] = ENTRY_##class(fast, name),
#include "op/ops.def"
#undef OP
};

kernel *const kernel_reference[OP_COUNT] = {
#define OP(name, class, ...) [OP_##name] = ENTRY_##class(reference, name),
#include "op/ops.def"
#undef OP
};

size_t kernel_scratch(enum op op, const struct attr *attr, const struct value_type *in,
                      const struct value_type *out, int64_t rows, int threads) {
  switch (op) {
    case OP_matmul_rows: return matmul_rows_scratch(in, rows, threads);
    case OP_conv2d:
    case OP_conv2d_input:
    case OP_conv2d_weights: return conv_scratch(op, attr, in, out, rows, threads);
    case OP_resize:
    case OP_resize_back: return resize_scratch(in, threads);
    default: return 0;
  }
}

kernel *const kernel_prepare[OP_COUNT] = {
    [OP_matmul] = prepare_matmul,
    [OP_conv2d] = prepare_conv2d,
    [OP_conv2d_input] = prepare_conv2d_input,
    [OP_resize] = prepare_resize,
    [OP_resize_back] = prepare_resize,
    [OP_batch_norm] = prepare_batch_norm,
    [OP_batch_norm_input] = prepare_batch_norm_input,
};

size_t kernel_shared(enum op op, const struct attr *attr, const struct value_type *in,
                     const struct value_type *out) {
  switch (op) {
    case OP_matmul: return matmul_shared(in, out);
    case OP_conv2d:
    case OP_conv2d_input: return conv_shared(op, attr, in, out);
    case OP_resize:
    case OP_resize_back: return resize_shared(attr, in);
    case OP_batch_norm:
    case OP_batch_norm_input: return batch_norm_shared(attr, &in[0]);
    default: return 0;
  }
}

/* Whose partial sums are doubles in the result's order. */
static bool adds_doubles(enum op op) { return op == OP_batch_norm_scale || op == OP_sum_rows; }

bool kernel_adds(enum op op) { return adds_doubles(op) || op == OP_conv2d_weights; }

static size_t to_line(size_t bytes) { return bytes > SIZE_MAX - 63 ? SIZE_MAX : (bytes + 63) / 64 * 64; }

size_t kernel_partial(enum op op, const struct attr *attr, const struct value_type *in,
                      const struct value_type *out) {
  size_t own = op == OP_conv2d_weights ? conv_partial(attr, in, out) : 0;
  size_t each = adds_doubles(op) ? sizeof(double) : sizeof(float);
  return to_line(own ? own : size_product((size_t)shape_count(out->shape), each));
}

struct partial_sums {
  const char *first;
  size_t step;
  int parts;
  bool doubles;
};

static void finish_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct partial_sums *sums = tiles->plan;
  float *out = tiles->call->out.data;
  for (int64_t at = from; at < to; at++) {
    double sum = 0;
    for (int part = 0; part < sums->parts; part++) {
      const void *memory = sums->first + (size_t)part * sums->step;
      sum += sums->doubles ? ((const double *)memory)[at] : (double)((const float *)memory)[at];
    }
    out[at] = (float)sum;
  }
}

void kernel_finish(const struct call *call, const void *partial, int parts) {
  struct value_type in[MAX_INPUTS];
  if (call->op == OP_conv2d_weights && conv_finish(call, partial, parts)) return;
  for (int k = 0; k < call->inputs; k++) in[k] = call->in[k].type;
  size_t step = kernel_partial(call->op, call->attr, in, &call->out.type);
  struct partial_sums sums = {partial, step, parts, adds_doubles(call->op)};
  run_tiles(&(struct tiles){call, &sums, operand_count(&call->out), 4096, finish_tile});
}

bool kernel_in_place(enum op op, int input) {
  switch (op) {
#define PLACE_LEAF(name)
#define PLACE_ELEMENTWISE(name) case OP_##name:
#define PLACE_VIEW(name)
#define PLACE_KERNEL(name)
#define OP(name, class, ...) PLACE_##class(name)
#include "op/ops.def"
#undef OP
      return true;
    case OP_batch_norm: return input == 0;
    case OP_batch_norm_input: return input <= 1;
    default: return false;
  }
}

void kernels_start(void) {
  openblas_set_num_threads(1);
  micro_start();
}

enum { FINITE_BLOCK = 256 };

VECTOR_CLONES static int64_t not_finite_in_block(const uint32_t *bits) {
  uint32_t found = 0;
  for (int i = 0; i < FINITE_BLOCK; i++) found += (bits[i] & 0x7f800000u) == 0x7f800000u;
  return found;
}

int64_t count_not_finite(const float *values, int64_t n) {
  uint32_t bits[FINITE_BLOCK];
  int64_t found = 0;
  for (int64_t at = 0; at < n; at += FINITE_BLOCK) {
    size_t here = (size_t)smaller(FINITE_BLOCK, n - at);
    if (here < FINITE_BLOCK) memset(bits, 0, sizeof bits);
    memcpy(bits, values + at, here * sizeof *values);
    found += not_finite_in_block(bits);
  }
  return found;
}
