/* What several runs of one model come to: of every final metric the mean, the spread and the value of each run.
 *
 * Runs differ in seeds, folds and settings.  Those of one setting are summarised together; what tells them apart is
 * their column: "seed-1", "fold-2".
 * Ownership: the arena's that is given. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H
#include <jansson.h>

#include "report/metric.h"
#include "report/sheet.h"

struct summary_run {
  const char *name;          /* its directory, from that of all of them */
  const char *column;        /* "" where its setting has no other run */
  const struct setting *set; /* options that a sweep has given it */
  size_t n_set;
  const struct metric *metrics; /* none of a run that has failed or is still to come */
  size_t n;
};

struct summary_row {
  size_t set;             /* number of the setting, in the order of the runs */
  struct metric metric;   /* value and chance are means; rows are -1 where they differ */
  double sd, least, most; /* sd: of a sample, n - 1; NAN where there are fewer than two values */
  int64_t least_rows, most_rows;
  int64_t n;                /* runs that have a value */
  const struct metric **of; /* of each column; NULL where the run has none */
};

struct summary {
  struct arena *arena;
  const struct summary_run *runs;
  size_t n_runs;
  VEC(const struct summary_run *) sets; /* the first run of each setting */
  VEC(const char *) columns;
  VEC(struct summary_row) rows; /* metric by metric, in it setting by setting */
};

/* Whether two runs are of the same setting. */
bool summary_same_set(const struct summary_run *a, const struct summary_run *b);

struct summary summarise(struct arena *arena, const struct summary_run *runs, size_t n);

/* Puts the metric of this name (or the first of a measure of this name) before all others, and the settings in its
 * order; settings without a value are last.  NULL where there is no such metric on the split, else the best row. */
const struct summary_row *summary_rank(struct summary *summary, const char *name, const char *split, bool higher);

/* For people, or with all digits for files. */
struct sheet summary_sheet(const struct summary *summary, bool raw);

/* "figures" of metrics.json: each as that of a run, where `value` is the mean, with "mean", "sd", "min", "max", "runs"
 * (how many have a value) and "values"; "set" where there are several settings. */
json_t *summary_json(const struct summary *summary);

/* {"width": 20} */
json_t *set_json(const struct setting *set, size_t n);
/* "width=20, rate=0.1" */
const char *set_string(struct arena *arena, const struct setting *set, size_t n);

#endif
