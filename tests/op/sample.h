/* Samples of operations: settings, shapes and inputs drawn from a seed, so that (operation, seed, size) says all.
 *
 * Every operation that has a kernel has a maker of samples; one without does not compile.  Ownership: a sample owns
 * nothing; the arrays of a trial belong to the trial. */
#ifndef TESTS_OP_SAMPLE_H
#define TESTS_OP_SAMPLE_H
#include "kern/kern.h"
#include "tests/op/typed.h"

enum sample_size {
  TINY, /* a handful of elements: every one is perturbed */
  WIDE, /* several tiles, odd sizes */
};

struct sample {
  enum op op;
  uint64_t seed;
  struct attr attr;
  int inputs;
  struct value_type in[MAX_INPUTS], out;
  enum op_domain domain[MAX_INPUTS]; /* the operation's, where the maker says no other */
  int64_t rows;
};

/* False for operations without kernels of their own (views, bound leaves).  Aborts the test where op_infer does not
 * take what the maker made. */
bool sample_make(struct sample *sample, enum op op, uint64_t seed, enum sample_size size);

int64_t sample_elements(const struct sample *sample, const struct value_type *type);

/* Input k's elements from its operation's domain; every number is one that a float holds. */
void sample_fill(const struct sample *sample, int input, double *values);
/* Numbers with many ties, zeros of both signs and a few that are none, for comparisons. */
void sample_fill_ties(const struct sample *sample, int input, double *values);

/* "op seed size: shapes", to be printed where a check fails. */
const char *sample_string(const struct sample *sample, enum sample_size size);

/* The reference kernel's result for inputs given as doubles; result holds out's elements. */
void reference_run(const struct sample *sample, double *const *inputs, double *result);

#endif
