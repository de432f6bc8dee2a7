/* The layer's own view of an array: checked, flattened rows of floats, and their second moments in double.
 *
 * An error of kind ERROR_NUMBER, here and in all of this layer, says why these arrays have no such metric; others are
 * still measured. Any other kind (memory, an interrupt) ends the measuring.
 *
 * Ownership: nothing is kept; moments are blocks that the caller frees. */
#ifndef EVAL_CODES_H
#define EVAL_CODES_H
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"

enum { MAX_WIDTH = 16384 }; /* features a row; a covariance matrix has its square */

struct codes {
  const float *at;
  int64_t n, width;
};

/* Needs F32, at least two rows, 1 to MAX_WIDTH features a row, all finite. */
bool codes_of(struct codes *codes, const struct array *array, struct error *error);

/* Two arrays of the same samples. */
bool codes_of_pair(struct codes *a, struct codes *b, const struct array *first, const struct array *second,
                   struct error *error);

/* U8, one number a row, as many as rows says. */
bool labels_of(const uint8_t **labels, const struct array *array, int64_t rows, struct error *error);

/* The row of the other view that row i is paired with. */
int64_t codes_partner(const uint64_t *key, int64_t n, int64_t i);

/* Writes the column means (width numbers). */
void codes_mean(const struct codes *codes, double *mean);

/* How large a deviation of column j rounding alone may make: numbers computed with floats differ by a few of their last
 * places.  A column that deviates no more does not vary. */
double codes_rounding(const struct codes *codes, int64_t j);

/* cov = sum over rows of (a - mean_a)'(b - mean_b) / (n - 1), [a.width, b.width], row-major; b's rows permuted by
 * *key unless key is NULL.  The two-pass form: nothing cancels. */
bool codes_covariance(const struct codes *a, const double *mean_a, const struct codes *b, const double *mean_b,
                      const uint64_t *key, double *cov, struct error *error);

/* Eigenvalues, ascending, and vectors (vector i is row i of the matrix) of a symmetric [n, n] matrix, in place. */
bool symmetric_eigen(double *matrix, int64_t n, double *values, struct error *error);

/* Below this an eigenvalue of a covariance is rounding: a part of the largest one, and of what floats can tell apart.
 * rounding: the largest of codes_rounding over columns, in the covariance's unit. */
double eigen_noise(double largest, double rounding);

/* count zeroed doubles, or NULL and the error. */
double *doubles(int64_t count, struct error *error);

#endif
