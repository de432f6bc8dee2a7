#include "eval/clustering.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "eval/accuracy.h"
#include "eval/codes.h"

/* ---- clusters against classes ---- */

/* The least sum of cost[i][to(i)] over one-to-one assignments of `of` rows to columns, by shortest augmenting paths
 * (Jonker and Volgenant 1987), with potentials u of rows and v of columns; 1 in them is the first. */
static void assign(const double *cost, int of, int *to) {
  double u[MAX_CLASSES + 1] = {0}, v[MAX_CLASSES + 1] = {0}, least[MAX_CLASSES + 1];
  int owner[MAX_CLASSES + 1] = {0}, from[MAX_CLASSES + 1];
  for (int i = 1; i <= of; i++) {
    bool done[MAX_CLASSES + 1] = {false};
    int column = 0;
    owner[0] = i;
    for (int j = 0; j <= of; j++) least[j] = INFINITY;
    do { /* goes to the column that is nearest, until one is free */
      int row = owner[column], next = 0;
      double step = INFINITY;
      done[column] = true;
      for (int j = 1; j <= of; j++) {
        if (done[j]) continue;
        double over = cost[(row - 1) * of + j - 1] - u[row] - v[j];
        if (over < least[j]) least[j] = over, from[j] = column;
        if (least[j] < step) step = least[j], next = j;
      }
      for (int j = 0; j <= of; j++) {
        if (done[j]) u[owner[j]] += step, v[j] -= step;
        else least[j] -= step;
      }
      column = next;
    } while (owner[column]);
    for (; column; column = from[column]) owner[column] = owner[from[column]];
  }
  for (int j = 1; j <= of; j++) to[owner[j] - 1] = j - 1;
}

static double pairs(double n) { return n * (n - 1) / 2; }

static double entropy(const double *count, int of, double n) {
  double sum = 0;
  for (int i = 0; i < of; i++)
    if (count[i] > 0) sum -= count[i] / n * log(count[i] / n);
  return sum;
}

void classes_agree(const uint8_t *cluster, const uint8_t *label, int64_t n, int of,
                   struct agreement_of_classes *result) {
  size_t cells = (size_t)of * (size_t)of;
  double *both = must_alloc(2 * cells * sizeof *both), *cost = both + cells;
  double rows[MAX_CLASSES] = {0}, columns[MAX_CLASSES] = {0};
  double shared = 0, in_both = 0, in_rows = 0, in_columns = 0, right = 0;
  int to[MAX_CLASSES];
  memset(both, 0, cells * sizeof *both);
  for (int64_t i = 0; i < n; i++) {
    both[cluster[i] * of + label[i]]++;
    rows[cluster[i]]++;
    columns[label[i]]++;
  }
  for (size_t k = 0; k < cells; k++) cost[k] = -both[k];
  assign(cost, of, to);
  for (int i = 0; i < of; i++) {
    right += both[i * of + to[i]];
    in_rows += pairs(rows[i]);
    in_columns += pairs(columns[i]);
    for (int j = 0; j < of; j++) {
      double count = both[i * of + j];
      in_both += pairs(count);
      if (count > 0) shared += count / (double)n * log(count * (double)n / (rows[i] * columns[j]));
    }
  }
  double mean = (entropy(rows, of, (double)n) + entropy(columns, of, (double)n)) / 2;
  double expected = in_rows * in_columns / pairs((double)n), most = (in_rows + in_columns) / 2;
  result->accuracy = right / (double)n;
  result->nmi = mean > 0 ? fmax(shared, 0) / mean : 1; /* one cluster of one class */
  result->ari = most > expected ? (in_both - expected) / (most - expected) : 1;
  free(both);
}

/* ---- k-means ---- */

struct lloyd { /* one start */
  const struct codes *codes;
  int clusters;
  float *mean;      /* [clusters, width] */
  double *distance; /* of each row to its mean */
  uint8_t *cluster;
};

enum { TILE_ROWS = 256 };

static double squared_distance(const float *a, const float *b, int64_t width) {
  double sum = 0;
  for (int64_t j = 0; j < width; j++) {
    double d = (double)a[j] - (double)b[j];
    sum += d * d;
  }
  return sum;
}

/* The nearest mean of each row of a tile; of equal ones the first. */
static void assign_rows(void *context, int tile, int worker) {
  struct lloyd *l = context;
  int64_t end = (tile + 1) * (int64_t)TILE_ROWS, width = l->codes->width;
  (void)worker;
  for (int64_t i = tile * (int64_t)TILE_ROWS; i < end && i < l->codes->n; i++) {
    l->distance[i] = INFINITY;
    for (int c = 0; c < l->clusters; c++) {
      double d = squared_distance(l->codes->at + i * width, l->mean + c * width, width);
      if (d < l->distance[i]) l->distance[i] = d, l->cluster[i] = (uint8_t)c;
    }
  }
}

static double assign_all(struct lloyd *l, struct pool *pool) {
  double sum = 0;
  pool_run(pool, (int)((l->codes->n + TILE_ROWS - 1) / TILE_ROWS), assign_rows, l);
  for (int64_t i = 0; i < l->codes->n; i++) sum += l->distance[i];
  return sum;
}

static void set_mean(struct lloyd *l, int cluster, int64_t row) {
  size_t width = (size_t)l->codes->width;
  memcpy(l->mean + (size_t)cluster * width, l->codes->at + (size_t)row * width, width * sizeof(float));
}

/* Each further mean is a row drawn in proportion to its squared distance from those that there are. */
static void draw_means(struct lloyd *l, uint64_t key, struct pool *pool) {
  int all = l->clusters;
  set_mean(l, 0, (int64_t)(random_bits(key, 0) % (uint64_t)l->codes->n));
  for (int c = 1; c < all; c++) {
    l->clusters = c;
    double left = random_unit(random_bits(key, (uint64_t)c)) * assign_all(l, pool);
    int64_t row = 0;
    while (row + 1 < l->codes->n && (left -= l->distance[row]) > 0) row++;
    set_mean(l, c, row);
  }
  l->clusters = all;
}

/* A cluster that lost all its rows gets the one that is farthest from its mean. */
static void move_means(struct lloyd *l, double *sum, int64_t *count) {
  int64_t width = l->codes->width;
  memset(sum, 0, (size_t)(l->clusters * width) * sizeof *sum);
  memset(count, 0, (size_t)l->clusters * sizeof *count);
  for (int64_t i = 0; i < l->codes->n; i++) {
    count[l->cluster[i]]++;
    for (int64_t j = 0; j < width; j++) sum[l->cluster[i] * width + j] += (double)l->codes->at[i * width + j];
  }
  for (int c = 0; c < l->clusters; c++) {
    int64_t far = 0;
    for (int64_t i = 1; !count[c] && i < l->codes->n; i++)
      if (l->distance[i] > l->distance[far]) far = i;
    if (!count[c]) set_mean(l, c, far), l->distance[far] = 0;
    for (int64_t j = 0; count[c] && j < width; j++)
      l->mean[c * width + j] = (float)(sum[c * width + j] / (double)count[c]);
  }
}

bool k_means(const struct array *array, int clusters, uint64_t seed, struct pool *pool, struct watch watch,
             uint8_t *cluster, double *spread, struct error *error) {
  enum { STEPS = 300, CLUSTERING = 31 };
  struct codes codes;
  if (!codes_of(&codes, array, error)) return false;
  if (codes.n < clusters)
    return error_set(error, ERROR_NUMBER, "%d clusters need as many rows, and there are %lld", clusters,
                     (long long)codes.n);
  struct arena *arena = arena_new();
  struct lloyd l = {&codes, clusters, ARENA_ARRAY(arena, float, (size_t)(clusters * codes.width)),
                    ARENA_ARRAY(arena, double, (size_t)codes.n), ARENA_ARRAY(arena, uint8_t, (size_t)codes.n)};
  double *sum = ARENA_ARRAY(arena, double, (size_t)(clusters * codes.width));
  int64_t *count = ARENA_ARRAY(arena, int64_t, (size_t)clusters);
  bool ok = true;
  *spread = INFINITY;
  for (int start = 0; ok && start < CLUSTERING_STARTS; start++) {
    draw_means(&l, key_mix(key_mix(seed, CLUSTERING), (uint64_t)start), pool);
    double before = INFINITY, now = assign_all(&l, pool);
    for (int step = 0; ok && step < STEPS && now < before; step++) {
      ok = watch_ask(watch, (double)start / CLUSTERING_STARTS, error);
      move_means(&l, sum, count);
      before = now;
      now = assign_all(&l, pool);
    }
    if (ok && now < *spread) *spread = now, memcpy(cluster, l.cluster, (size_t)codes.n);
  }
  arena_free(arena);
  return ok;
}

bool clustering_measure(const struct array *codes, const struct array *labels, uint64_t seed, struct pool *pool,
                        struct watch watch, struct agreement_of_classes *result, struct agreement_of_classes *chance,
                        int *classes, struct error *error) {
  enum { SHUFFLED_LABELS = 32 };
  const uint8_t *label;
  double spread;
  if (!labels_of(&label, labels, codes->rows, error)) return false;
  *classes = 0;
  for (int64_t i = 0; i < codes->rows; i++)
    if (label[i] >= *classes) *classes = label[i] + 1;
  uint8_t *cluster = must_alloc(size_product(2, (size_t)codes->rows + 1)), *shuffled = cluster + codes->rows;
  bool ok = k_means(codes, *classes, seed, pool, watch, cluster, &spread, error);
  for (int64_t i = 0; i < codes->rows; i++)
    shuffled[i] = label[random_permute(key_mix(seed, SHUFFLED_LABELS), (uint64_t)codes->rows, (uint64_t)i)];
  if (ok) classes_agree(cluster, label, codes->rows, *classes, result);
  if (ok) classes_agree(cluster, shuffled, codes->rows, *classes, chance);
  free(cluster);
  return ok;
}
