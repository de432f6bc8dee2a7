/* Triangular matrices, fast: Cholesky's decomposition, its gradient, solving, and the lower triangle itself.
 *
 * A matrix is small and its numbers depend on each other, so each is done by one thread, in double, in scratch memory
 * of its own; rows are done at the same time.  Results may be written in place: they are there only at the end.
 *
 * The gradient (Murray 2016, section 3): with P = F(L' G), where F takes the lower triangle and halves its diagonal,
 * S = L^-T P L^-1 and F(S + S') is the gradient by the lower triangle. */
#include <math.h>

#include "kern/inner.h"

static int64_t side(const struct shape *shape) { return shape->dim[shape->rank - 1]; }

static size_t doubles(int64_t n, int threads) {
  return size_product(size_product((size_t)n, sizeof(double)), (size_t)threads);
}

size_t matrix_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                      int64_t rows, int threads) {
  (void)op, (void)attr, (void)in, (void)rows;
  return doubles(shape_count(out->shape), threads);
}

size_t vector_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                      int64_t rows, int threads) {
  (void)op, (void)attr, (void)in, (void)rows;
  return doubles(side(&out->shape), threads);
}

static double *scratch_of(const struct tiles *tiles, int64_t n, int worker) {
  return (double *)tiles->call->scratch + worker * n;
}

/* ---- the lower triangle */

static void triangles(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  int64_t n = side(&tiles->call->out.type.shape);
  (void)worker;
  for (int64_t sample = from; sample < to; sample++) {
    const float *x = float_row(&tiles->call->in[0], sample);
    float *out = float_out(tiles->call, sample);
    for (int64_t e = 0; e < n * n; e++) out[e] = e % n <= e / n ? x[e] : 0;
  }
}

void fast_lower_triangle(const struct call *call) {
  int64_t n = side(&call->out.type.shape);
  run_tiles(&(struct tiles){call, NULL, result_samples(call), samples_a_tile(n * n), triangles});
}

/* ---- Cholesky's decomposition */

/* l becomes the factor of its lower triangle; the first pivot that is not positive, or n. */
static int64_t factor(double *l, int64_t n, double *pivot) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j <= i; j++) {
      double sum = l[i * n + j];
      for (int64_t k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i == j && !(sum > 0)) {
        *pivot = sum;
        return i;
      }
      l[i * n + j] = i == j ? sqrt(sum) : sum / l[j * n + j];
    }
  return n;
}

static void factors(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct call *call = tiles->call;
  int64_t n = side(&call->out.type.shape);
  double *l = scratch_of(tiles, n * n, worker), pivot = 0;
  for (int64_t sample = from; sample < to; sample++) {
    const float *x = float_row(&call->in[0], sample);
    float *out = float_out(call, sample);
    for (int64_t e = 0; e < n * n; e++) l[e] = (double)x[e] + (e / n == e % n ? call->attr->f[0] : 0);
    int64_t bad = factor(l, n, &pivot);
    if (bad < n && pivot <= 0) fails_at_pivot(call, sample, bad, n, pivot);
    for (int64_t e = 0; e < n * n; e++) out[e] = bad < n ? NAN : e % n <= e / n ? (float)l[e] : 0;
  }
}

void fast_cholesky(const struct call *call) {
  int64_t n = side(&call->out.type.shape);
  run_tiles(&(struct tiles){call, NULL, result_samples(call), samples_a_tile(product(n * n, n)), factors});
}

/* P, into s. */
static void halved_product(const float *l, const float *g, double *s, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) {
      double sum = 0;
      for (int64_t k = i; k < n && j <= i; k++) sum += (double)l[k * n + i] * (double)g[k * n + j];
      s[i * n + j] = i == j ? sum / 2 : sum;
    }
}

/* L^-T s L^-1, in its place: column by column from the left, row by row from the right. */
static void between_inverses(const float *l, double *s, int64_t n) {
  for (int64_t i = n - 1; i >= 0; i--)
    for (int64_t j = 0; j < n; j++) {
      for (int64_t k = i + 1; k < n; k++) s[i * n + j] -= (double)l[k * n + i] * s[k * n + j];
      s[i * n + j] /= (double)l[i * n + i];
    }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = n - 1; j >= 0; j--) {
      for (int64_t k = j + 1; k < n; k++) s[i * n + j] -= s[i * n + k] * (double)l[k * n + j];
      s[i * n + j] /= (double)l[j * n + j];
    }
}

static void gradients(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct call *call = tiles->call;
  int64_t n = side(&call->out.type.shape);
  double *s = scratch_of(tiles, n * n, worker);
  for (int64_t sample = from; sample < to; sample++) {
    const float *l = float_row(&call->in[0], sample);
    float *out = float_out(call, sample);
    halved_product(l, float_row(&call->in[1], sample), s, n);
    between_inverses(l, s, n);
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++)
        out[i * n + j] = j > i ? 0 : (float)(i == j ? s[i * n + i] : s[i * n + j] + s[j * n + i]);
  }
}

void fast_cholesky_back(const struct call *call) {
  int64_t n = side(&call->out.type.shape);
  run_tiles(&(struct tiles){call, NULL, result_samples(call), samples_a_tile(product(n * n, n)), gradients});
}

/* ---- solving */

/* y = L^-1 y: every number needs those before it. */
static void forwards(const float *l, double *y, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    for (int64_t k = 0; k < i; k++) y[i] -= (double)l[i * n + k] * y[k];
    y[i] /= (double)l[i * n + i];
  }
}

/* y = L^-T y: every number, once known, is taken out of those before it. */
static void backwards(const float *l, double *y, int64_t n) {
  for (int64_t i = n - 1; i >= 0; i--) {
    y[i] /= (double)l[i * n + i];
    for (int64_t k = 0; k < i; k++) y[k] -= (double)l[i * n + k] * y[i];
  }
}

static void solutions(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct call *call = tiles->call;
  const float *l = call->in[1].data;
  int64_t n = side(&call->out.type.shape), count = operand_count(&call->out);
  double *y = scratch_of(tiles, n, worker);
  for (int64_t sample = from; sample < to; sample++) {
    const float *x = float_row(&call->in[0], sample);
    float *out = float_out(call, sample);
    for (int64_t at = 0; at < count; at += n) {
      for (int64_t k = 0; k < n; k++) y[k] = (double)x[at + k];
      (call->attr->i[0] ? backwards : forwards)(l, y, n);
      for (int64_t k = 0; k < n; k++) out[at + k] = (float)y[k];
    }
  }
}

void fast_solve_triangular(const struct call *call) {
  int64_t n = side(&call->out.type.shape);
  int64_t work = product(operand_count(&call->out), n);
  run_tiles(&(struct tiles){call, NULL, result_samples(call), samples_a_tile(work), solutions});
}
