#include "eval/transfer.h"

#include <linear.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "eval/accuracy.h"
#include "eval/codes.h"

/* The published settings ask for the dual solver, which draws its coordinates at random and stops near the optimum.
 * The primal trust-region solver reaches the same optimum (both problems are strictly convex) without drawing, in a
 * quarter of the time; this tolerance is where the accuracies of the raw halves of MNIST stand still. */
static const struct parameter settings = {.solver_type = L2R_L2LOSS_SVC, .eps = 1e-6, .C = 1};

/* Rows as the solver wants them: index and value of what is not zero, a constant 1 for the bias, an end mark. */
struct rows {
  struct feature_node *nodes, **row;
};

static void rows_free(struct rows *rows) {
  free(rows->nodes);
  free(rows->row);
}

static bool rows_of(struct rows *rows, const struct codes *codes, struct error *error) {
  enum { INDEX_BIAS_END = 2 };
  size_t total = (size_t)codes->n * INDEX_BIAS_END, at = 0;
  for (int64_t i = 0; i < codes->n * codes->width; i++) total += codes->at[i] != 0;
  rows->nodes = block_alloc(size_product(total, sizeof *rows->nodes));
  rows->row = block_alloc(size_product((size_t)codes->n, sizeof *rows->row));
  if (!rows->nodes || !rows->row)
    return error_set(error, ERROR_DATA, "no memory for the features of %lld rows", (long long)codes->n);
  for (int64_t i = 0; i < codes->n; i++) {
    const float *code = codes->at + i * codes->width;
    rows->row[i] = rows->nodes + at;
    for (int64_t j = 0; j < codes->width; j++)
      if (code[j] != 0) rows->nodes[at++] = (struct feature_node){(int)j + 1, code[j]};
    rows->nodes[at++] = (struct feature_node){(int)codes->width + 1, 1};
    rows->nodes[at++] = (struct feature_node){-1, 0};
  }
  return true;
}

static void say_nothing(const char *text) { (void)text; }

/* ---- folds ---- */

static int64_t fold_start(int64_t n, int fold) { /* the first n % folds are one longer */
  int64_t extra = n % TRANSFER_FOLDS;
  return n / TRANSFER_FOLDS * fold + (fold < extra ? fold : extra);
}

/* Pearson's statistic of a table of folds by classes, whose distribution where rows stand in no order is
 * chi-squared. */
static double disorder(int64_t count[TRANSFER_FOLDS][MAX_CLASSES], const int64_t *of_class, int64_t n) {
  double sum = 0;
  for (int fold = 0; fold < TRANSFER_FOLDS; fold++) {
    int64_t rows = fold_start(n, fold + 1) - fold_start(n, fold);
    for (int c = 0; c < MAX_CLASSES; c++) {
      double expected = (double)rows * (double)of_class[c] / (double)n;
      if (of_class[c]) sum += pow((double)count[fold][c] - expected, 2) / expected;
    }
  }
  return sum;
}

/* What chi-squared stays below but once in 30,000 times: four deviations (Wilson and Hilferty 1931). */
static double beyond_chance(int classes) {
  double freedom = (TRANSFER_FOLDS - 1) * (classes - 1), part = 2 / (9 * freedom);
  return freedom * pow(1 - part + 4 * sqrt(part), 3);
}

static void fold_in_file_order(int64_t n, uint8_t *fold) {
  for (int f = 0; f < TRANSFER_FOLDS; f++)
    for (int64_t i = fold_start(n, f); i < fold_start(n, f + 1); i++) fold[i] = (uint8_t)f;
}

/* Rows are dealt class by class, in file order within one, each to the fold after the last one's. */
static void stratify(const uint8_t *label, const int64_t *of_class, int64_t n, uint8_t *fold) {
  int64_t next[MAX_CLASSES] = {0};
  for (int c = 1; c < MAX_CLASSES; c++) next[c] = next[c - 1] + of_class[c - 1];
  for (int64_t i = 0; i < n; i++) fold[i] = (uint8_t)(next[label[i]]++ % TRANSFER_FOLDS);
}

struct folding_of folds_of(const uint8_t *label, int64_t n, uint8_t *fold) {
  int64_t count[TRANSFER_FOLDS][MAX_CLASSES] = {{0}}, of_class[MAX_CLASSES] = {0};
  struct folding_of folding = {IN_FILE_ORDER, 0};
  int classes = 0;
  fold_in_file_order(n, fold);
  for (int64_t i = 0; i < n; i++) {
    count[fold[i]][label[i]]++;
    of_class[label[i]]++;
  }
  for (int c = 0; c < MAX_CLASSES; c++) {
    classes += of_class[c] > 0;
    folding.rare += of_class[c] > 0 && of_class[c] < TRANSFER_FOLDS;
    for (int f = 0; f < TRANSFER_FOLDS; f++)
      if (of_class[c] > 1 && count[f][c] == of_class[c]) folding.how = STRATIFIED_LUMPED;
  }
  if (classes > 1 && disorder(count, of_class, n) > beyond_chance(classes)) folding.how = STRATIFIED_ORDERED;
  if (classes > 1 && folding.how != IN_FILE_ORDER) stratify(label, of_class, n, fold);
  return folding;
}

/* ---- learning ---- */

enum { DIRECTIONS = 2, TASKS = DIRECTIONS * TRANSFER_FOLDS };

struct folds { /* each fold of each direction is a tile; only the calling thread, worker 0, asks whether to go on */
  const struct rows *from[DIRECTIONS], *to[DIRECTIONS];
  int tasks;
  const uint8_t *label;
  uint8_t *fold; /* of each row */
  int64_t n, width;
  struct watch watch;
  struct feature_node **x; /* n for each task, and y likewise */
  double *y;
  int64_t right[TASKS], rows[TASKS];
  atomic_int done;
  atomic_bool stopped;
  struct error *error;
};

/* Learns all rows of `from` outside the fold and counts right answers on those of `to` in it. */
static void run_fold(void *context, int task, int worker) {
  struct folds *folds = context;
  int fold = task % TRANSFER_FOLDS, direction = task / TRANSFER_FOLDS;
  int64_t n = folds->n;
  struct problem problem = {.n = (int)folds->width + 1, .bias = 1, .x = folds->x + task * n, .y = folds->y + task * n};
  double share = (double)atomic_load(&folds->done) / folds->tasks;
  if (worker == 0 && !folds->stopped && !watch_ask(folds->watch, share, folds->error)) folds->stopped = true;
  if (folds->stopped) return;
  for (int64_t i = 0; i < n; i++)
    if (folds->fold[i] != fold) {
      problem.x[problem.l] = folds->from[direction]->row[i];
      problem.y[problem.l++] = folds->label[i];
    }
  struct model *model = train(&problem, &settings);
  for (int64_t i = 0; i < n; i++) {
    if (folds->fold[i] != fold) continue;
    folds->rows[task]++;
    folds->right[task] += predict(model, folds->to[direction]->row[i]) == folds->label[i];
  }
  free_and_destroy_model(&model);
  atomic_fetch_add(&folds->done, 1);
}

bool transfer_rows_suffice(int64_t rows, struct error *error) {
  return rows >= 2 * TRANSFER_FOLDS ||
         error_set(error, ERROR_NUMBER, "at least %d rows are needed for %d folds, and there %s %lld",
                   2 * TRANSFER_FOLDS, TRANSFER_FOLDS, rows == 1 ? "is" : "are", (long long)rows);
}

static bool check_classes(const uint8_t *label, const uint8_t *fold, int64_t n, struct error *error) {
  for (int f = 0; f < TRANSFER_FOLDS; f++) {
    int64_t some = 0;
    bool two = false;
    while (fold[some] == f) some++; /* there are other folds */
    for (int64_t i = 0; i < n && !two; i++) two = fold[i] != f && label[i] != label[some];
    if (!two)
      return error_set(error, ERROR_NUMBER,
                       "two classes are needed to tell apart, and outside fold %d all labels are %d", f + 1,
                       label[some]);
  }
  return true;
}

/* accuracy: of each direction. */
static bool run_folds(struct folds *folds, struct pool *pool, double *accuracy, struct error *error) {
  size_t n = (size_t)folds->n, tasks = (size_t)folds->tasks;
  folds->x = block_alloc(size_product(n, tasks * sizeof *folds->x));
  folds->y = doubles(folds->n * folds->tasks, error);
  folds->error = error;
  bool ok = folds->x && folds->y;
  if (!ok) error_set(error, ERROR_DATA, "no memory for the folds of %zu rows", n);
  set_print_string_function(say_nothing);
  if (ok) pool_run(pool, folds->tasks, run_fold, folds);
  for (int task = 0; ok && !folds->stopped && task < folds->tasks; task++) {
    double part = (double)folds->right[task] / (double)folds->rows[task] / TRANSFER_FOLDS;
    accuracy[task / TRANSFER_FOLDS] = part + (task % TRANSFER_FOLDS ? accuracy[task / TRANSFER_FOLDS] : 0);
  }
  free(folds->x);
  free(folds->y);
  return ok && !folds->stopped && watch_ask(folds->watch, 1, error);
}

/* From a to b, and, where directions is 2, from b to a. */
static bool transfer_both(const struct array *from, const struct array *to, const struct array *labels, int directions,
                          struct pool *pool, struct watch watch, double *accuracy, struct folding_of *folding,
                          struct error *error) {
  struct codes a, b;
  const uint8_t *label;
  if (!codes_of_pair(&a, &b, from, to, error) || !labels_of(&label, labels, a.n, error)) return false;
  if (a.width != b.width)
    return error_set(error, ERROR_NUMBER, "what is learned on codes of %lld numbers cannot read codes of %lld",
                     (long long)a.width, (long long)b.width);
  if (!transfer_rows_suffice(a.n, error)) return false;
  struct rows left = {0}, right = {0};
  bool same = from->data == to->data;
  const struct rows *other = same ? &left : &right;
  struct folds folds = {{&left, other}, {other, &left}, directions * TRANSFER_FOLDS, label, NULL, a.n, a.width,
                        watch,          .done = 0};
  folds.fold = must_alloc((size_t)a.n);
  *folding = folds_of(label, a.n, folds.fold);
  bool ok = check_classes(label, folds.fold, a.n, error) && rows_of(&left, &a, error) &&
            (same || rows_of(&right, &b, error)) && run_folds(&folds, pool, accuracy, error);
  free(folds.fold);
  rows_free(&left);
  rows_free(&right);
  return ok;
}

bool transfer_accuracy(const struct array *from, const struct array *to, const struct array *labels, struct pool *pool,
                       struct watch watch, double *accuracy, struct folding_of *folding, struct error *error) {
  return transfer_both(from, to, labels, 1, pool, watch, accuracy, folding, error);
}

bool transfer_measure(const struct array *a, const struct array *b, const struct array *labels, struct pool *pool,
                      struct watch watch, struct transfer *result, struct error *error) {
  double accuracy[DIRECTIONS] = {0};
  *result = (struct transfer){0};
  bool ok = chance_level(labels, &result->chance, error) &&
            transfer_both(a, b, labels, DIRECTIONS, pool, watch, accuracy, &result->folding, error);
  result->a_to_b = accuracy[0];
  result->b_to_a = accuracy[1];
  return ok;
}
