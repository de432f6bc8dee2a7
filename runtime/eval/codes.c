#include "eval/codes.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/random.h"
#include "eval/lapack.h"

enum { TILE = 256 }; /* rows centred at a time: a fixed cut, so that sums have one order */

static const char *name_of_array(const struct array *array) { return array->name ? array->name : "codes"; }

bool codes_of(struct codes *codes, const struct array *array, struct error *error) {
  int64_t width = shape_count(array->shape);
  if (array->type != F32)
    return error_set(error, ERROR_NUMBER, "'%s' holds %s, and measuring needs f32", name_of_array(array),
                     dtype_name(array->type));
  if (array->rows < 2)
    return error_set(error, ERROR_NUMBER, "'%s' has %lld row%s, and measuring needs at least 2", name_of_array(array),
                     (long long)array->rows, array->rows == 1 ? "" : "s");
  if (width < 1 || width > MAX_WIDTH)
    return error_set(error, ERROR_NUMBER, "'%s' has %lld numbers a row, and measuring takes 1 to %d",
                     name_of_array(array), (long long)width, MAX_WIDTH);
  *codes = (struct codes){array->data, array->rows, width};
  for (int64_t i = 0; i < codes->n; i++)
    for (int64_t j = 0; j < width; j++)
      if (!isfinite(codes->at[i * width + j]))
        return error_set(error, ERROR_NUMBER, "'%s' is not finite in row %lld", name_of_array(array), (long long)i);
  return true;
}

bool codes_of_pair(struct codes *a, struct codes *b, const struct array *first, const struct array *second,
                   struct error *error) {
  if (!codes_of(a, first, error) || !codes_of(b, second, error)) return false;
  if (a->n == b->n) return true;
  return error_set(error, ERROR_NUMBER, "'%s' has %lld rows and '%s' has %lld, so they cannot be paired",
                   name_of_array(first), (long long)a->n, name_of_array(second), (long long)b->n);
}

bool labels_of(const uint8_t **labels, const struct array *array, int64_t rows, struct error *error) {
  *labels = array->data;
  if (array->type != U8 || shape_count(array->shape) != 1)
    return error_set(error, ERROR_NUMBER, "labels must be one u8 a row, and '%s' is not", name_of_array(array));
  if (array->rows == rows) return true;
  return error_set(error, ERROR_NUMBER, "there are %lld labels for %lld rows", (long long)array->rows, (long long)rows);
}

int64_t codes_partner(const uint64_t *key, int64_t n, int64_t i) {
  return key ? (int64_t)random_permute(*key, (uint64_t)n, (uint64_t)i) : i;
}

void codes_mean(const struct codes *codes, double *mean) {
  for (int64_t j = 0; j < codes->width; j++) mean[j] = 0;
  for (int64_t i = 0; i < codes->n; i++)
    for (int64_t j = 0; j < codes->width; j++) mean[j] += codes->at[i * codes->width + j];
  for (int64_t j = 0; j < codes->width; j++) mean[j] /= (double)codes->n;
}

enum { LAST_PLACES = 4 }; /* that a computed column may be off by; many together are off by less in any direction */

double codes_rounding(const struct codes *codes, int64_t j) {
  double largest = 0;
  for (int64_t i = 0; i < codes->n; i++) largest = fmax(largest, fabs((double)codes->at[i * codes->width + j]));
  return LAST_PLACES * FLT_EPSILON * largest;
}

double *doubles(int64_t count, struct error *error) {
  double *block = count < 0 ? NULL : block_alloc(size_product((size_t)count, sizeof *block));
  if (!block) error_set(error, ERROR_DATA, "no memory to measure with: %lld numbers are needed", (long long)count);
  return block;
}

static void centre(const struct codes *codes, const double *mean, const uint64_t *key, int64_t from, int64_t rows,
                   double *out) {
  for (int64_t i = 0; i < rows; i++) {
    const float *row = codes->at + codes_partner(key, codes->n, from + i) * codes->width;
    for (int64_t j = 0; j < codes->width; j++) out[i * codes->width + j] = row[j] - mean[j];
  }
}

bool codes_covariance(const struct codes *a, const double *mean_a, const struct codes *b, const double *mean_b,
                      const uint64_t *key, double *cov, struct error *error) {
  double *tile = doubles(TILE * (a->width + b->width), error);
  if (!tile) return false;
  double *tile_b = tile + TILE * a->width;
  openblas_set_num_threads(1);
  for (int64_t i = 0; i < a->width * b->width; i++) cov[i] = 0;
  for (int64_t from = 0; from < a->n; from += TILE) {
    int64_t rows = a->n - from < TILE ? a->n - from : TILE;
    centre(a, mean_a, NULL, from, rows, tile);
    centre(b, mean_b, key, from, rows, tile_b);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)a->width, (int)b->width, (int)rows,
                1.0 / (double)(a->n - 1), tile, (int)a->width, tile_b, (int)b->width, 1, cov, (int)b->width);
  }
  free(tile);
  return true;
}

bool symmetric_eigen(double *matrix, int64_t n, double *values, struct error *error) {
  int order = (int)n, query = -1, info = 0;
  double best;
  openblas_set_num_threads(1);
  dsyev_("V", "U", &order, matrix, &order, values, &best, &query, &info, 1, 1);
  int capacity = (int)best;
  double *work = doubles(capacity, error);
  if (!work) return false;
  dsyev_("V", "U", &order, matrix, &order, values, work, &capacity, &info, 1, 1);
  free(work);
  return !info || error_set(error, ERROR_NUMBER, "the eigenvalues of a covariance matrix were not found");
}

double eigen_noise(double largest, double rounding) { return fmax(1e-12 * largest, pow(rounding / LAST_PLACES, 2)); }
