/* What two views score before anything is learned, by the same protocols: the raw features of one view alone, and
 * linear CCA.  On the halves of MNIST these are published figures, so they also test the protocols themselves.
 *
 * Ownership: nothing is kept. */
#ifndef EVAL_BASELINE_H
#define EVAL_BASELINE_H
#include "eval/transfer.h"

struct baseline {
  double raw_a, raw_b; /* cross-validated accuracy of one view's raw features */
  double cca_sum;      /* summed correlation of k linear variates, fitted on train, scored on test */
  struct transfer cca; /* transfer between these variates */
};

/* k: how many variates.  ridge as in cca_fit. */
bool baseline_measure(const struct array *train_a, const struct array *train_b, const struct array *test_a,
                      const struct array *test_b, const struct array *test_labels, int64_t k, double ridge,
                      struct watch watch, struct baseline *result, struct fault *fault);

#endif
