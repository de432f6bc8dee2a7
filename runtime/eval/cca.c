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

static bool cca_allocate(struct cca *cca, struct fault *fault) {
  int64_t p = cca->wide_a, q = cca->wide_b, k = cca->k;
  double *block = doubles(p + q + (p + q) * k + k, fault);
  if (!block) return false;
  cca->mean_a = block;
  cca->mean_b = cca->mean_a + p;
  cca->project_a = cca->mean_b + q;
  cca->project_b = cca->project_a + p * k;
  cca->values = cca->project_b + q * k;
  return true;
}

/* root = (cov + ridge * mean variance * I)^-1/2, symmetric; directions without variance get 0.  Destroys cov. */
static bool inverse_root(double *cov, int64_t n, double ridge, double *root, struct fault *fault) {
  double trace = 0, *values = doubles(n + n * n, fault);
  if (!values) return false;
  double *scaled = values + n;
  for (int64_t i = 0; i < n; i++) trace += cov[i * n + i];
  for (int64_t i = 0; i < n; i++) cov[i * n + i] += ridge * trace / (double)n;
  bool ok = symmetric_eigen(cov, n, values, fault);
  double noise = values[n - 1] * (double)n * 2.3e-16;
  for (int64_t i = 0; ok && i < n; i++)
    for (int64_t j = 0; j < n; j++) scaled[i * n + j] = values[i] > noise ? cov[i * n + j] / sqrt(values[i]) : 0;
  if (ok)
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, (int)n, (int)n, 1, cov, (int)n, scaled, (int)n, 0,
                root, (int)n);
  free(values);
  return ok;
}

/* For a row-major [p, q] matrix m = U S V': rows of u ([least, q]) are the right singular vectors V', and v
 * ([p, least]) holds U.  LAPACK reads m as its transpose, which swaps the two.  Destroys m. */
static bool singular(double *m, int64_t p, int64_t q, double *s, double *right, double *left, struct fault *fault) {
  int rows = (int)q, columns = (int)p, least = rows < columns ? rows : columns, query = -1, info = 0;
  double best;
  int *iwork = must_alloc(size_product((size_t)least, 8 * sizeof *iwork));
  dgesdd_("S", &rows, &columns, m, &rows, s, right, &rows, left, &least, &best, &query, iwork, &info, 1);
  int room = (int)best;
  double *work = doubles(room, fault);
  if (work) dgesdd_("S", &rows, &columns, m, &rows, s, right, &rows, left, &least, work, &room, iwork, &info, 1);
  bool ok = work && !info;
  if (work && info) fault_set(fault, FAULT_NUMBER, "the canonical correlations were not found");
  free(work);
  free(iwork);
  return ok;
}

/* project [n, k] = root [n, n] times the first k of `vectors`, which is [least, n] (transposed) or [n, least]. */
static void directions(const double *root, int64_t n, const double *vectors, bool transposed, int64_t least,
                       int64_t k, double *project) {
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

/* Everything but the moments, which arrive in caa, cbb and cab and are destroyed. */
static bool solve(struct cca *cca, double ridge, double *caa, double *cbb, double *cab, struct fault *fault) {
  int64_t p = cca->wide_a, q = cca->wide_b, least = p < q ? p : q;
  double *root_a = doubles(p * p + q * q + p * q + least * (p + q + 1), fault);
  if (!root_a) return false;
  double *root_b = root_a + p * p, *half = root_b + q * q, *right = half + p * q;
  double *left = right + least * q, *s = left + least * p;
  bool ok = inverse_root(caa, p, ridge, root_a, fault) && inverse_root(cbb, q, ridge, root_b, fault);
  if (ok) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)p, (int)q, (int)p, 1, root_a, (int)p, cab, (int)q,
                0, half, (int)q);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)p, (int)q, (int)q, 1, half, (int)q, root_b, (int)q,
                0, cab, (int)q);
    ok = singular(cab, p, q, s, right, left, fault);
  }
  if (ok) {
    directions(root_a, p, left, false, least, cca->k, cca->project_a);
    directions(root_b, q, right, true, least, cca->k, cca->project_b);
    for (int64_t i = 0; i < cca->k; i++) cca->values[i] = s[i];
    drop_unrelated(cca);
  }
  free(root_a);
  return ok;
}

bool cca_fit(struct cca *cca, const struct array *first, const struct array *second, int64_t k, double ridge,
             const uint64_t *key, struct fault *fault) {
  struct codes a, b;
  *cca = (struct cca){0};
  if (!codes_of_pair(&a, &b, first, second, fault)) return false;
  int64_t p = a.width, q = b.width, least = p < q ? p : q;
  if (k < 0 || k > least)
    return fault_set(fault, FAULT_DATA,
                     "codes of %lld and of %lld numbers have at most %lld canonical pairs, not %lld", (long long)p,
                     (long long)q, (long long)least, (long long)k);
  *cca = (struct cca){.wide_a = p, .wide_b = q, .k = k ? k : least};
  double *caa = doubles(p * p + q * q + p * q, fault);
  bool ok = caa && cca_allocate(cca, fault);
  if (ok) {
    double *cbb = caa + p * p, *cab = cbb + q * q;
    codes_mean(&a, cca->mean_a);
    codes_mean(&b, cca->mean_b);
    ok = codes_covariance(&a, cca->mean_a, &a, cca->mean_a, NULL, caa, fault) &&
         codes_covariance(&b, cca->mean_b, &b, cca->mean_b, NULL, cbb, fault) &&
         codes_covariance(&a, cca->mean_a, &b, cca->mean_b, key, cab, fault) &&
         solve(cca, ridge, caa, cbb, cab, fault);
  }
  free(caa);
  if (!ok) cca_free(cca);
  return ok;
}

bool cca_project(const struct cca *cca, int side, const struct array *array, float *out, struct fault *fault) {
  struct codes codes;
  int64_t width = side ? cca->wide_b : cca->wide_a, k = cca->k;
  const double *mean = side ? cca->mean_b : cca->mean_a, *project = side ? cca->project_b : cca->project_a;
  if (!codes_of(&codes, array, fault)) return false;
  if (codes.width != width)
    return fault_set(fault, FAULT_DATA, "cca was fitted to %lld numbers a row and is given %lld", (long long)width,
                     (long long)codes.width);
  double *row = doubles(width + k, fault);
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

bool cca_score(const struct cca *cca, const struct array *a, const struct array *b, const uint64_t *key,
               double *sum, struct fault *fault) {
  if (a->rows != b->rows || a->rows < 0) {
    struct codes first, second;
    return codes_of_pair(&first, &second, a, b, fault) && false;
  }
  size_t size = size_product((size_t)a->rows, size_product((size_t)cca->k, sizeof(float)));
  float *za = block_alloc(size), *zb = block_alloc(size);
  struct array variates_a = {"variates", F32, {1, {cca->k}}, a->rows, za};
  struct array variates_b = {"variates", F32, {1, {cca->k}}, b->rows, zb};
  bool ok = za && zb;
  if (!ok) fault_set(fault, FAULT_DATA, "no memory for the canonical variates of %lld rows", (long long)a->rows);
  ok = ok && cca_project(cca, 0, a, za, fault) && cca_project(cca, 1, b, zb, fault) &&
       correlation_sum(&variates_a, &variates_b, key, sum, fault);
  free(za);
  free(zb);
  return ok;
}
