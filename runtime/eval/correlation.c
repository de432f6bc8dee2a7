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
  bool varies = saa > n * pow(codes_rounding(a, j), 2) && sbb > n * pow(codes_rounding(b, j), 2);
  return varies ? sab / (sqrt(saa) * sqrt(sbb)) : 0;
}

bool correlation_sum(const struct array *first, const struct array *second, const uint64_t *key, double *sum,
                     struct error *error) {
  struct codes a, b;
  if (!codes_of_pair(&a, &b, first, second, error)) return false;
  if (a.width != b.width)
    return error_set(error, ERROR_NUMBER, "codes of %lld and of %lld numbers have no correlation by coordinate",
                     (long long)a.width, (long long)b.width);
  *sum = 0;
  for (int64_t j = 0; j < a.width; j++) *sum += pearson(&a, &b, key, j);
  return true;
}

/* Singular values of the centred matrix are the square roots of its scatter matrix's eigenvalues, up to a factor
 * that normalising removes. */
static bool rank_of_spectrum(const double *eigenvalues, int64_t width, double rounding, double *rank,
                             struct error *error) {
  double noise = eigen_noise(eigenvalues[width - 1], rounding), total = 0, entropy = 0;
  for (int64_t i = 0; i < width; i++)
    if (eigenvalues[i] > noise) total += sqrt(eigenvalues[i]);
  if (!(total > 0))
    return error_set(error, ERROR_NUMBER, "none of its %lld numbers varies from row to row", (long long)width);
  for (int64_t i = 0; i < width; i++) {
    double p = eigenvalues[i] > noise ? sqrt(eigenvalues[i]) / total : 0;
    if (p > 0) entropy -= p * log(p);
  }
  *rank = exp(entropy);
  return true;
}

/* Columns that do not vary, but for rounding, become 0 in the covariance; returns the largest rounding of the
 * others. */
static double drop_rounding(const struct codes *codes, double *cov) {
  int64_t n = codes->width;
  double largest = 0;
  for (int64_t j = 0; j < n; j++) {
    double rounding = codes_rounding(codes, j);
    bool varies = cov[j * n + j] > pow(rounding, 2);
    if (varies) largest = fmax(largest, rounding);
    for (int64_t i = 0; i < n && !varies; i++) cov[i * n + j] = cov[j * n + i] = 0;
  }
  return largest;
}

bool effective_rank(const struct array *array, double *rank, struct error *error) {
  struct codes codes;
  if (!codes_of(&codes, array, error)) return false;
  int64_t width = codes.width;
  double rounding = 0, *cov = doubles(width * width + 2 * width, error);
  if (!cov) return false;
  double *mean = cov + width * width, *values = mean + width;
  codes_mean(&codes, mean);
  bool ok = codes_covariance(&codes, mean, &codes, mean, NULL, cov, error);
  if (ok) rounding = drop_rounding(&codes, cov);
  ok = ok && symmetric_eigen(cov, width, values, error) && rank_of_spectrum(values, width, rounding, rank, error);
  free(cov);
  return ok;
}

/* Fits on train and scores on test; a key shuffles the pairs of both, which gives the chance level. */
static bool canonical(const struct array *train_a, const struct array *train_b, const struct array *test_a,
                      const struct array *test_b, const uint64_t *key, struct agreement *result, struct error *error) {
  struct cca cca;
  if (!cca_fit(&cca, train_a, train_b, 0, CCA_RIDGE, key, error)) return false;
  bool ok = cca_score(&cca, test_a, test_b, key, key ? &result->canonical_chance : &result->canonical, error) &&
            (key || cca_score(&cca, train_a, train_b, NULL, &result->canonical_train, error));
  cca_free(&cca);
  return ok;
}

/* Whether to go on after a part: it was measured, or has a reason not to have been. */
static bool go_on(bool measured, const struct error *why, struct error *error) {
  if (measured || why->kind == ERROR_NUMBER) return true;
  *error = *why;
  return false;
}

bool agreement_measure(const struct array *train_a, const struct array *train_b, const struct array *test_a,
                       const struct array *test_b, uint64_t seed, struct watch watch, struct agreement *result,
                       struct error *error) {
  enum { SHUFFLED_PAIRS = 1 };
  uint64_t key = key_mix(seed, SHUFFLED_PAIRS);
  struct agreement *r = result;
  *r = (struct agreement){.width = shape_count(test_a->shape)};
  return watch_ask(watch, 0, error) &&
         go_on(correlation_sum(test_a, test_b, NULL, &r->sum, &r->not_sum) &&
                   correlation_sum(test_a, test_b, &key, &r->sum_chance, &r->not_sum),
               &r->not_sum, error) &&
         go_on(effective_rank(test_a, &r->rank_a, &r->not_rank_a), &r->not_rank_a, error) &&
         go_on(effective_rank(test_b, &r->rank_b, &r->not_rank_b), &r->not_rank_b, error) &&
         watch_ask(watch, 0.2, error) &&
         go_on(canonical(train_a, train_b, test_a, test_b, NULL, r, &r->not_canonical), &r->not_canonical, error) &&
         watch_ask(watch, 0.6, error) &&
         (r->not_canonical.kind || go_on(canonical(train_a, train_b, test_a, test_b, &key, r, &r->not_canonical_chance),
                                         &r->not_canonical_chance, error)) &&
         watch_ask(watch, 1, error);
}
