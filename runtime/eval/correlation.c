#include "eval/correlation.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "eval/cca.h"
#include "eval/codes.h"

/* The five sums of one coordinate.  Values are taken relative to the first row's: what does not vary is then
 * exactly zero, however its mean would have been rounded, and little cancels. */
static double pearson(const struct codes *a, const struct codes *b, const uint64_t *key, int64_t j) {
  double n = (double)a->n, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0, first_a = a->at[j], first_b = b->at[j];
  for (int64_t i = 0; i < a->n; i++) {
    sa += a->at[i * a->width + j] - first_a;
    sb += b->at[i * b->width + j] - first_b;
  }
  for (int64_t i = 0; i < a->n; i++) {
    double p = a->at[i * a->width + j] - first_a - sa / n;
    double q = b->at[codes_partner(key, b->n, i) * b->width + j] - first_b - sb / n;
    saa += p * p;
    sbb += q * q;
    sab += p * q;
  }
  return saa > 0 && sbb > 0 ? sab / (sqrt(saa) * sqrt(sbb)) : 0;
}

bool correlation_sum(const struct array *first, const struct array *second, const uint64_t *key, double *sum,
                     struct fault *fault) {
  struct codes a, b;
  if (!codes_of_pair(&a, &b, first, second, fault)) return false;
  if (a.width != b.width)
    return fault_set(fault, FAULT_DATA, "codes of %lld and of %lld numbers have no correlation by coordinate",
                     (long long)a.width, (long long)b.width);
  *sum = 0;
  for (int64_t j = 0; j < a.width; j++) *sum += pearson(&a, &b, key, j);
  return true;
}

/* Singular values of the centred matrix are the square roots of its scatter matrix's eigenvalues, up to a factor
 * that normalising removes.  Eigenvalues that are rounding noise count as 0. */
static double rank_of_spectrum(const double *eigenvalues, int64_t width) {
  double noise = eigenvalues[width - 1] * (double)width * 2.3e-16, total = 0, entropy = 0;
  for (int64_t i = 0; i < width; i++)
    if (eigenvalues[i] > noise) total += sqrt(eigenvalues[i]);
  if (!(total > 0)) return 0;
  for (int64_t i = 0; i < width; i++) {
    double p = eigenvalues[i] > noise ? sqrt(eigenvalues[i]) / total : 0;
    if (p > 0) entropy -= p * log(p);
  }
  return exp(entropy);
}

bool effective_rank(const struct array *array, double *rank, struct fault *fault) {
  struct codes codes;
  if (!codes_of(&codes, array, fault)) return false;
  int64_t width = codes.width;
  double *cov = doubles(width * width + 2 * width, fault);
  if (!cov) return false;
  double *mean = cov + width * width, *values = mean + width;
  codes_mean(&codes, mean);
  bool ok = codes_covariance(&codes, mean, &codes, mean, NULL, cov, fault) &&
            symmetric_eigen(cov, width, values, fault);
  if (ok) *rank = rank_of_spectrum(values, width);
  free(cov);
  return ok;
}

/* Fits on train and scores on test; a key shuffles the pairs of both. */
static bool canonical(const struct array *train_a, const struct array *train_b, const struct array *test_a,
                      const struct array *test_b, const uint64_t *key, double *on_train, double *on_test,
                      struct fault *fault) {
  struct cca cca;
  if (!cca_fit(&cca, train_a, train_b, 0, CCA_RIDGE, key, fault)) return false;
  bool ok = (!on_train || cca_score(&cca, train_a, train_b, key, on_train, fault)) &&
            cca_score(&cca, test_a, test_b, key, on_test, fault);
  cca_free(&cca);
  return ok;
}

bool agreement_measure(const struct array *train_a, const struct array *train_b, const struct array *test_a,
                       const struct array *test_b, uint64_t seed, struct watch watch, struct agreement *result,
                       struct fault *fault) {
  enum { SHUFFLED_PAIRS = 1 };
  uint64_t key = key_mix(seed, SHUFFLED_PAIRS);
  *result = (struct agreement){.width = shape_count(test_a->shape)};
  return watch_ask(watch, 0, fault) && correlation_sum(test_a, test_b, NULL, &result->sum, fault) &&
         correlation_sum(test_a, test_b, &key, &result->sum_chance, fault) &&
         effective_rank(test_a, &result->rank_a, fault) && effective_rank(test_b, &result->rank_b, fault) &&
         watch_ask(watch, 0.2, fault) &&
         canonical(train_a, train_b, test_a, test_b, NULL, &result->canonical_train, &result->canonical, fault) &&
         watch_ask(watch, 0.6, fault) &&
         canonical(train_a, train_b, test_a, test_b, &key, NULL, &result->canonical_chance, fault) &&
         watch_ask(watch, 1, fault);
}
