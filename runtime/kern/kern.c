/* The two tables of kernels, expanded from ops.def, so that an operation without a fast or a reference kernel does
 * not link; and what the executor asks about them. */
#include "kern/kern.h"

#include <cblas.h>
#include <string.h>

#include "kern/conv.h"
#include "kern/inner.h"
#include "kern/micro.h"
#include "kern/reference.h"

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

static const struct kernel_facts facts[OP_COUNT] = {
#define RUNS(...) __VA_ARGS__
#define OP(name, class, arity, shape, facts, ...) [OP_##name] = {class, facts},
#include "op/ops.def"
#undef OP
};

size_t kernel_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                      int64_t rows, int threads) {
  return facts[op].scratch ? facts[op].scratch(op, attr, in, out, rows, threads) : 0;
}

size_t kernel_shared(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                     int64_t rows) {
  return facts[op].shared ? facts[op].shared(op, attr, in, out, rows) : 0;
}

int64_t kernel_lines(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                     int64_t rows) {
  return facts[op].lines ? facts[op].lines(op, attr, in, out, rows) : 0;
}

void kernel_prepare(const struct call *call) {
  if (facts[call->op].prepare) facts[call->op].prepare(call);
}

bool kernel_adds(enum op op) { return facts[op].sums; }

static size_t to_cache_line(size_t bytes) { return bytes > SIZE_MAX - 63 ? SIZE_MAX : (bytes + 63) / 64 * 64; }

size_t kernel_partial(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out) {
  size_t own = facts[op].partial ? facts[op].partial(op, attr, in, out) : 0;
  size_t each = facts[op].sums == ADDS_DOUBLES ? sizeof(double) : sizeof(float);
  return to_cache_line(own ? own : size_product((size_t)shape_count(out->shape), each));
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
  if (facts[call->op].finish && facts[call->op].finish(call, partial, parts)) return;
  for (int k = 0; k < call->inputs; k++) in[k] = call->in[k].type;
  size_t step = kernel_partial(call->op, call->attr, in, &call->out.type);
  struct partial_sums sums = {partial, step, parts, facts[call->op].sums == ADDS_DOUBLES};
  run_tiles(&(struct tiles){call, &sums, operand_count(&call->out), 4096, finish_tile});
}

bool kernel_in_place(enum op op, int input) {
  return facts[op].class == ELEMENTWISE || input_in(facts[op].in_place, input);
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
