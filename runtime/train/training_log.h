/* What is told of training while it goes on: lines of log.jsonl and the progress line.  The value of a term in a
 * line is its mean over the steps since the line before, and so is a step's processor time; a step's time is the
 * median. 
 * Ownership: training_log_new's caller calls training_log_free; log and progress stay the caller's. */
#ifndef TRAIN_TRAINING_LOG_H
#define TRAIN_TRAINING_LOG_H
#include "report/log.h"
#include "report/progress.h"
#include "train/stage_run.h"

struct training_log;

/* every: steps between lines; 0: after the first step of a stage and at the end of each epoch. */
struct training_log *training_log_new(struct log *log, struct progress *progress, int64_t every);
void training_log_free(struct training_log *training_log);

/* A stage begins, or goes on; named: the model has more than this one. */
void training_log_stage(struct training_log *training_log, const struct stage_run *stage_run, bool named);

/* Whether the step after the training state gets a line, and so needs its gradient norms. */
bool training_log_is_due(const struct training_log *training_log, const struct training_state *at);

/* A step begins: what is measured of it ends with training_log_step. */
void training_log_begin(struct training_log *training_log);

/* A step is done; at is the training state after it.  value: one number a term, NAN where no row of the batch had
 * it. */
void training_log_step(struct training_log *training_log, const struct training_state *at, const double *value,
                       int64_t rows);

/* The metrics of the stage's watches, as they were taken last; they live until the next call. */
void training_log_metrics(struct training_log *training_log, const struct log_metric *metrics, size_t n);

/* Writes the line for the steps so far; norm: one number a term, or NULL; taken: some metrics are of this step. */
bool training_log_line(struct training_log *training_log, const struct training_state *at, const double *norm,
                       bool taken, struct error *error);

/* In the step before the training state, statistic `number` of the stage was over fewer rows than it needs. */
void training_log_few(struct training_log *training_log, const struct training_state *at, size_t number, double rows);

/* The last step was the last of an epoch. */
void training_log_epoch(struct training_log *training_log, const struct training_state *at);

#endif
