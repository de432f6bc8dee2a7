#include "eval/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "eval/accuracy.h"
#include "eval/cca.h"
#include "eval/correlation.h"
#include "eval/transfer.h"

/* What measure_run was given, and what it has found so far. */
struct job {
  const struct array *const *argument, *const *fit;
  uint64_t seed;
  struct pool *pool;
  struct watch watch;
  struct measured *out;
  int n;
};

static struct measured *add(struct job *job, const char *name, double value, double chance, const char *unit,
                            const struct fault *why) {
  struct measured *out = &job->out[job->n++];
  bool there = why->kind != FAULT_NUMBER;
  *out = (struct measured){.name = name, .value = there ? value : NAN, .chance = there ? chance : NAN};
  snprintf(out->unit, sizeof out->unit, "%s", unit);
  if (!there) snprintf(out->reason, sizeof out->reason, "%.*s", (int)sizeof out->reason - 1, why->text);
  return out;
}

static struct measured *add_said(struct job *job, const char *name, double value, double chance, const char *unit,
                                 const char *protocol, const struct fault *why) {
  struct measured *out = add(job, name, value, chance, unit, why);
  snprintf(out->protocol, sizeof out->protocol, "%s", protocol);
  return out;
}

/* The figure stands where its chance level alone was not measured. */
static void no_chance(struct measured *out, const struct fault *why) {
  if (!why->kind || out->reason[0]) return;
  out->chance = NAN;
  snprintf(out->chance_reason, sizeof out->chance_reason, "%.*s", (int)sizeof out->chance_reason - 1, why->text);
}

/* Whether a measurement stops all: it did not end, and not for what it was given. */
static bool stops(bool ok, const struct fault *fault) { return !ok && fault->kind != FAULT_NUMBER; }

static bool run_correlation(struct job *job, struct fault *fault) {
  struct agreement found = {.width = shape_count(job->argument[0]->shape)};
  char unit[32];
  bool ok = !fault->kind && agreement_measure(job->fit[0], job->fit[1], job->argument[0], job->argument[1], job->seed,
                                              job->watch, &found, fault);
  if (stops(ok, fault)) return false;
  if (!ok) found.not_sum = found.not_canonical = found.not_rank_a = found.not_rank_b = *fault;
  snprintf(unit, sizeof unit, "of %lld", (long long)found.width);
  add_said(job, "sum", found.sum, found.sum_chance, unit,
           "Pearson's r of each coordinate, summed over coordinates; chance: pairs shuffled", &found.not_sum);
  no_chance(add_said(job, "canonical", found.canonical, found.canonical_chance, unit,
                     "CCA fitted on the training split, correlations of its variates summed; chance: pairs shuffled in "
                     "both",
                     &found.not_canonical),
            &found.not_canonical_chance);
  add_said(job, "rank_first", found.rank_a, NAN, unit, "effective rank of the first code (Roy and Vetterli 2007)",
           &found.not_rank_a);
  add_said(job, "rank_second", found.rank_b, NAN, unit, "effective rank of the second code (Roy and Vetterli 2007)",
           &found.not_rank_b);
  return true;
}

/* A share of rows that a linear SVM tells right. */
static void add_share(struct job *job, const char *name, double share, double chance, struct folding_of folding,
                      const char *what, const struct fault *why) {
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

static bool run_transfer(struct job *job, struct fault *fault) {
  struct transfer found = {0};
  bool ok = !fault->kind && transfer_measure(job->argument[0], job->argument[1], job->argument[2], job->pool, job->watch,
                                             &found, fault);
  if (stops(ok, fault)) return false;
  add_share(job, "first_to_second", found.a_to_b, found.chance, found.folding,
            ": learns the first code, tested on the second", fault);
  add_share(job, "second_to_first", found.b_to_a, found.chance, found.folding,
            ": learns the second code, tested on the first", fault);
  return true;
}

static bool run_separate(struct job *job, struct fault *fault) {
  double accuracy = 0, chance = 0;
  struct folding_of folding = {0};
  const struct array *a = job->argument[0], *labels = job->argument[1];
  bool ok = !fault->kind && chance_level(labels, &chance, fault) &&
            transfer_accuracy(a, a, labels, job->pool, job->watch, &accuracy, &folding, fault);
  if (stops(ok, fault)) return false;
  add_share(job, "", accuracy, chance, folding, ", trained and tested on the same value", fault);
  return true;
}

enum { VARIATES = 50 };

/* Plain CCA, with no ridge: directions that do not vary at all are left out. */
static bool run_cca(struct job *job, struct fault *fault) {
  enum { SHUFFLED_PAIRS = 1 };
  uint64_t key = key_mix(job->seed, SHUFFLED_PAIRS);
  int64_t a = shape_count(job->argument[0]->shape), b = shape_count(job->argument[1]->shape), least = a < b ? a : b;
  int64_t k = least < VARIATES ? least : VARIATES;
  double sum = 0, chance = 0;
  char unit[32];
  struct cca cca = {0};
  bool ok = !fault->kind && watch_ask(job->watch, 0, fault) &&
            cca_fit(&cca, job->fit[0], job->fit[1], k, 0, NULL, fault) && watch_ask(job->watch, 0.8, fault) &&
            cca_score(&cca, job->argument[0], job->argument[1], NULL, &sum, fault) &&
            cca_score(&cca, job->argument[0], job->argument[1], &key, &chance, fault);
  snprintf(unit, sizeof unit, "of %lld", (long long)k);
  cca_free(&cca);
  if (stops(ok, fault)) return false;
  add_said(job, "", sum, chance, unit,
           "linear CCA fitted on the training split, correlations of its variates summed; chance: pairs shuffled", fault);
  return true;
}

static const struct {
  const char *name;
  int arguments;
  bool fits;
  bool (*run)(struct job *, struct fault *);
} measures[] = {
#define MEASURE(name, arguments, fits, parts, doc) {#name, arguments, fits, run_##name},
#include "base/measures.def"
#undef MEASURE
};

enum measure measure_find(const char *name) {
  enum measure measure = 0;
  while (measure < MEASURES && strcmp(measures[measure].name, name)) measure++;
  return measure;
}

int measure_arguments(enum measure measure) { return measures[measure].arguments; }
bool measure_fits(enum measure measure) { return measures[measure].fits; }

bool measure_run(enum measure measure, const struct array *const *argument, const struct array *const *fit,
                 uint64_t seed, struct pool *pool, struct watch watch, struct measured out[MEASURED_MOST], int *n,
                 struct fault *fault) {
  struct job job = {argument, fit, seed, pool, watch, out, 0};
  bool ok = measures[measure].run(&job, fault);
  *n = job.n;
  if (ok) *fault = (struct fault){0};
  return ok;
}

bool measure_can(enum measure measure, int64_t rows, int64_t fit, const int64_t width[2], struct fault *fault) {
  if (measure == MEASURE_transfer || measure == MEASURE_separate) return transfer_rows_suffice(rows, fault);
  if (rows < 2)
    return fault_set(fault, FAULT_NUMBER, "a correlation is of at least 2 rows, and there is %lld", (long long)rows);
  return measure != MEASURE_cca || cca_rows_suffice(fit, width[0], width[1], fault);
}
