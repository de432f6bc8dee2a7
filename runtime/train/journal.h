/* What is told of training while it goes on: lines of log.jsonl and the progress line.  The value of a term in a
 * line is its mean over the steps since the line before, and so is a step's processor time; a step's time is the median.
 *
 * Ownership: journal_new's caller calls journal_free; log and progress stay the caller's. */
#ifndef TRAIN_JOURNAL_H
#define TRAIN_JOURNAL_H
#include "report/log.h"
#include "report/progress.h"
#include "train/course.h"

struct journal;

/* every: steps between lines; 0: after the first step of a stage and at the end of each epoch. */
struct journal *journal_new(struct log *log, struct progress *progress, int64_t every);
void journal_free(struct journal *journal);

/* A stage begins, or goes on; named: the model has more than this one. */
void journal_stage(struct journal *journal, const struct course *course, bool named);

/* Whether the step after the position gets a line, and so needs its gradient norms. */
bool journal_is_due(const struct journal *journal, const struct position *at);

/* A step begins: what is measured of it ends with journal_step. */
void journal_begin(struct journal *journal);

/* A step is done; at is the position after it.  value: one number a term, NAN where no row of the batch had it. */
void journal_step(struct journal *journal, const struct position *at, const double *value, int64_t rows);

/* The figures of the stage's watches, as they were taken last; they live until the next call. */
void journal_figures(struct journal *journal, const struct log_figure *figures, size_t n);

/* Writes the line for the steps so far; norm: one number a term, or NULL; taken: some figures are of this step. */
bool journal_line(struct journal *journal, const struct position *at, const double *norm, bool taken,
                  struct fault *fault);

/* In the step before the position, statistic `number` of the stage was over fewer rows than it needs. */
void journal_few(struct journal *journal, const struct position *at, size_t number, double rows);

/* The last step was the last of an epoch. */
void journal_epoch(struct journal *journal, const struct position *at);

#endif
