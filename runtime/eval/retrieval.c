#include "eval/retrieval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "eval/accuracy.h"
#include "eval/codes.h"

const int retrieval_cut[RETRIEVAL_CUTS] = {1, 5, 10};

/* Rows of length 1; a row of zeros stays one, and is as near to all. */
static float *directions(const struct codes *codes) {
  float *out = must_alloc(size_product((size_t)(codes->n * codes->width) + 1, sizeof *out));
  for (int64_t i = 0; i < codes->n; i++) {
    const float *row = codes->at + i * codes->width;
    double sum = 0;
    for (int64_t j = 0; j < codes->width; j++) sum += (double)row[j] * (double)row[j];
    for (int64_t j = 0; j < codes->width; j++)
      out[i * codes->width + j] = sum > 0 ? (float)((double)row[j] / sqrt(sum)) : 0;
  }
  return out;
}

struct search {
  int64_t n, width, first; /* of this call */
  const float *from, *among;
  const uint8_t *label; /* or NULL */
  float *scratch;       /* 2 n of each worker */
  int64_t *rank;        /* of each row's partner */
  double *precision;    /* the average of each row's, where there are labels */
};

static int largest_first(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x < y) - (x > y);
}

/* How many of the sorted list (largest first) are larger than x. */
static int64_t larger(const float *list, int64_t n, float x) {
  int64_t low = 0;
  while (n > 0) {
    int64_t half = n / 2;
    if (list[low + half] > x) low += half + 1, n -= half + 1;
    else n = half;
  }
  return low;
}

/* Of one query: near has the cosines, own those of its class, in order; others come before those that
 * they are as near as. */
static double average_precision(const float *near, const uint8_t *label, int64_t n, uint8_t class, float *own) {
  int64_t of = 0;
  for (int64_t j = 0; j < n; j++)
    if (label[j] == class) own[of++] = near[j];
  qsort(own, (size_t)of, sizeof *own, largest_first);
  size_t bytes = size_product((size_t)of + 1, sizeof(int64_t));
  int64_t *before = memset(must_alloc(bytes), 0, bytes);
  for (int64_t j = 0; j < n; j++)
    if (label[j] != class) before[larger(own, of, near[j])]++; /* before all that are not larger */
  double sum = 0;
  int64_t others = 0;
  for (int64_t k = 0; k < of; k++) {
    others += before[k];
    sum += (double)(k + 1) / (double)(k + 1 + others);
  }
  free(before);
  return sum / (double)of;
}

/* In eight parts, in one fixed order. */
static float cosine(const float *a, const float *b, int64_t width) {
  enum { PARTS = 8 };
  float part[PARTS] = {0}, sum = 0;
  int64_t k = 0;
  for (; k + PARTS <= width; k += PARTS)
    for (int p = 0; p < PARTS; p++) part[p] += a[k + p] * b[k + p];
  for (; k < width; k++) sum += a[k] * b[k];
  for (int p = 0; p < PARTS; p++) sum += part[p];
  return sum;
}

static void ask(void *context, int tile, int worker) {
  struct search *s = context;
  int64_t i = s->first + tile, n = s->n;
  float *near = s->scratch + 2 * n * worker, *own = near + n;
  for (int64_t j = 0; j < n; j++) near[j] = cosine(s->from + i * s->width, s->among + j * s->width, s->width);
  s->rank[i] = 0;
  for (int64_t j = 0; j < n; j++) s->rank[i] += near[j] >= near[i];
  if (s->label) s->precision[i] = average_precision(near, s->label, n, s->label[i], own);
}

static int by_size(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void sum_up(const struct search *s, struct retrieval *result) {
  double n = (double)s->n;
  *result = (struct retrieval){{0}, 0, 0};
  for (int64_t i = 0; i < s->n; i++) {
    for (int k = 0; k < RETRIEVAL_CUTS; k++) result->recall[k] += (s->rank[i] <= retrieval_cut[k]) / n;
    if (s->label) result->map += s->precision[i] / n;
  }
  qsort(s->rank, (size_t)s->n, sizeof *s->rank, by_size);
  result->median = (double)(s->rank[(s->n - 1) / 2] + s->rank[s->n / 2]) / 2;
}

/* Of any order.  With labels, the expected average precision of R of n rows: (H + (R - 1) / (n - 1) (n - H)) / n, where H
 * is the sum of 1 / k up to n: at rank k stands one of the class with R / n, and before it (k - 1) (R - 1) / (n - 1)
 * others. */
static void retrieval_chance(const uint8_t *label, int64_t rows, struct retrieval *chance) {
  int64_t count[MAX_CLASSES] = {0};
  double n = (double)rows, harmonic = 0;
  *chance = (struct retrieval){{0}, (n + 1) / 2, 0};
  for (int k = 0; k < RETRIEVAL_CUTS; k++) chance->recall[k] = fmin(1, retrieval_cut[k] / n);
  for (int64_t i = 0; label && i < rows; i++) count[label[i]]++, harmonic += 1 / (double)(i + 1);
  for (int c = 0; c < MAX_CLASSES; c++) {
    double of = (double)count[c];
    if (of > 0) chance->map += of / n * (harmonic + (n > 1 ? (of - 1) / (n - 1) : 0) * (n - harmonic)) / n;
  }
}

bool retrieval_measure(const struct array *from, const struct array *among, const struct array *labels,
                       struct pool *pool, struct watch watch, struct retrieval *result, struct retrieval *chance,
                       struct error *error) {
  enum { AT_A_TIME = 64 };
  struct codes a, b;
  struct search s = {0};
  if (!codes_of_pair(&a, &b, from, among, error)) return false;
  if (labels && !labels_of(&s.label, labels, a.n, error)) return false;
  if (a.width != b.width) return error_set(error, ERROR_NUMBER, "codes of different sizes cannot be compared");
  int workers = pool ? pool_threads(pool) : 1;
  float *asking = directions(&a), *asked = directions(&b);
  s.n = a.n, s.width = a.width, s.from = asking, s.among = asked;
  s.scratch = must_alloc(size_product((size_t)(2 * workers), (size_t)a.n * sizeof *s.scratch));
  s.rank = must_alloc(size_product((size_t)a.n, sizeof *s.rank));
  s.precision = must_alloc(size_product((size_t)a.n, sizeof *s.precision));
  bool ok = true;
  for (; ok && s.first < s.n; s.first += AT_A_TIME) {
    int64_t left = s.n - s.first;
    ok = watch_ask(watch, (double)s.first / (double)s.n, error);
    if (ok) pool_run(pool, (int)(left < AT_A_TIME ? left : AT_A_TIME), ask, &s);
  }
  if (ok) sum_up(&s, result);
  if (ok) retrieval_chance(s.label, s.n, chance);
  free(asking);
  free(asked);
  free(s.scratch);
  free(s.rank);
  free(s.precision);
  return ok;
}
