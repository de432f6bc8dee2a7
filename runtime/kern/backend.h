/* A backend: a set of kernels, and the memory that they work on, in one table.  The executor reaches both through it
 * alone, so another processor is another folder with a table like these.
 *
 *   backend_fast       single precision, on vectors and threads
 *   backend_reference  double precision, written to be obviously right; one call for all rows
 *
 * Both work on the host's memory.  Tables stand for ever. */
#ifndef KERN_BACKEND_H
#define KERN_BACKEND_H
#include "kern/kern.h"
#include "op/traits.h"

struct backend {
  const char *name;
  struct kernel_traits traits;
  /* A block aligned to 64 bytes and filled with zeros, or NULL where there is no memory. */
  void *(*alloc)(size_t bytes);
  void (*free)(void *block);
  void (*copy)(void *to, const void *from, size_t bytes);
  kernel *const *run; /* by operation: carries out a call */
  kernel *prepare;    /* makes what calls share, as kernel_prepare */
  void (*finish)(const struct call *call, const void *partial, int parts); /* adds up parts, as kernel_finish */
  /* A short way to carry out some elementwise calls, as elements_run_of and elements_carry_out; NULL: there is none. */
  bool (*elements_run)(const struct call *call, struct elements_run *run);
  elements_loop *sum_of_multiples, *multiple_and_number;
  void (*elements_carry_out)(const struct elements_run *run, float *out, const float *const *x, int64_t n);
  double (*number)(const struct operand *operand);                    /* its first element */
  int64_t (*not_finite)(const struct operand *operand, int64_t rows); /* elements that are infinite or no numbers */
};

/* Each starts its kernels (kernels_start) when it is first asked for. */
const struct backend *backend_fast(void);
const struct backend *backend_reference(void);

/* Bytes of an F32 element. */
static inline size_t backend_element(const struct backend *backend) { return dtype_size(backend->traits.real); }

#endif
