/* What the kernels share among themselves: how a call's operands are walked, how work is cut into tiles, and the
 * list of fast kernels.
 *
 * Rows.  A result with rows has one sample for each current row, one without has a single one; an operand without
 * rows is the same for every sample.  An operation that sums over rows walks the current rows where one of its
 * inputs has rows, and the one sample there is where none has.
 *
 * Ownership: nothing here owns anything. */
#ifndef KERN_INNER_H
#define KERN_INNER_H
#include "base/arena.h"
#include "kern/kern.h"

/* The loops worth it are compiled once for each of these instruction sets, and the loader takes the best that the
 * machine has.  Contraction to fused operations stays off, so only the sums' order could differ, and the code
 * fixes it. */
#if defined __SANITIZE_THREAD__
#define THREAD_SANITIZER 1 /* it cannot start a program whose functions are chosen by the loader */
#elif defined __has_feature
#define THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define THREAD_SANITIZER 0
#endif
#if defined __x86_64__ && defined __GLIBC__ && !THREAD_SANITIZER && \
    ((defined __clang__ && __clang_major__ >= 14) || (!defined __clang__ && __GNUC__ >= 9))
#define VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VECTOR_CLONES
#endif

/* Before a loop over registers: short, and known to the compiler. */
#if defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Before a loop whose steps each read operands at one offset and write the result there, which may be the same
 * memory: no step reads what another writes, so they may be done together. */
#if defined __clang__
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined __GNUC__
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* a * b, or INT64_MAX where that overflows; for sizes asked about before anything that large is allocated. */
static inline int64_t product(int64_t a, int64_t b) {
  int64_t c;
  return __builtin_mul_overflow(a, b, &c) ? INT64_MAX : c;
}

static inline int64_t operand_count(const struct operand *operand) { return shape_count(operand->type.shape); }

/* Lines of the result. */
static inline int64_t result_samples(const struct call *call) { return call->out.type.rows ? call->rows : 1; }

/* Lines that an operation which sums over rows walks. */
static inline int64_t input_samples(const struct call *call) {
  for (int k = 0; k < call->inputs; k++)
    if (call->in[k].type.rows) return call->rows;
  return 1;
}

/* A row of an operand in the fast kernels' types. */
static inline const float *float_row(const struct operand *operand, int64_t line) {
  return (const float *)operand->data + (operand->type.rows ? line * operand_count(operand) : 0);
}
static inline float *float_out(const struct call *call, int64_t line) {
  return (float *)call->out.data + line * operand_count(&call->out);
}
static inline const uint8_t *byte_row(const struct operand *operand, int64_t line) {
  return (const uint8_t *)operand->data + (operand->type.rows ? line * operand_count(operand) : 0);
}

/* Cuts 0 .. n - 1 into tiles of `each` (the last may be smaller) and runs them on the call's pool. */
struct tiles {
  const struct call *call;
  const void *plan; /* whatever the kernel prepared */
  int64_t n, each;
  void (*work)(const struct tiles *tiles, int64_t from, int64_t to, int worker);
};
void run_tiles(struct tiles *tiles);

/* Samples a tile when one sample costs `elements`: about 16384 elements. */
static inline int64_t samples_a_tile(int64_t elements) { return larger(1, 16384 / larger(1, elements)); }

/* The index below n that a number is, but for rounding; -1 where it is none. */
static inline int64_t index_below(double number, int64_t n) {
  const double rounding = 1.0 / 128;
  if (!(number > -rounding && number < (double)n - 1 + rounding)) return -1;
  int64_t index = (int64_t)(number + 0.5);
  double off = number - (double)index;
  return off < rounding && off > -rounding ? index : -1;
}

/* A result that is an integer, in the result's own type; wide: F32 operands hold doubles. */
double operand_get(const struct operand *operand, int64_t at, bool wide);
void operand_put(const struct operand *operand, int64_t at, double value, bool wide);

/* Adjacent axes of the same kind, merged: a shape as a short list of runs. */
struct runs {
  int n;
  int64_t size[MAX_RANK + 1];
  bool in_set[MAX_RANK + 1]; /* whether the run's axes are in the set */
};
struct runs merge_axes(struct shape shape, int64_t axes);

/* The windows of a convolution: input [c, h, w], filters [o, c_each, kh, kw], result [o, oh, ow]; where attr.i[4] is set,
 * images are [h, w, c].  Each group makes o_each channels of c_each. */
struct window {
  int64_t c, h, w, o, kh, kw, oh, ow, groups, c_each, o_each;
  struct steps down, across;
};
struct window conv_window(const struct call *call);

/* What the rows of ops.def say of fast kernels beside their names: RUNS(.field = ..), struct kernel_facts. */
typedef size_t bytes_rule(enum op op, const struct attr *attr, const struct value_type *in,
                          const struct value_type *out);
typedef size_t shared_rule(enum op op, const struct attr *attr, const struct value_type *in,
                           const struct value_type *out, int64_t rows);
typedef size_t scratch_rule(enum op op, const struct attr *attr, const struct value_type *in,
                            const struct value_type *out, int64_t rows, int threads);
typedef int64_t lines_rule(enum op op, const struct attr *attr, const struct value_type *in,
                           const struct value_type *out, int64_t rows);

enum { ADDS_DOUBLES = 1, ADDS_ITS_WAY }; /* the sum of a chunk: doubles in the result's order, or what `partial` says */

struct kernel_facts {
  enum op_class class;
  scratch_rule *scratch;
  shared_rule *shared; /* and what makes it: */
  kernel *prepare;
  lines_rule *lines;   /* NULL: the whole result */
  int sums;            /* one of the above where it adds up chunk by chunk; 0 where it cannot */
  bytes_rule *partial; /* 0, or NULL: floats in the result's order */
  bool (*finish)(const struct call *call, const void *partial, int parts); /* false where they are in that order */
  unsigned in_place; /* inputs that the result may be written over; of elementwise operations any */
};

scratch_rule spectral_scratch, matmul_each_scratch, order_scratch, matmul_rows_scratch, resize_scratch, matrix_scratch,
    vector_scratch;
shared_rule matmul_shared, matmul_rows_shared, resize_shared, batch_norm_shared;
lines_rule matmul_rows_lines;
kernel prepare_matmul, prepare_matmul_rows, prepare_resize, prepare_batch_norm, prepare_batch_norm_input;

/* Where resizing takes element `to` of an axis from: two elements and the weight of the second. */
struct tap {
  int64_t low, high;
  double weight;
};

/* Every fast kernel that is not generated from an expression, from the one table. */
#define KERNELS_LEAF(name) kernel fast_##name;
#define KERNELS_ELEMENTWISE(name)
#define KERNELS_VIEW(name)
#define KERNELS_KERNEL(name) kernel fast_##name;
#define OP(name, class, ...) KERNELS_##class(name)
#include "op/ops.def"
#undef OP
#undef KERNELS_LEAF
#undef KERNELS_ELEMENTWISE
#undef KERNELS_VIEW
#undef KERNELS_KERNEL
kernel elementwise_fast;

#endif
