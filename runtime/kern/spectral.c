/* Square matrices by LAPACK, in double: inverses, eigenvectors and powers of symmetric matrices, and the gradients of the
 * last two.  Each matrix is done by one thread in scratch memory of its own; rows are done at the same time.
 *
 * With x = V diag(w) V' and G = V' g V, the gradient of x^p is V (K o G) V', where K[i, j] is the divided difference of
 * the function w^p at w[i] and w[j], which is finite where they are equal (Daleckii and Krein 1965); that of V is
 * V (F o V' g) V', F[i, j] = 1 / (w[j] - w[i]), and 0 where eigenvalues count as equal, for which there is no one basis. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "kern/inner.h"
#include "kern/lapack.h"

static const double EQUAL = 1e-6; /* eigenvalues are, as parts of the largest */

static int64_t side(const struct shape *shape) { return shape->dim[shape->rank - 1]; }

/* What one matrix is worked on in: three matrices, eigenvalues, and LAPACK's own. */
struct space {
  double *v, *a, *b, *w, *work;
  int *integers;
  int capacity, integer_capacity;
};

static int64_t capacity_of(int64_t n) { return 1 + 6 * n + 2 * n * n; }
static int64_t doubles_of(int64_t n) { return divide_up(3 * n * n + n + capacity_of(n) + 3 + 5 * n, 8) * 8; }

size_t spectral_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                        int64_t rows, int threads) {
  (void)op, (void)attr, (void)in, (void)rows;
  int64_t n = side(&out->shape);
  if (n > INT32_MAX / 4) return SIZE_MAX;
  return size_product(size_product((size_t)doubles_of(n), sizeof(double)), (size_t)threads);
}

static struct space space_of(const struct tiles *tiles, int64_t n, int worker) {
  double *at = (double *)tiles->call->scratch + worker * doubles_of(n);
  struct space s = {.v = at, .a = at + n * n, .b = at + 2 * n * n, .w = at + 3 * n * n, .work = at + 3 * n * n + n};
  s.capacity = (int)capacity_of(n);
  s.integer_capacity = (int)(3 + 5 * n);
  s.integers = (int *)(s.work + s.capacity);
  return s;
}

static bool load(const float *x, double *to, int64_t n, bool symmetric) {
  bool finite = true;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) {
      double mirrored = symmetric ? (double)x[j * n + i] : (double)x[i * n + j];
      to[i * n + j] = ((double)x[i * n + j] + mirrored) / 2;
      finite &= isfinite(to[i * n + j]) != 0;
    }
  return finite;
}

/* A vector and its negative serve as well: the first element of at least half the largest is positive. */
static void settle_sign(double *vector, int64_t n) {
  double largest = 0;
  int64_t at = 0;
  for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(vector[i]));
  while (at < n - 1 && fabs(vector[at]) < largest / 2) at++;
  if (vector[at] > 0) return;
  for (int64_t i = 0; i < n; i++) vector[i] = -vector[i];
}

/* Eigenvalues to s->w, rising, and their vectors to the rows of s->v: LAPACK's columns. */
static bool decompose(const struct call *call, int64_t sample, const float *x, int64_t n, struct space *s) {
  int order = (int)n, info = 0;
  if (!load(x, s->v, n, true)) return false;
  dsyevd_("V", "U", &order, s->v, &order, s->w, s->work, &s->capacity, s->integers, &s->integer_capacity, &info, 1, 1);
  if (info && call->failure) kernel_fails(call, sample, "the eigenvalues of the matrix were not found");
  for (int64_t k = 0; !info && k < n; k++) settle_sign(s->v + k * n, n);
  return !info;
}

static void multiply(const double *x, bool turned_x, const double *y, bool turned_y, int64_t n, double *out) {
  cblas_dgemm(CblasRowMajor, turned_x ? CblasTrans : CblasNoTrans, turned_y ? CblasTrans : CblasNoTrans, (int)n, (int)n,
              (int)n, 1, x, (int)n, y, (int)n, 0, out, (int)n);
}

/* The symmetric part of v' middle v, where v has vectors in its rows; s->b is used. */
static void between(struct space *s, const double *middle, int64_t n, float *out) {
  multiply(s->v, true, middle, false, n, s->b);
  double *result = s->work; /* n n doubles and more */
  multiply(s->b, false, s->v, false, n, result);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) out[i * n + j] = (float)((result[i * n + j] + result[j * n + i]) / 2);
}

/* Works out the result [n, n] of one sample in the memory s; false where there is none. */
typedef bool matrix_work(const struct call *call, int64_t sample, int64_t n, struct space *s, float *out);

struct matrices {
  matrix_work *work;
};

static void some_matrices(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct matrices *matrices = tiles->plan;
  int64_t n = side(&tiles->call->out.type.shape);
  struct space s = space_of(tiles, n, worker);
  for (int64_t sample = from; sample < to; sample++) {
    float *out = float_out(tiles->call, sample);
    bool found = matrices->work(tiles->call, sample, n, &s, out);
    for (int64_t e = 0; !found && e < n * n; e++) out[e] = NAN;
  }
}

static void run_matrices(const struct call *call, matrix_work *work) {
  int64_t n = side(&call->out.type.shape), each = samples_a_tile(product(8 * n * n, n));
  run_tiles(&(struct tiles){call, &(struct matrices){work}, result_samples(call), each, some_matrices});
}

/* ---- eigenvectors ---- */

static bool vectors(const struct call *call, int64_t sample, int64_t n, struct space *s, float *out) {
  if (!decompose(call, sample, float_row(&call->in[0], sample), n, s)) return false;
  for (int64_t i = 0; i < n; i++)
    for (int64_t k = 0; k < n; k++) out[i * n + k] = (float)s->v[k * n + i];
  return true;
}

void fast_eigenvectors(const struct call *call) { run_matrices(call, vectors); }

static bool vectors_back(const struct call *call, int64_t sample, int64_t n, struct space *s, float *out) {
  if (!decompose(call, sample, float_row(&call->in[0], sample), n, s)) return false;
  load(float_row(&call->in[1], sample), s->a, n, false);
  multiply(s->v, false, s->a, false, n, s->b);
  double least = EQUAL * fmax(fabs(s->w[0]), fabs(s->w[n - 1]));
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) {
      double gap = s->w[j] - s->w[i];
      s->a[i * n + j] = fabs(gap) <= least ? 0 : s->b[i * n + j] / gap;
    }
  between(s, s->a, n, out);
  return true;
}

void fast_eigenvectors_back(const struct call *call) { run_matrices(call, vectors_back); }

/* ---- powers ---- */

/* The eigenvectors, and the eigenvalues with the ridge added; false where a power of them is not one number. */
static bool decompose_to_raise(const struct call *call, int64_t sample, int64_t n, struct space *s) {
  if (!decompose(call, sample, float_row(&call->in[0], sample), n, s)) return false;
  for (int64_t k = 0; k < n; k++) s->w[k] += call->attr->f[1];
  if (s->w[0] > 0) return true;
  if (call->failure)
    kernel_fails(call, sample, "the matrix is not positive definite: its smallest eigenvalue is %.3g", s->w[0]);
  return false;
}

static bool powers(const struct call *call, int64_t sample, int64_t n, struct space *s, float *out) {
  if (!decompose_to_raise(call, sample, n, s)) return false;
  memset(s->a, 0, (size_t)(n * n) * sizeof *s->a);
  for (int64_t k = 0; k < n; k++) s->a[k * n + k] = pow(s->w[k], call->attr->f[0]);
  between(s, s->a, n, out);
  return true;
}

void fast_symmetric_power(const struct call *call) { run_matrices(call, powers); }

static double divided_difference(double x, double y, double p) {
  if (fabs(x - y) <= EQUAL * fmax(x, y)) return p * pow((x + y) / 2, p - 1);
  return (pow(x, p) - pow(y, p)) / (x - y);
}

static bool powers_back(const struct call *call, int64_t sample, int64_t n, struct space *s, float *out) {
  if (!decompose_to_raise(call, sample, n, s)) return false;
  load(float_row(&call->in[1], sample), s->a, n, true);
  multiply(s->v, false, s->a, false, n, s->b);
  multiply(s->b, false, s->v, true, n, s->a);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) s->a[i * n + j] *= divided_difference(s->w[i], s->w[j], call->attr->f[0]);
  between(s, s->a, n, out);
  return true;
}

void fast_symmetric_power_back(const struct call *call) { run_matrices(call, powers_back); }

/* ---- the inverse ---- */

static bool inverses(const struct call *call, int64_t sample, int64_t n, struct space *s, float *out) {
  int order = (int)n, info = 0;
  if (!load(float_row(&call->in[0], sample), s->a, n, false)) return false;
  dgetrf_(&order, &order, s->a, &order, s->integers, &info);
  if (!info) dgetri_(&order, s->a, &order, s->integers, s->work, &s->capacity, &info);
  if (info && call->failure) kernel_fails(call, sample, "the matrix has no inverse: pivot %d of %d is 0", info, order);
  for (int64_t e = 0; !info && e < n * n; e++) out[e] = (float)s->a[e];
  return !info;
}

void fast_inverse(const struct call *call) { run_matrices(call, inverses); }
