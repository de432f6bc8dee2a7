/* Metrics that are taken while a stage trains, and what goes by them: which weights the stage ends with (`keep
 * lowest`), and whether it ends early (`stop after`).
 *
 * How far the goals are is part of the model's state of the stage, which checkpoints hold; the weights that are best so
 * far are a file of their own in the run's directory.  So a run that goes on ends as one that was never stopped.
 *
 * Ownership: monitors_new's caller calls monitors_free. */
#ifndef TRAIN_MONITOR_H
#define TRAIN_MONITOR_H
#include "report/log.h"
#include "report/progress.h"
#include "train/training_state.h"

struct monitors;

struct monitors *monitors_new(struct model *model, size_t stage, const char *directory, struct progress *progress);
void monitors_free(struct monitors *monitors);

/* Whether some are taken after the step that comes after the training state. */
bool monitors_due(const struct monitors *monitors, const struct training_state *at);

/* Takes those that are due; at is the training state after the step. */
bool monitors_take(struct monitors *monitors, const struct training_state *at, struct error *error);

/* All metrics as they were taken last; those of the last monitors_take are fresh. */
const struct log_metric *monitors_metrics(const struct monitors *monitors, size_t *n);

/* ---- goals; also of stages that are done ---- */

/* Whether the stage has ended early. */
bool stage_gave_up(const struct model *model, size_t stage);

/* Whether the stage keeps weights of before its end; at (may be NULL): of when, and value: of its metric. */
bool stage_kept(const struct model *model, size_t stage, struct training_state *at, double *value);

/* Loads them, and lets the model's clock stand where they are of. */
bool stage_restore(const char *directory, struct model *model, size_t stage, struct error *error);

#endif
