#include "eval/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "eval/accuracy.h"
#include "eval/cca.h"
#include "eval/clustering.h"
#include "eval/codes.h"
#include "eval/correlation.h"
#include "eval/retrieval.h"
#include "eval/transfer.h"

/* What measure_run was given, and what it has found so far. */
struct job {
  const struct array *const *argument, *const *fit;
  uint64_t seed;
  struct pool *pool;
  struct watch watch;
  struct measured *out;
  int n;
  struct measured_tables *tables; /* NULL: not asked for */
};

static struct measured *add(struct job *job, const char *name, double value, double chance, const char *unit,
                            const struct error *why) {
  struct measured *out = &job->out[job->n++];
  bool there = why->kind != ERROR_NUMBER;
  *out = (struct measured){.name = name, .value = there ? value : NAN, .chance = there ? chance : NAN};
  snprintf(out->unit, sizeof out->unit, "%s", unit);
  if (!there) snprintf(out->reason, sizeof out->reason, "%.*s", (int)sizeof out->reason - 1, why->message);
  return out;
}

static struct measured *add_given(struct job *job, const char *name, double value, double chance, const char *unit,
                                  const char *protocol, const struct error *why) {
  struct measured *out = add(job, name, value, chance, unit, why);
  snprintf(out->protocol, sizeof out->protocol, "%s", protocol);
  return out;
}

/* The metric stands where its chance level alone was not measured. */
static void no_chance(struct measured *out, const struct error *why) {
  if (!why->kind || out->reason[0]) return;
  out->chance = NAN;
  snprintf(out->chance_reason, sizeof out->chance_reason, "%.*s", (int)sizeof out->chance_reason - 1, why->message);
}

/* Whether a measurement stops all: it did not end, and not for what it was given. */
static bool stops(bool ok, const struct error *error) { return !ok && error->kind != ERROR_NUMBER; }

static bool run_correlation(struct job *job, struct error *error) {
  struct agreement found = {.width = shape_count(job->argument[0]->shape)};
  char unit[32];
  bool ok = !error->kind && agreement_measure(job->fit[0], job->fit[1], job->argument[0], job->argument[1], job->seed,
                                              job->watch, &found, error);
  if (stops(ok, error)) return false;
  if (!ok) found.not_sum = found.not_canonical = found.not_rank_a = found.not_rank_b = *error;
  snprintf(unit, sizeof unit, "of %lld", (long long)found.width);
  add_given(job, "sum", found.sum, found.sum_chance, unit,
            "Pearson's r of each coordinate, summed over coordinates; chance: pairs shuffled", &found.not_sum);
  no_chance(
      add_given(job, "canonical", found.canonical, found.canonical_chance, unit,
                "CCA fitted on the training split, correlations of its variates summed; chance: pairs shuffled in "
                "both",
                &found.not_canonical),
      &found.not_canonical_chance);
  add_given(job, "rank_first", found.rank_a, NAN, unit, "effective rank of the first code (Roy and Vetterli 2007)",
            &found.not_rank_a);
  add_given(job, "rank_second", found.rank_b, NAN, unit, "effective rank of the second code (Roy and Vetterli 2007)",
            &found.not_rank_b);
  return true;
}

/* A share of rows that a linear SVM tells right. */
static void add_share(struct job *job, const char *name, double share, double chance, struct folding_of folding,
                      const char *what, const struct error *why) {
  static const char *const order[] = {
      [IN_FILE_ORDER] = "five folds in file order",
      [STRATIFIED_ORDERED] = "five folds, stratified, because the labels are in order",
      [STRATIFIED_LUMPED] = "five folds, stratified, because a class would be in one fold alone",
  };
  char rare[64] = "";
  struct measured *out = add(job, name, 100 * share, 100 * chance, "%", why);
  if (folding.rare)
    snprintf(rare, sizeof rare, "; %d class%s fewer rows than folds", folding.rare,
             folding.rare == 1 ? " has" : "es have");
  snprintf(out->protocol, sizeof out->protocol, "linear SVM, %s%s; chance: largest class%s", order[folding.how], what,
           rare);
}

static bool run_transfer(struct job *job, struct error *error) {
  struct transfer found = {0};
  bool ok = !error->kind && transfer_measure(job->argument[0], job->argument[1], job->argument[2], job->pool,
                                             job->watch, &found, error);
  if (stops(ok, error)) return false;
  add_share(job, "first_to_second", found.a_to_b, found.chance, found.folding,
            ": learns the first code, tested on the second", error);
  add_share(job, "second_to_first", found.b_to_a, found.chance, found.folding,
            ": learns the second code, tested on the first", error);
  return true;
}

static bool run_separate(struct job *job, struct error *error) {
  double accuracy = 0, chance = 0;
  struct folding_of folding = {0};
  const struct array *a = job->argument[0], *labels = job->argument[1];
  bool ok = !error->kind && chance_level(labels, &chance, error) &&
            transfer_accuracy(a, a, labels, job->pool, job->watch, &accuracy, &folding, error);
  if (stops(ok, error)) return false;
  add_share(job, "", accuracy, chance, folding, ", trained and tested on the same value", error);
  return true;
}

enum { VARIATES = 50 };

/* Plain CCA, with no ridge: directions that do not vary at all are left out. */
static bool run_cca(struct job *job, struct error *error) {
  enum { SHUFFLED_PAIRS = 1 };
  uint64_t key = key_mix(job->seed, SHUFFLED_PAIRS);
  int64_t a = shape_count(job->argument[0]->shape), b = shape_count(job->argument[1]->shape), least = a < b ? a : b;
  int64_t k = least < VARIATES ? least : VARIATES;
  double sum = 0, chance = 0;
  char unit[32];
  struct cca cca = {0};
  bool ok = !error->kind && watch_ask(job->watch, 0, error) &&
            cca_fit(&cca, job->fit[0], job->fit[1], k, 0, NULL, error) && watch_ask(job->watch, 0.8, error) &&
            cca_score(&cca, job->argument[0], job->argument[1], NULL, &sum, error) &&
            cca_score(&cca, job->argument[0], job->argument[1], &key, &chance, error);
  snprintf(unit, sizeof unit, "of %lld", (long long)k);
  cca_free(&cca);
  if (stops(ok, error)) return false;
  add_given(job, "", sum, chance, unit,
            "linear CCA fitted on the training split, correlations of its variates summed; chance: pairs shuffled",
            error);
  return true;
}

/* ---- with tables ---- */

static double *add_table(struct job *job, struct measured_table table) {
  if (!job->tables) return NULL;
  table.value = ARENA_ARRAY(job->tables->arena, double, (size_t)(table.rows * table.columns));
  job->tables->at[job->tables->n++] = table;
  return table.value;
}

/* Pearson's r of pair `pair` of k variates, over rows that are paired as the key says. */
static double variate_correlation(const float *a, const float *b, int64_t rows, int64_t pair, int64_t k,
                                  const uint64_t *key) {
  double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0, n = (double)rows;
  for (int64_t i = 0; i < rows; i++) ma += (double)a[i * k + pair] / n, mb += (double)b[i * k + pair] / n;
  for (int64_t i = 0; i < rows; i++) {
    double x = (double)a[i * k + pair] - ma, y = (double)b[codes_partner(key, rows, i) * k + pair] - mb;
    aa += x * x, bb += y * y, ab += x * y;
  }
  return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* Each pair's correlation over these rows, into every second number of r. */
static bool add_spectrum(const struct cca *cca, const struct array *a, const struct array *b, const uint64_t *key,
                         double *r, struct error *error) {
  struct arena *arena = arena_new();
  float *x = ARENA_ARRAY(arena, float, (size_t)(a->rows * cca->k));
  float *y = ARENA_ARRAY(arena, float, (size_t)(b->rows * cca->k));
  bool ok = cca_project(cca, 0, a, x, error) && cca_project(cca, 1, b, y, error);
  for (int64_t k = 0; ok && k < cca->k; k++) r[2 * k] = variate_correlation(x, y, a->rows, k, cca->k, key);
  arena_free(arena);
  return ok;
}

/* All pairs in r, here and where they were fitted. */
static bool find_spectrum(struct job *job, const uint64_t *key, double *r, struct error *error) {
  struct cca cca = {0};
  bool ok = watch_ask(job->watch, key ? 0.5 : 0, error) &&
            cca_fit(&cca, job->fit[0], job->fit[1], 0, CCA_RIDGE, key, error) &&
            add_spectrum(&cca, job->argument[0], job->argument[1], key, r, error) &&
            add_spectrum(&cca, job->fit[0], job->fit[1], key, r + 1, error);
  cca_free(&cca);
  return ok;
}

static bool run_spectrum(struct job *job, struct error *error) {
  enum { SHUFFLED_PAIRS = 1 };
  static const char *const column[] = {"on these rows", "where it was fitted"};
  uint64_t key = key_mix(job->seed, SHUFFLED_PAIRS);
  int64_t a = shape_count(job->argument[0]->shape), b = shape_count(job->argument[1]->shape), k = a < b ? a : b;
  struct arena *arena = arena_new();
  double *r = ARENA_ARRAY(arena, double, (size_t)(4 * k)), *shuffled = r + 2 * k, *table;
  bool ok = !error->kind && find_spectrum(job, NULL, r, error) && find_spectrum(job, &key, shuffled, error);
  struct measured_table made = {
      "variates", "pair", k,    2,
      column,     false,  NULL, "correlation of each pair of canonical variates (CCA fitted on the training split)"};
  if (ok && (table = add_table(job, made))) memcpy(table, r, (size_t)(2 * k) * sizeof *table);
  if (!stops(ok, error))
    add_given(job, "first", r[0], shuffled[0], "of 1",
              "correlation of the first canonical variates, fitted on the training split; chance: pairs shuffled in "
              "both",
              error);
  arena_free(arena);
  return !stops(ok, error);
}

/* What the commonest class, always given, would score: p its share, of so many classes. */
static void add_class_metrics(struct job *job, double p, int classes, const struct class_scores *mean, double accuracy,
                              const struct error *error) {
  const char *end = "; chance: always the commonest class";
  const struct {
    const char *name, *what;
    double value, chance;
  } metric[] = {
      {"accuracy", "share of rows taken for their class", accuracy, p},
      {"precision", "share of a class's answers that are right, mean over classes", mean->precision, p / classes},
      {"recall", "share of a class's rows that are found, mean over classes", mean->recall, 1.0 / classes},
      {"f1", "harmonic mean of precision and recall, mean over classes", mean->f1, 2 * p / (1 + p) / classes},
  };
  for (size_t k = 0; k < sizeof metric / sizeof *metric; k++) {
    char protocol[256];
    snprintf(protocol, sizeof protocol, "%s%s", metric[k].what, end);
    add_given(job, metric[k].name, 100 * metric[k].value, 100 * metric[k].chance, "%", protocol, error);
  }
}

static bool run_per_class(struct job *job, struct error *error) {
  static const char *const column[] = {"precision %", "recall %", "F1 %", "rows"};
  struct arena *arena = arena_new();
  struct confusion found = {0};
  struct class_scores mean = {0};
  double right = 0, all = 0, most = 0;
  bool ok = !error->kind && confusion_measure(job->argument[0], job->argument[1], arena, &found, error);
  int of = found.classes;
  const struct measured_table confusion = {"confusion", "class \\ taken for",
                                           of,          of,
                                           NULL,        true,
                                           NULL,        "rows of each class, by the class that they are taken for"};
  const struct measured_table classes = {
      "classes", "class", of, 4, column, true, NULL, "precision, recall and F1 of each class; 0 where there is no row"};
  double *taken = ok ? add_table(job, confusion) : NULL, *scores = ok ? add_table(job, classes) : NULL;
  for (int c = 0; ok && c < of; c++) {
    struct class_scores s = class_scores(&found, c);
    mean.precision += s.precision / of, mean.recall += s.recall / of, mean.f1 += s.f1 / of;
    right += (double)found.taken[c * of + c], all += (double)s.rows, most = fmax(most, (double)s.rows);
    for (int k = 0; taken && k < of; k++) taken[c * of + k] = (double)found.taken[c * of + k];
    const double row[] = {100 * s.precision, 100 * s.recall, 100 * s.f1, (double)s.rows};
    if (scores) memcpy(scores + 4 * c, row, sizeof row);
  }
  arena_free(arena);
  if (stops(ok, error)) return false;
  add_class_metrics(job, all > 0 ? most / all : 0, of ? of : 1, &mean, all > 0 ? right / all : 0, error);
  return true;
}

/* ---- clusters, and finding one view by the other ---- */

static bool run_clustering(struct job *job, struct error *error) {
  struct agreement_of_classes found = {0}, chance = {0};
  int clusters = 0;
  char how[160], protocol[256];
  bool ok = !error->kind && clustering_measure(job->argument[0], job->argument[1], job->seed, job->pool, job->watch,
                                               &found, &chance, &clusters, error);
  if (stops(ok, error)) return false;
  snprintf(how, sizeof how, "k-means, %d clusters, the best of %d starts; chance: labels shuffled", clusters,
           CLUSTERING_STARTS);
  snprintf(protocol, sizeof protocol, "share of rows in their class's cluster, best assignment; %s", how);
  add_given(job, "accuracy", 100 * found.accuracy, 100 * chance.accuracy, "%", protocol, error);
  snprintf(protocol, sizeof protocol, "mutual information of clusters and classes by their mean entropy; %s", how);
  add_given(job, "nmi", found.nmi, chance.nmi, "of 1", protocol, error);
  snprintf(protocol, sizeof protocol, "adjusted Rand index of clusters and classes; %s", how);
  add_given(job, "ari", found.ari, chance.ari, "of 1", protocol, error);
  return true;
}

static void add_retrieval(struct job *job, const char *const *name, const char *which, bool classes,
                          const struct retrieval *found, const struct retrieval *chance, const struct error *error) {
  char protocol[256];
  for (int k = 0; k < RETRIEVAL_CUTS; k++) {
    snprintf(protocol, sizeof protocol,
             "share of rows of the %s whose partner is among the first %d by cosine; chance: any order", which,
             retrieval_cut[k]);
    add_given(job, name[k], 100 * found->recall[k], 100 * chance->recall[k], "%", protocol, error);
  }
  snprintf(protocol, sizeof protocol, "median rank of the partner by cosine, asked with the %s; chance: any order",
           which);
  add_given(job, name[RETRIEVAL_CUTS], found->median, chance->median, "", protocol, error);
  if (!classes) return;
  snprintf(protocol, sizeof protocol,
           "mean average precision of rows of the class by cosine, asked with the %s; chance: any order", which);
  add_given(job, name[RETRIEVAL_CUTS + 1], found->map, chance->map, "of 1", protocol, error);
}

/* Either code asks the other; label: NULL, or that of rows that count as found too. */
static bool ask_both_ways(struct job *job, const struct array *label, struct error *error) {
  static const char *const name[2][RETRIEVAL_CUTS + 2] = {
      {"first_recall1", "first_recall5", "first_recall10", "first_median", "first_map"},
      {"second_recall1", "second_recall5", "second_recall10", "second_median", "second_map"}};
  const struct array *a = job->argument[0], *b = job->argument[1];
  struct retrieval found[2] = {{{0}, 0, 0}}, chance = {{0}, 0, 0};
  bool ok = !error->kind && retrieval_measure(a, b, label, job->pool, job->watch, &found[0], &chance, error) &&
            retrieval_measure(b, a, label, job->pool, job->watch, &found[1], &chance, error);
  if (stops(ok, error)) return false;
  add_retrieval(job, name[0], "first code", label != NULL, &found[0], &chance, error);
  add_retrieval(job, name[1], "second code", label != NULL, &found[1], &chance, error);
  return true;
}

static bool run_retrieval(struct job *job, struct error *error) { return ask_both_ways(job, job->argument[2], error); }

static bool run_matching(struct job *job, struct error *error) { return ask_both_ways(job, NULL, error); }

static const struct {
  const char *name;
  int arguments, traits;
  bool (*run)(struct job *, struct error *);
} measures[] = {
#define MEASURE(name, arguments, traits, metrics, doc) {#name, arguments, traits, run_##name},
#include "base/measures.def"
#undef MEASURE
};

enum measure measure_find(const char *name) {
  enum measure measure = 0;
  while (measure < MEASURES && strcmp(measures[measure].name, name)) measure++;
  return measure;
}

int measure_arguments(enum measure measure) { return measures[measure].arguments; }
bool measure_fits(enum measure measure) { return measures[measure].traits & MEASURE_FITS; }
bool measure_is_labelled(enum measure measure) { return measures[measure].traits & MEASURE_LABELLED; }

bool measure_run(enum measure measure, const struct array *const *argument, const struct array *const *fit,
                 uint64_t seed, struct pool *pool, struct watch watch, struct measured out[MEASURED_MOST], int *n,
                 struct measured_tables *tables, struct error *error) {
  struct job job = {argument, fit, seed, pool, watch, out, 0, tables};
  bool ok = measures[measure].run(&job, error);
  *n = job.n;
  if (ok) *error = (struct error){0};
  return ok;
}

bool measure_can(enum measure measure, int64_t rows, int64_t fit, const int64_t width[2], struct error *error) {
  if (measure == MEASURE_transfer || measure == MEASURE_separate) return transfer_rows_suffice(rows, error);
  if (measure == MEASURE_per_class) return true;
  if (rows < 2)
    return error_set(error, ERROR_NUMBER, "%s is of at least 2 rows, and there is %lld",
                     measure_is_labelled(measure) ? "this" : "a correlation", (long long)rows);
  return (measure != MEASURE_cca && measure != MEASURE_spectrum) || cca_rows_suffice(fit, width[0], width[1], error);
}
