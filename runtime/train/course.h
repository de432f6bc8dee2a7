/* One stage on its way: its step ready to run, and the rows, draws and clock of every step.  All of these are
 * functions of the seed and the position, so any step can be run again.
 *
 * Ownership: after course_open has returned true the caller ends with course_close. */
#ifndef TRAIN_COURSE_H
#define TRAIN_COURSE_H
#include "train/position.h"
#include "train/runner.h"

struct course {
  struct model *model;
  const struct stage *stage;
  int64_t rows, batch, steps; /* steps in one epoch */
  uint64_t shuffle;           /* key of the order of rows */
  int64_t *row;
  struct arena *arena;
  struct runner *step, *inspect; /* they run in turn, in one slab */
  bool learnt; /* some step had a row of some term */
};

/* A batch must come out of the data, and every batch of a loss that couples its rows must be whole.  course_open
 * asks too; asking for all stages beforehand spares a long wait.  inspected: course_inspect is going to be
 * asked. */
bool course_fits(const struct model *model, const struct stage *stage, struct fault *fault);

bool course_open(struct course *course, struct model *model, const struct stage *stage, bool inspected,
                 struct fault *fault);
void course_close(struct course *course);

/* Runs the step that comes after the position, and says how many rows it had. */
bool course_step(struct course *course, const struct position *at, int64_t *rows, struct fault *fault);

/* The same, stopping at the first result that is not finite, with nothing stored. */
bool course_step_checked(struct course *course, const struct position *at, struct fault *fault);

/* Measures the gradient norms of that step, before it runs: one number a term. */
bool course_inspect(struct course *course, const struct position *at, double *norm, struct fault *fault);

/* A loss term's value in the step that has just run. */
double course_term(const struct course *course, size_t term);
/* Whether no row of that batch had it: then it was 0, and had no gradient. */
bool course_term_is_empty(const struct course *course, size_t term);
/* Over how many rows statistic `number` of stage->need was in that step. */
double course_rows_of(const struct course *course, size_t number);

void course_advance(const struct course *course, struct position *at);

#endif
