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

static void add(struct job *job, const char *name, double value, double chance, const char *unit,
                const char *protocol) {
  struct measured *out = &job->out[job->n++];
  *out = (struct measured){.name = name, .value = value, .chance = chance, .protocol = protocol};
  snprintf(out->unit, sizeof out->unit, "%s", unit);
}

static bool run_correlation(struct job *job, struct fault *fault) {
  struct agreement found;
  char unit[32];
  if (!agreement_measure(job->fit[0], job->fit[1], job->argument[0], job->argument[1], job->seed, job->watch,
                         &found, fault))
    return false;
  snprintf(unit, sizeof unit, "of %lld", (long long)found.width);
  add(job, "sum", found.sum, found.sum_chance, unit,
      "Pearson's r of each coordinate, summed over coordinates; chance: pairs shuffled");
  add(job, "canonical", found.canonical, found.canonical_chance, unit,
      "CCA fitted on the training split, correlations of its variates summed; chance: pairs shuffled in both");
  add(job, "rank_first", found.rank_a, NAN, unit, "effective rank of the first code (Roy and Vetterli 2007)");
  add(job, "rank_second", found.rank_b, NAN, unit, "effective rank of the second code (Roy and Vetterli 2007)");
  return true;
}

static bool run_transfer(struct job *job, struct fault *fault) {
  struct transfer found;
  if (!transfer_measure(job->argument[0], job->argument[1], job->argument[2], job->pool, job->watch, &found, fault))
    return false;
  add(job, "first_to_second", 100 * found.a_to_b, 100 * found.chance, "%",
      "linear SVM, five folds in file order: learns the first code, tested on the second; chance: largest class");
  add(job, "second_to_first", 100 * found.b_to_a, 100 * found.chance, "%",
      "linear SVM, five folds in file order: learns the second code, tested on the first; chance: largest class");
  return true;
}

static bool run_separate(struct job *job, struct fault *fault) {
  double accuracy, chance;
  const struct array *a = job->argument[0], *labels = job->argument[1];
  if (!chance_level(labels, &chance, fault) ||
      !transfer_accuracy(a, a, labels, job->pool, job->watch, &accuracy, fault))
    return false;
  add(job, "", 100 * accuracy, 100 * chance, "%",
      "linear SVM, five folds in file order, trained and tested on the same value; chance: largest class");
  return true;
}

/* Plain CCA, with no ridge: directions that do not vary at all are left out. */
static bool run_cca(struct job *job, struct fault *fault) {
  enum { VARIATES = 50, SHUFFLED_PAIRS = 1 };
  uint64_t key = key_mix(job->seed, SHUFFLED_PAIRS);
  int64_t a = shape_count(job->fit[0]->shape), b = shape_count(job->fit[1]->shape), least = a < b ? a : b;
  int64_t k = least < VARIATES ? least : VARIATES;
  double sum, chance;
  char unit[32];
  struct cca cca;
  if (!watch_ask(job->watch, 0, fault) || !cca_fit(&cca, job->fit[0], job->fit[1], k, 0, NULL, fault)) return false;
  bool ok = watch_ask(job->watch, 0.8, fault) &&
            cca_score(&cca, job->argument[0], job->argument[1], NULL, &sum, fault) &&
            cca_score(&cca, job->argument[0], job->argument[1], &key, &chance, fault);
  cca_free(&cca);
  if (!ok) return false;
  snprintf(unit, sizeof unit, "of %lld", (long long)k);
  add(job, "", sum, chance, unit,
      "linear CCA fitted on the training split, correlations of its variates summed; chance: pairs shuffled");
  return true;
}

static const struct {
  const char *name;
  int arguments;
  bool fits;
  bool (*run)(struct job *, struct fault *);
} measures[] = {
#define MEASURE(name, arguments, fits, doc) {#name, arguments, fits, run_##name},
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
  return ok;
}
