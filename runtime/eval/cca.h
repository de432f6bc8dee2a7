/* Canonical correlation analysis (Hotelling 1936), fitted on some samples and scored on others, as the held-out
 * protocol of deep CCA does (Andrew, Arora, Bilmes and Livescu 2013; Wang, Arora, Livescu and Srebro 2015).
 *
 *   Ca = corr(a) + ridge * I,  Cb likewise,  U S V' = Ca^-1/2 corr(a, b) Cb^-1/2,  A = Ca^-1/2 U,  B = Cb^-1/2 V,
 *
 * where corr is of columns divided by their deviations in the rows that are fitted, so the unit of a column changes
 * nothing.  The score is the sum over the first k variates of Pearson's r between (a - mean) A and (b - mean) B on the
 * rows it is given, so it is never more than k, and a variate that does not generalise counts what it is worth there.
 * Directions in which a code does not vary (dead or redundant columns), but for rounding, are dropped, and there are no
 * more variates than directions.
 *
 * A fit needs more rows than a code has numbers; without a ridge, more than both have directions together, or some
 * variates would correlate perfectly whatever the codes are, and which ones rounding would decide.
 *
 * Ownership: cca_fit fills a struct that cca_free empties. */
#ifndef EVAL_CCA_H
#define EVAL_CCA_H
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"

/* For codes: a ten-thousandth of a column's variance steadies what is nearly redundant and leaves the rest alone. */
#define CCA_RIDGE 1e-4

struct cca {
  int64_t wide_a, wide_b, k;     /* features of a, of b, and variates */
  double *mean_a, *mean_b;       /* [wide] */
  double *project_a, *project_b; /* [wide, k], row-major */
  double *values;                /* [k] canonical correlations of the fit, after the ridge, largest first */
};

/* Whether codes of so many numbers have so many rows as a fit needs whatever their values are. */
bool cca_rows_suffice(int64_t rows, int64_t wide_a, int64_t wide_b, struct error *error);

/* k = 0: as many variates as the narrower of the two has; fewer where they vary in fewer directions.  Permutes b's
 * rows by
 * *key unless key is NULL. */
bool cca_fit(struct cca *cca, const struct array *a, const struct array *b, int64_t k, double ridge,
             const uint64_t *key, struct error *error);
bool cca_score(const struct cca *cca, const struct array *a, const struct array *b, const uint64_t *key, double *sum,
               struct error *error);

/* Writes the variates of a (side 0) or b (side 1) to out, rows x k. */
bool cca_project(const struct cca *cca, int side, const struct array *codes, float *out, struct error *error);
void cca_free(struct cca *cca);

#endif
