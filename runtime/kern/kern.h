/* Kernels: one call carries out one operation on plain memory.
 *
 * There are two for each operation: the fast one, in single precision, on vectors and threads, and the reference,
 * in double, written to be obviously right.  In reference calls every F32 operand holds doubles (8 bytes an
 * element); U8 and integer operands are the same in both.
 *
 * Results of fast kernels do not depend on the number of threads: work is cut into tiles fixed by the problem's
 * sizes, and partial sums are added in a fixed order.  Nor does a row's result depend on which others are in the call.
 *
 * Ownership: a call borrows all its memory. */
#ifndef KERN_KERN_H
#define KERN_KERN_H
#include <stdatomic.h>

#include "base/pool.h"
#include "op/op.h"

struct operand {
  void *data;
  struct value_type type;
};

/* What draws and clocks read. */
struct step_context {
  uint64_t seed;
  uint64_t step;                    /* draws differ from step to step */
  const int64_t *row_ids;           /* of the current rows; NULL: 0, 1, 2, ... */
  const int64_t *const *row_ids_of; /* where a step has rows of several tables: by table; else NULL */
  double clock[CLOCKS];
};

/* Why a step could not be done: the first row of which a kernel said so with kernel_fails. */
struct failure {
  atomic_flag busy;
  int64_t row;      /* in the batch; -1 where there are no rows */
  char reason[160]; /* empty: it was done */
};

struct call {
  enum op op;
  const struct attr *attr;
  int64_t rows;  /* current; operands without rows hold one value */
  int64_t batch; /* rows in the whole batch, of which a call may have only some */
  int inputs;
  struct operand in[MAX_INPUTS], out;
  int64_t first_row;  /* the number in the batch of the first of these rows */
  int64_t first_line; /* kernel_lines: the first of the result's lines that out is; out.type says how many they are */
  bool part;          /* kernel_adds: out.data is kernel_partial() bytes in the kernel's own order */
  bool add;           /* kernel_adds: the result is added to what is in out; only with part */
  const void *shared; /* kernel_shared() bytes, 64-byte aligned, as kernel_prepare left them */
  void *scratch;      /* kernel_scratch() bytes, 64-byte aligned, contents undefined */
  struct pool *pool;  /* NULL: the calling thread alone */
  const struct step_context *step_context;
  struct failure *failure; /* NULL for operations that cannot FAIL */
};

/* For a kernel of an operation that FAILS: says why it cannot do row `row` of these, in a few words.  It fills that
 * row's result with NaN and goes on. */
void kernel_fails(const struct call *call, int64_t row, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What Cholesky's decompositions say. */
static inline void fails_at_pivot(const struct call *call, int64_t row, int64_t at, int64_t n, double pivot) {
  kernel_fails(call, row, "the matrix is not positive definite: pivot %d of %d is %.3g", (int)at + 1, (int)n, pivot);
}

typedef void kernel(const struct call *call);

/* Both tables have an entry for every operation of class ELEMENTWISE, KERNEL, and for the leaves constant, uniform,
 * normal, rows and clock (variable and column are bound by the executor, views are free). */
extern kernel *const kernel_fast[OP_COUNT];
extern kernel *const kernel_reference[OP_COUNT];

/* Bytes of scratch that the fast kernel of this operation needs for at most `rows` rows with `threads` threads, or
 * with 0 for calls with `part`; the reference kernels need none. */
size_t kernel_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                      int64_t rows, int threads);

/* What all tiles of a call read and is made once a step, such as filters in the order in which a kernel wants
 * them: before its first call, kernel_prepare (which may have nothing to make) fills kernel_shared() bytes, given as
 * call.out.data, from the inputs but for the first, and of those with rows only where the operation CONTRACTS: they are
 * the only ones whose elements it looks at; out.type is the result's.  Calls of one operation whose other inputs,
 * settings and sizes are the same share what it makes.  rows: of the whole batch, at most; where nothing is to be made
 * for so few, 0 bytes, and call.shared is NULL. */
kernel kernel_prepare;
size_t kernel_shared(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                     int64_t rows);

/* A large sum over rows, some lines of the result at a time: positions on its first axis, of which a call makes those
 * that first_line and out.type say, with the bits that they have in the whole.  How many lines calls should make at a
 * time; 0 where they make the whole. */
int64_t kernel_lines(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                     int64_t rows);

/* Sums over rows, a chunk of rows at a time.  For an operation that CONTRACTS and of which kernel_adds is true,
 * calls on some of the rows may have `part` set: out.data is then kernel_partial() bytes of memory, aligned to 64,
 * which hold the sum in whatever order and type suits the kernel; the first call on a chunk sets it, and further
 * calls with `add` add their rows to it.  Once all chunks are done, kernel_finish adds `parts` such sums, which lie
 * kernel_partial() bytes (a multiple of 64) apart, in their order into call.out, which is of the natural type.
 * kernel_finish looks at op, attr, the types of in, out and pool.  Calls with `part` have no pool; without it, a
 * call is for the whole sum as ever. */
bool kernel_adds(enum op op);
size_t kernel_partial(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out);
void kernel_finish(const struct call *call, const void *partial, int parts);

/* An elementwise call without rows of which nothing has to be asked any more: one loop, over numbers that lie one after
 * another, in which operand `number` (-1: none) is a single one.  elements_run_of says whether a call is so;
 * elements_carry_out does n elements of x[0 .. 2], of which those that the operation does not have are any that are
 * there. */
typedef void elements_loop(float *out, const float *x, const float *y, const float *z, float p, float q, int64_t n);
struct elements_run {
  elements_loop *loop;
  int number;
  float p, q;
};
bool elements_run_of(const struct call *call, struct elements_run *run);
elements_loop sum_of_multiples, multiple_and_number; /* p x + q y, and p x + q */
void elements_carry_out(const struct elements_run *run, float *out, const float *const *x, int64_t n);

/* True where the fast kernel may write its result over input k (same type, both or neither with rows). */
bool kernel_in_place(enum op op, int input);

/* Call before the first kernel and before sizes are asked for: makes OpenBLAS, which eval/ uses, single-threaded,
 * and settles the instruction set. */
void kernels_start(void);

/* Number of values that are infinite or not numbers among n; the executor's check. */
int64_t count_not_finite(const float *values, int64_t n);

#endif
