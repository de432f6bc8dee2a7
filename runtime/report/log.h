/* log.jsonl: one JSON object a line, appended while a run trains.
 *
 *   {"step": 600, "epoch": 1, "stage": "...", "terms": {"L1": {"value": 0.1, "grad_norm": 0.2, "weight": 1.0},
 *    ...}, "samples_per_s": 810.5, "step_seconds": 0.12, "step_cpu_seconds": 0.23, "seconds": 74.1}
 *
 * Where learning rates follow a schedule, "rates": {"optimizer": 0.001} has those of the line's last step.
 * A line of a step at which metrics were taken has them by split: "watch": {"validation": {"bound": 83.1, ...}}.
 * Samples a second are those since the line before, with all that was done; a step's seconds and processor seconds are
 * those of training alone, without measuring gradient norms and writing.
 * Each line is one write(2) on a file opened for appending, so a line is there whole or not at all, and a reader
 * that follows the file never sees half of one.  What JSON cannot say (a value that is not finite) is null.
 * Ownership: log_open's caller calls log_close. */
#ifndef REPORT_LOG_H
#define REPORT_LOG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct log_term {
  const char *name;
  double value;        /* before the weight */
  double grad_norm;    /* norm of the weighted term's gradient; NAN: not measured, null in the log */
  double weight;       /* negative for a term that is maximised */
  bool partial;        /* some rows may lack it: "empty_steps" is in the line */
  int64_t empty_steps; /* in which no row of the batch had it; the value is the mean over the others */
};

struct log_rate { /* the lr of a rule, in the line's last step */
  const char *name;
  double value;
};

struct log_metric { /* of a measurement that is taken while training goes on */
  const char *name, *split;
  double value; /* NAN: there is none, null in the log */
  bool percent; /* in 0..100 */
  bool fresh;   /* taken at this step */
};

struct log_line {
  int64_t step, epoch; /* both counted from 1; the step over the whole run, the epoch within its stage */
  const char *stage;   /* NULL: the model has only one, and the key is left out */
  const struct log_term *terms;
  size_t n_terms;
  double samples_per_s, step_seconds, step_cpu_seconds, seconds;
  const struct log_metric *metrics; /* the fresh ones are in the line */
  size_t n_metrics;
  const struct log_rate *rates; /* those that change from step to step */
  size_t n_rates;
};

struct log;

/* Opens or creates the file.  Lines whose step is larger than last_step are cut off (a run that resumes from a
 * checkpoint writes them again), and so is a last line that a crash left unfinished.  last_step = 0 starts anew,
 * INT64_MAX keeps everything.  NULL on failure. */
struct log *log_open(const char *path, int64_t last_step, struct error *error);
bool log_append(struct log *log, const struct log_line *line, struct error *error);
bool log_close(struct log *log, struct error *error); /* of NULL: true */

#endif
