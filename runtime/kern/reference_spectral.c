/* Reference kernels, in double: inverses, eigenvectors and powers of symmetric matrices.  Eigenvalues are found by
 * Jacobi's rotations, inverses by Gauss and Jordan's elimination. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "kern/reference.h"

static int64_t side(const struct call *call) { return call->out.type.shape.dim[call->out.type.shape.rank - 1]; }

static double *matrices(int64_t n, int64_t many) {
  return must_alloc(size_product((size_t)(many * n * n + n), sizeof(double)));
}

/* Turns rows and columns p and q of a so that a[p, q] becomes 0, and rows p and q of v with them. */
static void rotate(double *a, double *v, int64_t n, int64_t p, int64_t q) {
  double angle = atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]) / 2, c = cos(angle), s = sin(angle);
  for (int64_t k = 0; k < n; k++) {
    double x = a[k * n + p], y = a[k * n + q];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (int64_t k = 0; k < n; k++) {
    double x = a[p * n + k], y = a[q * n + k], z = v[p * n + k], u = v[q * n + k];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
    v[p * n + k] = c * z - s * u;
    v[q * n + k] = s * z + c * u;
  }
}

static void swap_rows(double *a, int64_t n, int64_t i, int64_t k) {
  for (int64_t e = 0; e < n; e++) {
    double kept = a[i * n + e];
    a[i * n + e] = a[k * n + e];
    a[k * n + e] = kept;
  }
}

/* Eigenvalues to w, rising, and vectors to the rows of v, each with its first large element positive; destroys a. */
static void eigen(double *a, double *v, double *w, int64_t n) {
  for (int64_t e = 0; e < n * n; e++) v[e] = e / n == e % n;
  for (int sweep = 0; sweep < 60; sweep++)
    for (int64_t p = 0; p < n; p++)
      for (int64_t q = p + 1; q < n; q++)
        if (a[p * n + q] != 0) rotate(a, v, n, p, q);
  for (int64_t i = 0; i < n; i++) w[i] = a[i * n + i];
  for (int64_t i = 0; i < n; i++) {
    int64_t least = i;
    for (int64_t k = i; k < n; k++)
      if (w[k] < w[least]) least = k;
    double kept = w[i];
    w[i] = w[least], w[least] = kept;
    swap_rows(v, n, i, least);
    double largest = 0, first = 0;
    for (int64_t e = 0; e < n; e++) largest = fmax(largest, fabs(v[i * n + e]));
    for (int64_t e = n - 1; e >= 0; e--)
      if (fabs(v[i * n + e]) >= largest / 2) first = v[i * n + e];
    for (int64_t e = 0; first < 0 && e < n; e++) v[i * n + e] = -v[i * n + e];
  }
}

static void load(const struct operand *x, int64_t row, double *to, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) to[i * n + j] = (get(x, row, i * n + j) + get(x, row, j * n + i)) / 2;
}

/* Element i, j of the sum over k and l of v[k, i] m[k, l] v[l, j]. */
static double between(const double *v, const double *m, int64_t n, int64_t i, int64_t j) {
  double sum = 0;
  for (int64_t k = 0; k < n; k++)
    for (int64_t l = 0; l < n; l++) sum += v[k * n + i] * m[k * n + l] * v[l * n + j];
  return sum;
}

static void put_symmetric(const struct call *call, int64_t row, const double *v, const double *m, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) put(call, row, i * n + j, (between(v, m, n, i, j) + between(v, m, n, j, i)) / 2);
}

void reference_eigenvectors(const struct call *call) {
  int64_t n = side(call);
  double *a = matrices(n, 2), *v = a + n * n, *w = v + n * n;
  for (int64_t row = 0; row < rows_out(call); row++) {
    load(&call->in[0], row, a, n);
    eigen(a, v, w, n);
    for (int64_t e = 0; e < n * n; e++) put(call, row, e, v[e % n * n + e / n]);
  }
  free(a);
}

void reference_eigenvectors_back(const struct call *call) {
  int64_t n = side(call);
  double *a = matrices(n, 3), *v = a + n * n, *m = v + n * n, *w = m + n * n;
  for (int64_t row = 0; row < rows_out(call); row++) {
    load(&call->in[0], row, a, n);
    eigen(a, v, w, n);
    double least = 1e-6 * fmax(fabs(w[0]), fabs(w[n - 1]));
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) {
        double sum = 0;
        for (int64_t k = 0; k < n; k++) sum += v[i * n + k] * get(&call->in[1], row, k * n + j);
        m[i * n + j] = fabs(w[j] - w[i]) <= least ? 0 : sum / (w[j] - w[i]);
      }
    put_symmetric(call, row, v, m, n);
  }
  free(a);
}

/* Eigenvalues with the ridge; false where one is not positive, and then the row is NaN. */
static bool positive(const struct call *call, int64_t row, double *w, int64_t n) {
  for (int64_t k = 0; k < n; k++) w[k] += call->attr->f[1];
  if (w[0] > 0) return true;
  if (w[0] <= 0 && call->failure)
    kernel_fails(call, row, "the matrix is not positive definite: its smallest eigenvalue is %.3g", w[0]);
  for (int64_t e = 0; e < n * n; e++) put(call, row, e, NAN);
  return false;
}

void reference_symmetric_power(const struct call *call) {
  int64_t n = side(call);
  double *a = matrices(n, 3), *v = a + n * n, *m = v + n * n, *w = m + n * n;
  for (int64_t row = 0; row < rows_out(call); row++) {
    load(&call->in[0], row, a, n);
    eigen(a, v, w, n);
    if (!positive(call, row, w, n)) continue;
    for (int64_t e = 0; e < n * n; e++) m[e] = e / n == e % n ? pow(w[e / n], call->attr->f[0]) : 0;
    put_symmetric(call, row, v, m, n);
  }
  free(a);
}

void reference_symmetric_power_back(const struct call *call) {
  int64_t n = side(call);
  double *a = matrices(n, 4), *v = a + n * n, *g = v + n * n, *m = g + n * n, *w = m + n * n, p = call->attr->f[0];
  for (int64_t row = 0; row < rows_out(call); row++) {
    load(&call->in[0], row, a, n);
    load(&call->in[1], row, g, n);
    eigen(a, v, w, n);
    if (!positive(call, row, w, n)) continue;
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) {
        double sum = 0, gap = w[i] - w[j];
        for (int64_t k = 0; k < n; k++)
          for (int64_t l = 0; l < n; l++) sum += v[i * n + k] * g[k * n + l] * v[j * n + l];
        bool equal = fabs(gap) <= 1e-6 * fmax(w[i], w[j]);
        m[i * n + j] = sum * (equal ? p * pow((w[i] + w[j]) / 2, p - 1) : (pow(w[i], p) - pow(w[j], p)) / gap);
      }
    put_symmetric(call, row, v, m, n);
  }
  free(a);
}

/* a becomes the identity by row operations, which make its inverse of b; false where a pivot is 0. */
static bool eliminate(double *a, double *b, int64_t n) {
  for (int64_t e = 0; e < n * n; e++) b[e] = e / n == e % n;
  for (int64_t at = 0; at < n; at++) {
    int64_t pivot = at;
    for (int64_t i = at; i < n; i++)
      if (fabs(a[i * n + at]) > fabs(a[pivot * n + at])) pivot = i;
    swap_rows(a, n, at, pivot);
    swap_rows(b, n, at, pivot);
    double by = a[at * n + at];
    if (by == 0) return false;
    for (int64_t e = 0; e < n; e++) a[at * n + e] /= by, b[at * n + e] /= by;
    for (int64_t i = 0; i < n; i++) {
      double times = a[i * n + at];
      for (int64_t e = 0; i != at && e < n; e++)
        a[i * n + e] -= times * a[at * n + e], b[i * n + e] -= times * b[at * n + e];
    }
  }
  return true;
}

void reference_inverse(const struct call *call) {
  int64_t n = side(call);
  double *a = matrices(n, 2), *b = a + n * n;
  for (int64_t row = 0; row < rows_out(call); row++) {
    for (int64_t e = 0; e < n * n; e++) a[e] = get(&call->in[0], row, e);
    bool good = eliminate(a, b, n);
    if (!good && call->failure) kernel_fails(call, row, "the matrix has no inverse");
    for (int64_t e = 0; e < n * n; e++) put(call, row, e, good ? b[e] : NAN);
  }
  free(a);
}
