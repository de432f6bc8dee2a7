/* Kernels: one call carries out one operation on plain memory.
 *
 * There are two for each operation: the fast one, in single precision, on OpenBLAS and threads, and the reference,
 * in double, written to be obviously right.  In reference calls every F32 operand holds doubles (8 bytes an
 * element); U8 and integer operands are the same in both.
 *
 * Results of fast kernels do not depend on the number of threads: work is cut into tiles fixed by the problem's
 * sizes, OpenBLAS is called single-threaded on each, and partial sums are added in a fixed order.
 *
 * Ownership: a call borrows all its memory. */
#ifndef KERN_KERN_H
#define KERN_KERN_H
#include "base/pool.h"
#include "op/op.h"

struct operand {
  void *data;
  struct value_type type;
};

/* What draws and clocks read. */
struct moment {
  uint64_t seed;
  uint64_t round;         /* draws differ from round to round */
  const int64_t *row_ids; /* of the rows at hand; NULL: 0, 1, 2, ... */
  double clock[4];        /* as the clock operation numbers them */
};

struct call {
  enum op op;
  const struct attr *attr;
  int64_t rows;  /* at hand; operands without rows hold one value */
  int64_t batch; /* rows in the whole batch, of which a call may have only some */
  int inputs;
  struct operand in[MAX_INPUTS], out;
  int64_t first_row;  /* the number in the batch of the first of these rows */
  bool add;           /* kernel_adds: the result is added to what is in out */
  const void *shared; /* kernel_shared() bytes, 64-byte aligned, as kernel_prepare left them */
  void *scratch;      /* kernel_scratch() bytes, 64-byte aligned, contents undefined */
  struct pool *pool;  /* NULL: the calling thread alone */
  const struct moment *moment;
};

typedef void kernel(const struct call *call);

/* Both tables have an entry for every operation of class ELEMENTWISE, KERNEL, and for the leaves constant, uniform,
 * normal, rows and clock (variable and column are bound by the executor, views are free). */
extern kernel *const kernel_fast[OP_COUNT];
extern kernel *const kernel_reference[OP_COUNT];

/* Bytes of scratch that the fast kernel of this operation needs for at most `rows` rows with `threads` threads; the
 * reference kernels need none. */
size_t kernel_scratch(enum op op, const struct attr *attr, const struct value_type *in,
                      const struct value_type *out, int inputs, int64_t rows, int threads);

/* What all tiles of a call read and is made once a step, such as filters in the order in which a kernel wants them:
 * before its first call, kernel_prepare[op] (NULL where there is nothing to make) fills kernel_shared() bytes, given
 * as call.out.data, from the inputs without rows, which are the only ones it looks at. */
extern kernel *const kernel_prepare[OP_COUNT];
size_t kernel_shared(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out);

/* True for an operation that CONTRACTS and whose fast kernel heeds call.add. */
bool kernel_adds(enum op op);

/* True where the fast kernel may write its result over input k (same type, both or neither with rows). */
bool kernel_in_place(enum op op, int input);

/* Call once before the first kernel: makes OpenBLAS single-threaded. */
void kernels_start(void);

/* Number of values that are infinite or not numbers among n; the executor's check. */
int64_t count_not_finite(const float *values, int64_t n);

#endif
