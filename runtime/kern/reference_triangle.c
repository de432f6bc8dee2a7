/* Reference kernels, in double: triangular matrices.  The gradient of Cholesky's decomposition goes by the inverse, in
 * full: S = M' P M with M = L^-1. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "kern/reference.h"

static int64_t side(const struct call *call) { return call->out.type.shape.dim[call->out.type.shape.rank - 1]; }

void reference_lower_triangle(const struct call *call) {
  int64_t n = side(call);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) put(call, row, i * n + j, j <= i ? get(&call->in[0], row, i * n + j) : 0);
}

/* Element by element: x[i, j] is the product of rows i and j of the factor. */
static void factor(const struct call *call, int64_t row) {
  int64_t n = side(call);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j <= i; j++) {
      double rest = get(&call->in[0], row, i * n + j) + (i == j ? call->attr->f[0] : 0);
      for (int64_t k = 0; k < j; k++) rest -= get(&call->out, row, i * n + k) * get(&call->out, row, j * n + k);
      if (i == j && !(rest > 0)) {
        if (rest <= 0) fails_at_pivot(call, row, i, n, rest);
        for (int64_t e = 0; e < n * n; e++) put(call, row, e, NAN);
        return;
      }
      put(call, row, i * n + j, i == j ? sqrt(rest) : rest / get(&call->out, row, j * n + j));
    }
}

void reference_cholesky(const struct call *call) {
  for (int64_t row = 0; row < rows_out(call); row++) {
    for (int64_t e = 0; e < elements(&call->out); e++) put(call, row, e, 0);
    factor(call, row);
  }
}

/* M, the inverse of a lower triangle: L M = 1. */
static void invert(const struct operand *l, int64_t row, double *m, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) {
      double rest = i == j;
      for (int64_t k = 0; k < i; k++) rest -= get(l, row, i * n + k) * m[k * n + j];
      m[i * n + j] = rest / get(l, row, i * n + i);
    }
}

void reference_cholesky_back(const struct call *call) {
  int64_t n = side(call);
  double *m = must_alloc(size_product((size_t)(3 * n * n), sizeof *m)), *p = m + n * n, *s = p + n * n;
  for (int64_t row = 0; row < rows_out(call); row++) {
    invert(&call->in[0], row, m, n);
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) {
        p[i * n + j] = 0;
        for (int64_t k = i; k < n; k++) /* what is above L's diagonal is not read */
          p[i * n + j] += get(&call->in[0], row, k * n + i) * get(&call->in[1], row, k * n + j);
        p[i * n + j] *= j < i ? 1 : j == i ? 0.5 : 0;
      }
    for (int64_t e = 0; e < n * n; e++) {
      s[e] = 0;
      for (int64_t a = 0; a < n; a++)
        for (int64_t b = 0; b < n; b++) s[e] += m[a * n + e / n] * p[a * n + b] * m[b * n + e % n];
    }
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++)
        put(call, row, i * n + j, j > i ? 0 : i == j ? s[i * n + i] : s[i * n + j] + s[j * n + i]);
  }
  free(m);
}

void reference_solve_triangular(const struct call *call) {
  int64_t n = side(call);
  bool transposed = call->attr->i[0];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      int64_t first = e / n * n, i = transposed ? n - 1 - e % n : e % n;
      double rest = get(&call->in[0], row, first + i);
      for (int64_t k = 0; k < n; k++) /* those that are known */
        if (transposed ? k > i : k < i)
          rest -= get(&call->in[1], 0, transposed ? k * n + i : i * n + k) * get(&call->out, row, first + k);
      put(call, row, first + i, rest / get(&call->in[1], 0, i * n + i));
    }
}
