#include "train/training_log.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct tally { /* since it was last emptied */
  /* In the model's state.  By term: a sum, and steps in which no row had it, which its mean leaves out. */
  double *steps, *sum, *empty;
  int64_t timed, rows; /* steps of this session, and their rows */
  double cpu, since;   /* their processor time, and when the first began, in seconds */
};

struct training_log {
  struct log *log;
  struct progress *progress;
  int64_t every;
  double begun;
  bool named;
  const struct stage_run *stage_run;
  struct tally line, epoch;
  double step_begun, step_cpu; /* both clocks when the running step began */
  double *taken;               /* by each step since the line before, in seconds */
  size_t capacity;
  bool *warned;                     /* by statistic of the stage that needs rows: whether its lack has been told of */
  const struct log_metric *metrics; /* of the watches of the stage, as they were taken last */
  size_t n_metrics;
  struct log_rate *rate;
  struct log_term *term; /* filled in for the current reader */
};

struct training_log *training_log_new(struct log *log, struct progress *progress, int64_t every) {
  struct training_log *training_log = must_alloc(sizeof *training_log);
  *training_log = (struct training_log){.log = log, .progress = progress, .every = every, .begun = clock_now()};
  return training_log;
}

void training_log_free(struct training_log *training_log) {
  if (!training_log) return;
  free(training_log->warned);
  free(training_log->rate);
  free(training_log->term);
  free(training_log->taken);
  free(training_log);
}

static size_t terms(const struct training_log *training_log) { return training_log->stage_run->stage->terms; }

/* Begins to time the steps of a session. */
static void tally_start(struct tally *tally) {
  tally->cpu = 0;
  tally->timed = tally->rows = 0;
  tally->since = clock_now();
}

static void tally_empty(struct tally *tally, size_t n) {
  memset(tally->steps, 0, (1 + 2 * n) * sizeof *tally->steps);
  tally_start(tally);
}

static struct tally tally_of(double *numbers, size_t n) {
  struct tally tally = {.steps = numbers, .sum = numbers + 1, .empty = numbers + 1 + n};
  tally_start(&tally);
  return tally;
}

static void tally_add(struct tally *tally, const double *value, size_t n, int64_t rows, double cpu_seconds) {
  tally->cpu += cpu_seconds;
  for (size_t i = 0; i < n; i++) {
    if (isnan(value[i])) tally->empty[i]++;
    else tally->sum[i] += value[i];
  }
  ++*tally->steps;
  tally->timed++;
  tally->rows += rows;
}

static double tally_rate(const struct tally *tally) {
  double seconds = clock_now() - tally->since;
  return seconds > 0 ? (double)tally->rows / seconds : NAN;
}

void training_log_stage(struct training_log *training_log, const struct stage_run *stage_run, bool named) {
  training_log->stage_run = stage_run;
  training_log->named = named;
  training_log_metrics(training_log, NULL, 0);
  training_log->term = must_realloc(training_log->term, (terms(training_log) + 1) * sizeof *training_log->term);
  training_log->warned = must_realloc(training_log->warned, stage_run->stage->needs + 1);
  memset(training_log->warned, 0, stage_run->stage->needs + 1);
  double *numbers = stage_run->model->state[stage_run->stage - stage_run->model->program->stages.at].tally.data;
  training_log->line = tally_of(numbers, terms(training_log));
  training_log->epoch = tally_of(numbers + tally_numbers(stage_run->stage), terms(training_log));
}

void training_log_few(struct training_log *training_log, const struct training_state *at, size_t number, double rows) {
  const struct row_need *need = &training_log->stage_run->stage->need[number];
  if (training_log->warned[number]) return;
  training_log->warned[number] = true;
  progress_warning(training_log->progress,
                   "warning: in step %" PRId64 " '%s' at %s is over %g row%s and needs at least %g: it counts as 0 in "
                   "such a step; use a larger batch",
                   at->updates, need->what, need->location, rows, rows == 1 ? "" : "s", need->rows);
}

bool training_log_is_due(const struct training_log *training_log, const struct training_state *at) {
  int64_t steps = training_log->stage_run->steps, done = at->epoch * steps + at->step + 1;
  if (training_log->every) return done % training_log->every == 0;
  return done == 1 || done % steps == 0;
}

/* The means of a tally, as the terms of a line. */
static const struct log_term *means(struct training_log *training_log, const struct tally *tally, const double *norm) {
  for (size_t i = 0; i < terms(training_log); i++) {
    const struct term *term = &training_log->stage_run->stage->term[i];
    double steps = *tally->steps - tally->empty[i];
    training_log->term[i] = (struct log_term){.name = term->name,
                                              .value = steps > 0 ? tally->sum[i] / steps : NAN,
                                              .grad_norm = norm ? norm[i] : NAN,
                                              .weight = term->sign * term->weight,
                                              .partial = term->rows,
                                              .empty_steps = (int64_t)tally->empty[i]};
  }
  return training_log->term;
}

static struct progress_state state(struct training_log *training_log, const struct training_state *at,
                                   const struct tally *tally) {
  const struct stage_run *stage_run = training_log->stage_run;
  int64_t done = at->epoch * stage_run->steps + at->step, steps = stage_run->stage->epochs * stage_run->steps;
  double rate = tally_rate(tally), rows = (double)(steps - done) * (double)stage_run->batch;
  return (struct progress_state){
      .stage = training_log->named ? stage_run->stage->name : NULL,
      .epoch = at->step ? at->epoch + 1 : at->epoch,
      .epochs = stage_run->stage->epochs,
      .step = done,
      .steps = steps,
      .samples_per_s = rate,
      .seconds_left = rate > 0 ? rows / rate : -1,
      .terms = means(training_log, tally, NULL),
      .n_terms = terms(training_log),
      .metrics = training_log->metrics,
      .n_metrics = training_log->n_metrics,
  };
}

void training_log_metrics(struct training_log *training_log, const struct log_metric *metrics, size_t n) {
  training_log->metrics = metrics;
  training_log->n_metrics = n;
}

void training_log_begin(struct training_log *training_log) {
  training_log->step_begun = clock_now();
  training_log->step_cpu = clock_processor();
}

void training_log_step(struct training_log *training_log, const struct training_state *at, const double *value,
                       int64_t rows) {
  double seconds = clock_now() - training_log->step_begun, cpu_seconds = clock_processor() - training_log->step_cpu;
  size_t n = (size_t)training_log->line.timed;
  if (n == training_log->capacity) {
    training_log->capacity = n ? 2 * n : 64;
    training_log->taken = must_realloc(training_log->taken,
                                       size_product(training_log->capacity, sizeof *training_log->taken));
  }
  training_log->taken[n] = seconds;
  tally_add(&training_log->line, value, terms(training_log), rows, cpu_seconds);
  tally_add(&training_log->epoch, value, terms(training_log), rows, cpu_seconds);
  struct progress_state progress = state(training_log, at, &training_log->epoch);
  progress_step(training_log->progress, &progress);
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Of the steps since the line before.  A pause of the machine is in few of them, so it is not in the median. */
static double median_step(struct training_log *training_log) {
  size_t n = (size_t)training_log->line.timed;
  if (!n) return NAN;
  qsort(training_log->taken, n, sizeof *training_log->taken, by_size);
  return (training_log->taken[(n - 1) / 2] + training_log->taken[n / 2]) / 2;
}

static const struct log_rate *rates(struct training_log *training_log) {
  const struct stage *stage = training_log->stage_run->stage;
  training_log->rate = must_realloc(training_log->rate, (stage->rates + 1) * sizeof *training_log->rate);
  for (size_t i = 0; i < stage->rates; i++)
    training_log->rate[i] = (struct log_rate){stage->rate[i].name, stage_run_rate(training_log->stage_run, i)};
  return training_log->rate;
}

bool training_log_line(struct training_log *training_log, const struct training_state *at, const double *norm,
                       bool taken, struct error *error) {
  struct log_line line = {
      .step = at->updates,
      .epoch = at->step ? at->epoch + 1 : at->epoch,
      .stage = training_log->named ? training_log->stage_run->stage->name : NULL,
      .terms = means(training_log, &training_log->line, norm),
      .n_terms = terms(training_log),
      .rates = rates(training_log),
      .n_rates = training_log->stage_run->stage->rates,
      .samples_per_s = tally_rate(&training_log->line),
      .step_seconds = median_step(training_log),
      .step_cpu_seconds = training_log->line.timed ? training_log->line.cpu / (double)training_log->line.timed : NAN,
      .seconds = clock_now() - training_log->begun,
      .metrics = training_log->metrics,
      .n_metrics = taken ? training_log->n_metrics : 0,
  };
  tally_empty(&training_log->line, terms(training_log));
  return log_append(training_log->log, &line, error);
}

void training_log_epoch(struct training_log *training_log, const struct training_state *at) {
  struct progress_state progress = state(training_log, at, &training_log->epoch);
  progress_epoch(training_log->progress, &progress);
  tally_empty(&training_log->epoch, terms(training_log));
}
