#include "eval/embed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "eval/lapack.h"

static double *numbers(int64_t n, int64_t m, struct error *error) {
  double *block = block_alloc(size_product(size_product((size_t)n, (size_t)m), sizeof *block));
  if (!block) error_set(error, ERROR_DATA, "no memory to draw a map of %lld rows", (long long)n);
  return block;
}

/* ---- principal components ---- */

/* Eigenvalues, ascending, and eigenvectors, one a row, of a symmetric matrix in its place. */
static bool eigen(double *a, int m, double *value, struct error *error) {
  int info = 0, length = -1;
  double wanted = 0;
  dsyev_("V", "U", &m, a, &m, value, &wanted, &length, &info, 1, 1);
  length = (int)wanted;
  double *work = numbers(length, 1, error);
  if (!work) return false;
  dsyev_("V", "U", &m, a, &m, value, work, &length, &info, 1, 1);
  free(work);
  return !info || error_set(error, ERROR_NUMBER, "the principal components of a map could not be found");
}

static double *centred(const double *x, int64_t n, int64_t d, struct error *error) {
  double *c = numbers(n, d, error);
  for (int64_t k = 0; c && k < d; k++) {
    double mean = 0;
    for (int64_t i = 0; i < n; i++) mean += x[i * d + k];
    mean /= (double)n;
    for (int64_t i = 0; i < n; i++) c[i * d + k] = x[i * d + k] - mean;
  }
  return c;
}

/* The covariance [d, d] times n, or where there are fewer rows than numbers in one, the products of rows [n, n]. */
static void products(const double *c, int64_t n, int64_t d, bool of_rows, double *a) {
  int64_t m = of_rows ? n : d;
  memset(a, 0, (size_t)(m * m) * sizeof *a);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; of_rows && j <= i; j++) {
      double sum = 0;
      for (int64_t k = 0; k < d; k++) sum += c[i * d + k] * c[j * d + k];
      a[i * m + j] = a[j * m + i] = sum;
    }
  for (int64_t i = 0; !of_rows && i < n; i++)
    for (int64_t k = 0; k < d; k++)
      for (int64_t l = 0; l < d; l++) a[k * m + l] += c[i * d + k] * c[i * d + l];
}

/* Scores of one component, the vector of which is of numbers of a row, or of rows. */
static void put_scores(const double *c, int64_t n, int64_t d, bool of_rows, const double *vector, double value,
                       double *y) {
  double furthest = 0;
  for (int64_t i = 0; i < n; i++) {
    double score = of_rows ? vector[i] * sqrt(fmax(value, 0)) : 0;
    for (int64_t k = 0; !of_rows && k < d; k++) score += c[i * d + k] * vector[k];
    y[2 * i] = score;
    if (fabs(score) > fabs(furthest)) furthest = score;
  }
  for (int64_t i = 0; furthest < 0 && i < n; i++) y[2 * i] = -y[2 * i];
}

bool principal_components(const double *x, int64_t n, int64_t d, double *y, double share[2], struct error *error) {
  bool of_rows = n < d;
  int64_t m = of_rows ? n : d;
  double *c = centred(x, n, d, error), *a = c ? numbers(m, m, error) : NULL, *value = a ? numbers(m, 1, error) : NULL;
  bool ok = value != NULL;
  double sum = 0;
  if (ok) products(c, n, d, of_rows, a);
  ok = ok && eigen(a, (int)m, value, error);
  for (int64_t k = 0; ok && k < m; k++) sum += fmax(value[k], 0);
  for (int64_t k = 0; ok && k < 2; k++) {
    share[k] = k < m && sum > 0 ? fmax(value[m - 1 - k], 0) / sum : 0;
    if (k < m) put_scores(c, n, d, of_rows, a + (m - 1 - k) * m, value[m - 1 - k], y + k);
    else
      for (int64_t i = 0; i < n; i++) y[2 * i + k] = 0;
  }
  free(value);
  free(a);
  free(c);
  return ok;
}

/* ---- affinities ---- */

struct work {
  const double *x, *p, *y;
  int64_t n, d;
  double perplexity, *out, *row;
};

enum { ROWS_A_TILE = 16 };

static int tiles_of(int64_t n) { return (int)((n + ROWS_A_TILE - 1) / ROWS_A_TILE); }

/* Weights of the row's neighbours with this precision, and the entropy of their distribution. */
static double entropy(const double *distance, int64_t n, int64_t i, double least, double precision, double *weight) {
  double sum = 0, mean = 0;
  for (int64_t j = 0; j < n; j++) {
    weight[j] = j == i ? 0 : exp(-(distance[j] - least) * precision);
    sum += weight[j];
    mean += weight[j] * (distance[j] - least);
  }
  for (int64_t j = 0; j < n; j++) weight[j] /= sum;
  return log(sum) + precision * mean / sum;
}

/* The precision at which the row's neighbours are as many as the perplexity says, by bisection. */
static void affinities_of_row(const struct work *w, int64_t i) {
  enum { BISECTIONS = 64 };
  double *weight = w->out + i * w->n, *distance = w->row + i * w->n, least = INFINITY, low = 0, high = INFINITY;
  for (int64_t j = 0; j < w->n; j++) {
    distance[j] = 0;
    for (int64_t k = 0; k < w->d; k++) {
      double by = w->x[i * w->d + k] - w->x[j * w->d + k];
      distance[j] += by * by;
    }
    if (j != i) least = fmin(least, distance[j]);
  }
  double mean = 0, precision, wanted = log(w->perplexity);
  for (int64_t j = 0; j < w->n; j++) mean += j == i ? 0 : (distance[j] - least) / (double)(w->n - 1);
  precision = mean > 0 ? 1 / mean : 1;
  for (int k = 0; k < BISECTIONS; k++) {
    double found = entropy(distance, w->n, i, least, precision, weight);
    if (fabs(found - wanted) < 1e-10) break;
    if (found > wanted) low = precision;
    else high = precision;
    precision = isinf(high) ? 2 * precision : (low + high) / 2;
  }
}

static void affinities_tile(void *context, int tile, int worker) {
  const struct work *w = context;
  (void)worker;
  for (int64_t i = tile * ROWS_A_TILE; i < (tile + 1) * ROWS_A_TILE && i < w->n; i++) affinities_of_row(w, i);
}

bool tsne_affinities(const double *x, int64_t n, int64_t d, double perplexity, struct pool *pool, double *p,
                     struct error *error) {
  struct work w = {.x = x, .n = n, .d = d, .perplexity = perplexity, .out = p, .row = numbers(n, n, error)};
  if (!w.row) return false;
  pool_run(pool, tiles_of(n), affinities_tile, &w);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j <= i; j++) p[i * n + j] = p[j * n + i] = (p[i * n + j] + p[j * n + i]) / (2 * (double)n);
  free(w.row);
  return true;
}

/* ---- the divergence and its gradient ---- */

/* Of row i: the sum of the weights of its pairs, and what attracts and what repels its point. */
struct forces {
  double sum, attract[2], repel[2];
};

static void forces_tile(void *context, int tile, int worker) {
  const struct work *w = context;
  (void)worker;
  for (int64_t i = tile * ROWS_A_TILE; i < (tile + 1) * ROWS_A_TILE && i < w->n; i++) {
    struct forces f = {0};
    const double *p = w->p + i * w->n, u = w->y[2 * i], v = w->y[2 * i + 1];
    for (int64_t j = 0; j < w->n; j++) {
      double a = u - w->y[2 * j], b = v - w->y[2 * j + 1], weight = 1 / (1 + a * a + b * b);
      double pulled = p[j] * weight, pushed = weight * weight;
      f.sum += weight;
      f.attract[0] += pulled * a, f.attract[1] += pulled * b;
      f.repel[0] += pushed * a, f.repel[1] += pushed * b;
    }
    f.sum -= 1; /* the pair of the row with itself */
    ((struct forces *)w->out)[i] = f;
  }
}

static void find_forces(const double *p, const double *y, int64_t n, struct pool *pool, struct forces *forces,
                        double exaggeration, double *gradient) {
  struct work w = {.p = p, .y = y, .n = n, .out = (double *)forces};
  double sum = 0;
  pool_run(pool, tiles_of(n), forces_tile, &w);
  for (int64_t i = 0; i < n; i++) sum += forces[i].sum;
  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < 2; k++)
      gradient[2 * i + k] = 4 * (exaggeration * forces[i].attract[k] - forces[i].repel[k] / sum);
}

bool tsne_gradient(const double *p, const double *y, int64_t n, double exaggeration, struct pool *pool,
                   double *gradient, struct error *error) {
  struct forces *forces = (struct forces *)numbers(n, sizeof *forces / sizeof(double), error);
  if (!forces) return false;
  find_forces(p, y, n, pool, forces, exaggeration, gradient);
  free(forces);
  return true;
}

static void divergence_tile(void *context, int tile, int worker) {
  const struct work *w = context;
  (void)worker;
  for (int64_t i = tile * ROWS_A_TILE; i < (tile + 1) * ROWS_A_TILE && i < w->n; i++) {
    w->out[2 * i] = w->out[2 * i + 1] = 0;
    for (int64_t j = 0; j < w->n; j++) {
      double a = w->y[2 * i] - w->y[2 * j], b = w->y[2 * i + 1] - w->y[2 * j + 1], p = w->p[i * w->n + j];
      if (j == i) continue;
      w->out[2 * i] += 1 / (1 + a * a + b * b);
      if (p > 0) w->out[2 * i + 1] += p * (log(p) + log1p(a * a + b * b));
    }
  }
}

double tsne_divergence(const double *p, const double *y, int64_t n, struct pool *pool) {
  struct error error = {0};
  struct work w = {.p = p, .y = y, .n = n, .out = numbers(n, 2, &error)};
  double sum = 0, divergence = 0;
  if (!w.out) return NAN;
  pool_run(pool, tiles_of(n), divergence_tile, &w);
  for (int64_t i = 0; i < n; i++) sum += w.out[2 * i], divergence += w.out[2 * i + 1];
  free(w.out);
  return divergence + log(sum); /* the affinities add up to 1 */
}

/* ---- the descent ---- */

struct tsne_settings tsne_usual(int64_t n) {
  return (struct tsne_settings){.perplexity = fmin(30, (double)(n - 1) / 3), .early = 250, .steps = 750, .seed = 1};
}

/* Small, and no two rows at one place. */
static void begin(double *y, int64_t n, uint64_t seed) {
  double square = 0;
  for (int64_t i = 0; i < n; i++) square += y[2 * i] * y[2 * i] / (double)n;
  double scale = square > 0 ? 1e-4 / sqrt(square) : 0;
  for (int64_t i = 0; i < 2 * n; i++) y[i] = y[i] * scale + 1e-6 * random_normal(random_bits(seed, (uint64_t)i));
}

/* Momentum, with a gain for every number that grows where the gradient keeps its sign (Jacobs 1988). */
static void descend(double *y, double *speed, double *gain, const double *gradient, int64_t n, double rate,
                    double momentum) {
  double mean[2] = {0};
  for (int64_t i = 0; i < 2 * n; i++) {
    bool turns = gradient[i] * speed[i] > 0;
    gain[i] = fmax(turns ? gain[i] * 0.8 : gain[i] + 0.2, 0.01);
    speed[i] = momentum * speed[i] - rate * gain[i] * gradient[i];
    y[i] += speed[i];
    mean[i % 2] += y[i] / (double)n;
  }
  for (int64_t i = 0; i < 2 * n; i++) y[i] -= mean[i % 2];
}

bool tsne(const double *x, int64_t n, int64_t d, const struct tsne_settings *settings, struct pool *pool, double *y,
          double divergence[2], struct error *error) {
  enum { EXAGGERATION = 12 };
  double *p = numbers(n, n, error), *state = p ? numbers(n, 6, error) : NULL;
  struct forces *forces = state ? (struct forces *)numbers(n, sizeof *forces / sizeof(double), error) : NULL;
  bool ok = forces && tsne_affinities(x, n, d, settings->perplexity, pool, p, error);
  double *speed = state, *gain = state + 2 * n, *gradient = state + 4 * n;
  if (ok) begin(y, n, settings->seed);
  for (int64_t i = 0; ok && i < 2 * n; i++) speed[i] = 0, gain[i] = 1;
  divergence[0] = ok ? tsne_divergence(p, y, n, pool) : NAN;
  for (int k = 0; ok && k < settings->steps; k++) {
    bool early = k < settings->early;
    find_forces(p, y, n, pool, forces, early ? EXAGGERATION : 1, gradient);
    descend(y, speed, gain, gradient, n, fmax((double)n / (4 * EXAGGERATION), 50), early ? 0.5 : 0.8);
  }
  divergence[1] = ok ? tsne_divergence(p, y, n, pool) : NAN;
  free(forces);
  free(state);
  free(p);
  return ok;
}
