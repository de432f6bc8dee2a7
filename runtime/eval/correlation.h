/* How much two codes of the same samples agree.
 *
 * Sum correlation (Chandar, Khapra, Larochelle and Ravindran 2016, section 2.2): Pearson's r of each coordinate
 * over all rows, summed over coordinates; a coordinate that does not vary, but for rounding, in one of the codes counts
 * 0.  It does not punish redundancy, so it is to be read together with the canonical correlation and the effective
 * rank. 
 * Effective rank (Roy and Vetterli 2007): exp of the entropy of the normalised singular values of the centred
 * codes.
 *
 * Codes are F32 arrays with rows; a row of any shape is flattened.  Everything is summed in double, in a fixed
 * order, OpenBLAS on one thread: the metrics are the same bits for every number of threads.
 * Ownership: nothing is kept; results are filled in place.  All return false and fill the error on bad input. */
#ifndef EVAL_CORRELATION_H
#define EVAL_CORRELATION_H
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "eval/watch.h"

/* Sum over coordinates of r(a, b).  Needs equal rows (at least 2) and equal widths.  With a key, b's rows are
 * permuted by it: what unrelated pairs of these codes score; NULL pairs them as they stand. */
bool correlation_sum(const struct array *a, const struct array *b, const uint64_t *key, double *sum,
                     struct error *error);

/* Between 1 and the width; refused where nothing varies. */
bool effective_rank(const struct array *codes, double *rank, struct error *error);

/* Everything there is to say of two codes of one width.  Codes of train only fit the canonical directions.  A part that
 * cannot be measured loses no other. */
struct agreement {
  int64_t width;                      /* of a code: the bound of sum and canonical */
  double sum, sum_chance;             /* on test; chance: test pairs shuffled */
  double canonical, canonical_chance; /* fitted on train, scored on test; chance: both with their pairs shuffled */
  double canonical_train;             /* on the samples it was fitted to */
  double rank_a, rank_b;              /* effective ranks on test */
  /* why a part was not measured: kind ERROR_NUMBER */
  struct error not_sum, not_canonical, not_canonical_chance, not_rank_a, not_rank_b;
};

bool agreement_measure(const struct array *train_a, const struct array *train_b, const struct array *test_a,
                       const struct array *test_b, uint64_t seed, struct watch watch, struct agreement *result,
                       struct error *error);

#endif
