/* One stage on its way: its updates ready to run, and the rows, draws and clock of every step.  A step is a round: all
 * updates in turn, each as often as it says.  All of these are
 * functions of the seed and the training state, so any step can be run again.
 *
 * Ownership: after stage_run_open has returned true the caller ends with stage_run_close. */
#ifndef TRAIN_STAGE_RUN_H
#define TRAIN_STAGE_RUN_H
#include "train/feeder.h"
#include "train/training_state.h"

struct update_run {
  struct feeder *step, *inspect, *after; /* they run in turn, in one slab */
};

struct stage_run {
  struct model *model;
  const struct stage *stage;
  int64_t rows, batch, steps; /* steps in one epoch */
  uint64_t shuffle;           /* key of the order of rows */
  int64_t *row;               /* of its table, and of each beside it one after the other */
  struct arena *arena;
  struct update_run *update; /* for whole batches */
  struct update_run *last;   /* for the smaller last batch of an epoch; NULL: the same do */
  double *
      found; /* by the last step: each term's value, of how many rows each is, the rows of each statistic, and the rates */
  bool inspected;
  bool learnt; /* some step had a row of some term */
};

/* A batch must come out of the data, and every batch of a loss that couples its rows must be whole.  stage_run_open
 * asks too; asking for all stages beforehand spares a long wait.  inspected: stage_run_inspect is going to be
 * asked. */
bool stage_run_fits(const struct model *model, const struct stage *stage, struct error *error);

bool stage_run_open(struct stage_run *stage_run, struct model *model, const struct stage *stage, bool inspected,
                    struct error *error);
void stage_run_close(struct stage_run *stage_run);

/* Runs the step that comes after the training state, and says how many rows it had. */
bool stage_run_step(struct stage_run *stage_run, const struct training_state *at, int64_t *rows, struct error *error);

/* The same, stopping at the first result that is not finite, with nothing stored. */
bool stage_run_step_checked(struct stage_run *stage_run, const struct training_state *at, struct error *error);

/* Measures the gradient norms of that step, before it runs, of all updates as things are then: one number a term. */
bool stage_run_inspect(struct stage_run *stage_run, const struct training_state *at, double *norm, struct error *error);

/* A loss term's value in the step that has just run; of an update that is repeated, in its last turn. */
double stage_run_term(const struct stage_run *stage_run, size_t term);
/* Whether no row of that batch had it: then it was 0, and had no gradient. */
bool stage_run_term_is_empty(const struct stage_run *stage_run, size_t term);
/* Over how many rows statistic `number` of stage->need was in that step. */
double stage_run_rows_of(const struct stage_run *stage_run, size_t number);

/* The learning rate `number` of stage->rate in that step. */
double stage_run_rate(const struct stage_run *stage_run, size_t number);

void stage_run_advance(const struct stage_run *stage_run, struct training_state *at);

#endif
