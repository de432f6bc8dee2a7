#include "train/journal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct tally { /* since it was last emptied */
  /* In the model's state.  By term: a sum, and steps in which no row had it, which its mean leaves out. */
  double *steps, *sum, *empty;
  int64_t timed, rows;         /* steps of this session, and their rows */
  double cpu, since;           /* their processor time, and when the first began, in seconds */
};

struct journal {
  struct log *log;
  struct progress *progress;
  int64_t every;
  double begun;
  bool named;
  const struct course *course;
  struct tally line, epoch;
  double step_begun, step_cpu; /* both clocks when the running step began */
  double *taken;               /* by each step since the line before, in seconds */
  size_t room;
  bool *warned;          /* by statistic of the stage that needs rows: whether its lack has been told of */
  const struct log_figure *figures; /* of the watches of the stage, as they were taken last */
  size_t n_figures;
  struct log_term *term; /* filled in for the reader of the moment */
};

struct journal *journal_new(struct log *log, struct progress *progress, int64_t every) {
  struct journal *journal = must_alloc(sizeof *journal);
  *journal = (struct journal){.log = log, .progress = progress, .every = every, .begun = clock_now()};
  return journal;
}

void journal_free(struct journal *journal) {
  if (!journal) return;
  free(journal->warned);
  free(journal->term);
  free(journal->taken);
  free(journal);
}

static size_t terms(const struct journal *journal) { return journal->course->stage->terms; }

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

void journal_stage(struct journal *journal, const struct course *course, bool named) {
  journal->course = course;
  journal->named = named;
  journal_figures(journal, NULL, 0);
  journal->term = must_realloc(journal->term, (terms(journal) + 1) * sizeof *journal->term);
  journal->warned = must_realloc(journal->warned, course->stage->needs + 1);
  memset(journal->warned, 0, course->stage->needs + 1);
  double *numbers = course->model->state[course->stage - course->model->program->stages.at].tally.data;
  journal->line = tally_of(numbers, terms(journal));
  journal->epoch = tally_of(numbers + tally_numbers(course->stage), terms(journal));
}

void journal_few(struct journal *journal, const struct position *at, size_t number, double rows) {
  const struct row_need *need = &journal->course->stage->need[number];
  if (journal->warned[number]) return;
  journal->warned[number] = true;
  progress_warning(journal->progress,
                   "warning: in step %" PRId64 " '%s' at %s is over %g row%s and needs at least %g: it counts as 0 in "
                   "such a step; use a larger batch",
                   at->updates, need->what, need->place, rows, rows == 1 ? "" : "s", need->rows);
}

bool journal_is_due(const struct journal *journal, const struct position *at) {
  int64_t steps = journal->course->steps, done = at->epoch * steps + at->step + 1;
  if (journal->every) return done % journal->every == 0;
  return done == 1 || done % steps == 0;
}

/* The means of a tally, as the terms of a line. */
static const struct log_term *means(struct journal *journal, const struct tally *tally, const double *norm) {
  for (size_t i = 0; i < terms(journal); i++) {
    const struct term *term = &journal->course->stage->term[i];
    double steps = *tally->steps - tally->empty[i];
    journal->term[i] = (struct log_term){.name = term->name,
                                         .value = steps > 0 ? tally->sum[i] / steps : NAN,
                                         .grad_norm = norm ? norm[i] : NAN,
                                         .weight = term->sign * term->weight,
                                         .partial = term->rows,
                                         .empty_steps = (int64_t)tally->empty[i]};
  }
  return journal->term;
}

static struct progress_state state(struct journal *journal, const struct position *at, const struct tally *tally) {
  const struct course *course = journal->course;
  int64_t done = at->epoch * course->steps + at->step, steps = course->stage->epochs * course->steps;
  double rate = tally_rate(tally), rows = (double)(steps - done) * (double)course->batch;
  return (struct progress_state){
      .stage = journal->named ? course->stage->name : NULL,
      .epoch = at->step ? at->epoch + 1 : at->epoch,
      .epochs = course->stage->epochs,
      .step = done,
      .steps = steps,
      .samples_per_s = rate,
      .seconds_left = rate > 0 ? rows / rate : -1,
      .terms = means(journal, tally, NULL),
      .n_terms = terms(journal),
      .figures = journal->figures,
      .n_figures = journal->n_figures,
  };
}

void journal_figures(struct journal *journal, const struct log_figure *figures, size_t n) {
  journal->figures = figures;
  journal->n_figures = n;
}

void journal_begin(struct journal *journal) {
  journal->step_begun = clock_now();
  journal->step_cpu = clock_processor();
}

void journal_step(struct journal *journal, const struct position *at, const double *value, int64_t rows) {
  double seconds = clock_now() - journal->step_begun, cpu_seconds = clock_processor() - journal->step_cpu;
  size_t n = (size_t)journal->line.timed;
  if (n == journal->room) {
    journal->room = n ? 2 * n : 64;
    journal->taken = must_realloc(journal->taken, size_product(journal->room, sizeof *journal->taken));
  }
  journal->taken[n] = seconds;
  tally_add(&journal->line, value, terms(journal), rows, cpu_seconds);
  tally_add(&journal->epoch, value, terms(journal), rows, cpu_seconds);
  struct progress_state progress = state(journal, at, &journal->epoch);
  progress_step(journal->progress, &progress);
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Of the steps since the line before.  A pause of the machine is in few of them, so it is not in the median. */
static double median_step(struct journal *journal) {
  size_t n = (size_t)journal->line.timed;
  if (!n) return NAN;
  qsort(journal->taken, n, sizeof *journal->taken, by_size);
  return (journal->taken[(n - 1) / 2] + journal->taken[n / 2]) / 2;
}

bool journal_line(struct journal *journal, const struct position *at, const double *norm, bool taken,
                  struct fault *fault) {
  struct log_line line = {
      .step = at->updates,
      .epoch = at->step ? at->epoch + 1 : at->epoch,
      .stage = journal->named ? journal->course->stage->name : NULL,
      .terms = means(journal, &journal->line, norm),
      .n_terms = terms(journal),
      .samples_per_s = tally_rate(&journal->line),
      .step_seconds = median_step(journal),
      .step_cpu_seconds = journal->line.timed ? journal->line.cpu / (double)journal->line.timed : NAN,
      .seconds = clock_now() - journal->begun,
      .figures = journal->figures,
      .n_figures = taken ? journal->n_figures : 0,
  };
  tally_empty(&journal->line, terms(journal));
  return log_append(journal->log, &line, fault);
}

void journal_epoch(struct journal *journal, const struct position *at) {
  struct progress_state progress = state(journal, at, &journal->epoch);
  progress_epoch(journal->progress, &progress);
  tally_empty(&journal->epoch, terms(journal));
}
