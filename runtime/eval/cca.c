#include "eval/cca.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "eval/codes.h"
#include "eval/correlation.h"
#include "eval/lapack.h"

void cca_free(struct cca *cca) {
  free(cca->mean_a); /* the one block that the others lie in */
  *cca = (struct cca){0};
}

static bool cca_allocate(struct cca *cca, struct error *error) {
  int64_t p = cca->wide_a, q = cca->wide_b, k = cca->k;
  double *block = doubles(p + q + (p + q) * k + k, error);
  if (!block) return false;
  cca->mean_a = block;
  cca->mean_b = cca->mean_a + p;
  cca->project_a = cca->mean_b + q;
  cca->project_b = cca->project_a + p * k;
  cca->values = cca->project_b + q * k;
  return true;
}

/* One code of a fit, its columns in units of their own deviations, and what whitens it. */
struct side {
  struct codes codes;
  double *mean, *scale; /* [width]; scale: 1 / deviation, or 0 for a column that does not vary */
  double *rounding;     /* [width]: what of a column, in its new unit, rounding may have made */
  double *cov, *root;   /* [width, width]; cov: of the columns in their new units, so of correlations */
  int64_t rank;         /* directions in which it varies */
};

/* Settles by the covariance's diagonal which columns vary, and takes it into the new units: then no column's own unit
 * has a part in the ridge or in what counts as rounding. */
static void standardize(struct side *side) {
  int64_t n = side->codes.width;
  for (int64_t j = 0; j < n; j++) {
    double deviation = sqrt(side->cov[j * n + j]), rounding = codes_rounding(&side->codes, j);
    side->scale[j] = deviation > rounding ? 1 / deviation : 0;
    side->rounding[j] = side->scale[j] * rounding;
  }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) side->cov[i * n + j] *= side->scale[i] * side->scale[j];
}

/* The largest deviation along a direction [width] that rounding of the columns may have made. */
static double rounding_along(const struct side *side, const double *direction) {
  double square = 0;
  for (int64_t j = 0; j < side->codes.width; j++) square += pow(direction[j] * side->rounding[j], 2);
  return sqrt(square);
}

/* root = (cov + ridge * I)^-1/2, symmetric, in the directions in which the code varies; the others get 0.  Destroys
 * cov. */
static bool inverse_root(struct side *side, double ridge, struct error *error) {
  int64_t n = side->codes.width;
  double *cov = side->cov, *values = doubles(n + n * n, error);
  if (!values) return false;
  double *scaled = values + n;
  bool ok = symmetric_eigen(cov, n, values, error);
  for (int64_t i = 0; ok && i < n; i++) {
    bool varies = values[i] > eigen_noise(values[n - 1], rounding_along(side, cov + i * n));
    side->rank += varies;
    for (int64_t j = 0; j < n; j++) scaled[i * n + j] = varies ? cov[i * n + j] / sqrt(values[i] + ridge) : 0;
  }
  if (ok)
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, (int)n, (int)n, 1, cov, (int)n, scaled, (int)n, 0,
                side->root, (int)n);
  free(values);
  return ok;
}

/* For a row-major [p, q] matrix m = U S V': rows of u ([least, q]) are the right singular vectors V', and v
 * ([p, least]) holds U.  LAPACK reads m as its transpose, which swaps the two.  Destroys m. */
static bool singular(double *m, int64_t p, int64_t q, double *s, double *right, double *left, struct error *error) {
  int rows = (int)q, columns = (int)p, least = rows < columns ? rows : columns, query = -1, info = 0;
  double best;
  int *iwork = must_alloc(size_product((size_t)least, 8 * sizeof *iwork));
  dgesdd_("S", &rows, &columns, m, &rows, s, right, &rows, left, &least, &best, &query, iwork, &info, 1);
  int capacity = (int)best;
  double *work = doubles(capacity, error);
  if (work) dgesdd_("S", &rows, &columns, m, &rows, s, right, &rows, left, &least, work, &capacity, iwork, &info, 1);
  bool ok = work && !info;
  if (work && info) error_set(error, ERROR_NUMBER, "the canonical correlations were not found");
  free(work);
  free(iwork);
  return ok;
}

/* project [n, k] = root [n, n] times the first k of `vectors`, which is [least, n] (transposed) or [n, least]. */
static void directions(const double *root, int64_t n, const double *vectors, bool transposed, int64_t least, int64_t k,
                       double *project) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, (int)n, (int)k, (int)n, 1, root,
              (int)n, vectors, transposed ? (int)n : (int)least, 0, project, (int)k);
}

/* A pair of directions that the fit found unrelated lies where one of the codes does not vary, and is arbitrary: its
 * variate would be rounding noise, which correlates with anything.  It becomes 0. */
static void drop_unrelated(struct cca *cca) {
  for (int64_t i = 0; i < cca->k; i++) {
    if (cca->values[i] > 1e-6) continue;
    for (int64_t j = 0; j < cca->wide_a; j++) cca->project_a[j * cca->k + i] = 0;
    for (int64_t j = 0; j < cca->wide_b; j++) cca->project_b[j * cca->k + i] = 0;
  }
}

/* Takes the variates' weights back to the columns' own units: a column that did not vary has no part in them, whatever
 * it does in other rows. */
static void to_own_units(double *project, const struct side *side, int64_t k) {
  for (int64_t j = 0; j < side->codes.width; j++)
    for (int64_t i = 0; i < k; i++) project[j * k + i] *= side->scale[j];
}

/* Everything but the moments; cab is destroyed. */
static bool solve(struct cca *cca, const struct side *a, const struct side *b, double *cab, struct error *error) {
  int64_t p = cca->wide_a, q = cca->wide_b, least = p < q ? p : q;
  double *half = doubles(p * q + least * (p + q + 1), error);
  if (!half) return false;
  double *right = half + p * q, *left = right + least * q, *s = left + least * p;
  for (int64_t i = 0; i < p; i++)
    for (int64_t j = 0; j < q; j++) cab[i * q + j] *= a->scale[i] * b->scale[j];
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)p, (int)q, (int)p, 1, a->root, (int)p, cab, (int)q, 0,
              half, (int)q);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)p, (int)q, (int)q, 1, half, (int)q, b->root, (int)q, 0,
              cab, (int)q);
  bool ok = singular(cab, p, q, s, right, left, error);
  if (ok) {
    directions(a->root, p, left, false, least, cca->k, cca->project_a);
    directions(b->root, q, right, true, least, cca->k, cca->project_b);
    to_own_units(cca->project_a, a, cca->k);
    to_own_units(cca->project_b, b, cca->k);
    for (int64_t i = 0; i < cca->k; i++) cca->values[i] = s[i];
    drop_unrelated(cca);
  }
  free(half);
  return ok;
}

bool cca_rows_suffice(int64_t rows, int64_t wide_a, int64_t wide_b, struct error *error) {
  int64_t wide = wide_a > wide_b ? wide_a : wide_b;
  return rows > wide || error_set(error, ERROR_NUMBER,
                                  "%lld number%s a row and %lld rows of the training split: canonical correlation is "
                                  "fitted to more rows than there are numbers in one",
                                  (long long)wide, wide == 1 ? "" : "s", (long long)rows);
}

/* Centred rows lie in rows - 1 directions: two codes that vary in more than that together share some. */
static bool check_ranks(const struct side *a, const struct side *b, double ridge, struct error *error) {
  int64_t rows = a->codes.n, both = a->rank + b->rank;
  if (!a->rank || !b->rank)
    return error_set(error, ERROR_NUMBER,
                     "the %s code does not vary in the %lld rows of the training split that it "
                     "is fitted to",
                     a->rank ? "second" : "first", (long long)rows);
  if (ridge > 0 || both < rows) return true;
  return error_set(
      error, ERROR_NUMBER,
      "%lld and %lld numbers a row that vary independently, and %lld rows of the training split: with fewer "
      "than %lld rows some canonical correlations are 1 whatever the values are",
      (long long)a->rank, (long long)b->rank, (long long)rows, (long long)both + 1);
}

static bool side_new(struct side *side, double ridge, struct error *error) {
  int64_t n = side->codes.width;
  side->cov = doubles(2 * n * n + 2 * n, error);
  if (!side->cov) return false;
  side->root = side->cov + n * n;
  side->scale = side->root + n * n;
  side->rounding = side->scale + n;
  codes_mean(&side->codes, side->mean);
  if (!codes_covariance(&side->codes, side->mean, &side->codes, side->mean, NULL, side->cov, error)) return false;
  standardize(side);
  return inverse_root(side, ridge, error);
}

static int64_t least_of(int64_t a, int64_t b) { return a < b ? a : b; }

static bool fit(struct cca *cca, struct side *a, struct side *b, double ridge, const uint64_t *key,
                struct error *error) {
  double *cab = doubles(cca->wide_a * cca->wide_b, error);
  a->mean = cca->mean_a;
  b->mean = cca->mean_b;
  bool ok = cab && side_new(a, ridge, error) && side_new(b, ridge, error) && check_ranks(a, b, ridge, error);
  if (ok) {
    cca->k = least_of(cca->k, least_of(a->rank, b->rank));
    ok = codes_covariance(&a->codes, a->mean, &b->codes, b->mean, key, cab, error) && solve(cca, a, b, cab, error);
  }
  free(cab);
  return ok;
}

bool cca_fit(struct cca *cca, const struct array *first, const struct array *second, int64_t k, double ridge,
             const uint64_t *key, struct error *error) {
  struct side a = {0}, b = {0};
  *cca = (struct cca){0};
  if (!codes_of_pair(&a.codes, &b.codes, first, second, error)) return false;
  int64_t p = a.codes.width, q = b.codes.width, least = least_of(p, q);
  if (k < 0 || k > least)
    return error_set(error, ERROR_NUMBER,
                     "codes of %lld and of %lld numbers have at most %lld canonical pairs, not %lld", (long long)p,
                     (long long)q, (long long)least, (long long)k);
  if (!cca_rows_suffice(a.codes.n, p, q, error)) return false;
  *cca = (struct cca){.wide_a = p, .wide_b = q, .k = k ? k : least};
  bool ok = cca_allocate(cca, error) && fit(cca, &a, &b, ridge, key, error);
  free(a.cov);
  free(b.cov);
  if (!ok) cca_free(cca);
  return ok;
}

bool cca_project(const struct cca *cca, int side, const struct array *array, float *out, struct error *error) {
  struct codes codes;
  int64_t width = side ? cca->wide_b : cca->wide_a, k = cca->k;
  const double *mean = side ? cca->mean_b : cca->mean_a, *project = side ? cca->project_b : cca->project_a;
  if (!codes_of(&codes, array, error)) return false;
  if (codes.width != width)
    return error_set(error, ERROR_NUMBER, "cca was fitted to %lld numbers a row and is given %lld", (long long)width,
                     (long long)codes.width);
  double *row = doubles(width + k, error);
  if (!row) return false;
  openblas_set_num_threads(1);
  for (int64_t i = 0; i < codes.n; i++) {
    for (int64_t j = 0; j < width; j++) row[j] = codes.at[i * width + j] - mean[j];
    cblas_dgemv(CblasRowMajor, CblasTrans, (int)width, (int)k, 1, project, (int)k, row, 1, 0, row + width, 1);
    for (int64_t j = 0; j < k; j++) out[i * k + j] = (float)row[width + j];
  }
  free(row);
  return true;
}

bool cca_score(const struct cca *cca, const struct array *a, const struct array *b, const uint64_t *key, double *sum,
               struct error *error) {
  if (a->rows != b->rows || a->rows < 0) {
    struct codes first, second;
    return codes_of_pair(&first, &second, a, b, error) && false;
  }
  size_t size = size_product((size_t)a->rows, size_product((size_t)cca->k, sizeof(float)));
  float *za = block_alloc(size), *zb = block_alloc(size);
  struct array variates_a = {"variates", F32, {1, {cca->k}}, a->rows, za, NULL};
  struct array variates_b = {"variates", F32, {1, {cca->k}}, b->rows, zb, NULL};
  bool ok = za && zb;
  if (!ok) error_set(error, ERROR_DATA, "no memory for the canonical variates of %lld rows", (long long)a->rows);
  ok = ok && cca_project(cca, 0, a, za, error) && cca_project(cca, 1, b, zb, error) &&
       correlation_sum(&variates_a, &variates_b, key, sum, error);
  free(za);
  free(zb);
  return ok;
}
