#include "eval/baseline.h"

#include <stdlib.h>

#include "base/arena.h"
#include "eval/cca.h"
#include "eval/codes.h"
#include "eval/correlation.h"

/* Summed correlation of, and transfer between, the variates of the test views. */
static bool measure_variates(const struct cca *cca, const struct array *test_a, const struct array *test_b,
                             const struct array *labels, struct watch watch, struct baseline *result,
                             struct fault *fault) {
  size_t size = size_product((size_t)cca->k, sizeof(float));
  float *a = block_alloc(size_product((size_t)test_a->rows, size));
  float *b = block_alloc(size_product((size_t)test_b->rows, size));
  struct array za = {"left variates", F32, {1, {cca->k}}, test_a->rows, a};
  struct array zb = {"right variates", F32, {1, {cca->k}}, test_b->rows, b};
  bool ok = (a && b) || fault_set(fault, FAULT_DATA, "no memory for the canonical variates");
  ok = ok && cca_project(cca, 0, test_a, a, fault) && cca_project(cca, 1, test_b, b, fault) &&
       correlation_sum(&za, &zb, NULL, &result->cca_sum, fault) &&
       transfer_measure(&za, &zb, labels, watch, &result->cca, fault);
  free(a);
  free(b);
  return ok;
}

bool baseline_measure(const struct array *train_a, const struct array *train_b, const struct array *test_a,
                      const struct array *test_b, const struct array *test_labels, int64_t k, double ridge,
                      struct watch watch, struct baseline *result, struct fault *fault) {
  struct codes a, b;
  struct cca cca = {0};
  *result = (struct baseline){0};
  if (!codes_of_pair(&a, &b, test_a, test_b, fault)) return false;
  bool ok = transfer_accuracy(test_a, test_a, test_labels, watch, &result->raw_a, fault) &&
            transfer_accuracy(test_b, test_b, test_labels, watch, &result->raw_b, fault) &&
            cca_fit(&cca, train_a, train_b, k, ridge, NULL, fault) &&
            measure_variates(&cca, test_a, test_b, test_labels, watch, result, fault);
  cca_free(&cca);
  return ok;
}
