/* A compiled program made live: memory for its variables, the columns of its data set, and threads.
 *
 * Variables are arrays without rows, columns are arrays with rows, both by the program's numbering.  Data columns
 * point into the table; a column that is computed ("cut") gets its memory when it is first computed, and may turn
 * out to have no rows (then it is one value, the same for every row).
 *
 * Ownership: model_new's caller calls model_free, which releases variables and cut columns; program, table and pool
 * stay the caller's and must outlive the model. */
#ifndef TRAIN_MODEL_H
#define TRAIN_MODEL_H
#include "base/error.h"
#include "base/pool.h"
#include "data/table.h"
#include "exec/exec.h"
#include "graph/program.h"

/* What a training stage has come to beside its variables.  Checkpoints hold it, so that a run that goes on writes the
 * same lines and ends with the same weights.  Arrays of doubles without rows; a probe has none. */
struct stage_state {
  struct array tally; /* of the lines of the log that are begun: see training_log.c */
  struct array goals; /* of the metrics that the stage goes by: see monitor.c */
};

enum { TALLIES = 2, GOALS = 2, GOAL_NUMBERS = 6 };

/* Numbers of a tally: steps, and for each term a sum and how many steps no row had it. */
static inline size_t tally_numbers(const struct stage *stage) { return 1 + 2 * stage->terms; }

/* The rows that a graph runs on: of one split of a table. */
struct row_set {
  int table;
  enum data_split split;
};

struct model {
  const struct program *program;
  struct table **table; /* by number in the program; NULL where nothing of it is read, and for a model without data */
  struct pool *pool;    /* NULL: the calling thread alone */
  uint64_t seed;
  int64_t memory;                /* bytes for the intermediate results of a training step; 0: as many as it takes */
  const struct backend *backend; /* what it runs on; variables are of its numbers */
  struct slab slab;              /* of all that runs in turn */
  struct timings *timings;       /* the caller's, or NULL */
  size_t stage;                  /* number of the last stage that has begun */
  int64_t updates;               /* done in all stages */
  double epochs;                 /* done in that stage */
  double clock[CLOCKS];          /* of the weights that are kept of it; 0 without training */
  struct stage_state *state;     /* by stage */
  struct arena *arena;           /* of names and states */
  struct array *variable;
  struct array *column[DATA_SPLITS];
};

/* Variables are zero until a stage is set up.  Set the seed before anything runs.  tables: one for each of the
 * program's, which are copied; NULL: none is read. */
struct model *model_new(const struct program *program, struct table *const *tables, struct pool *pool,
                        const struct backend *backend, struct error *error);
void model_free(struct model *model);

/* 0 for a model without data. */
int64_t model_rows(const struct model *model, struct row_set rows);

/* Memory for a cut column of this type, `rows` rows of it where the type has rows; what it held is released. */
bool model_make_cut(struct model *model, enum data_split split, uint32_t column, const struct value_type *type,
                    int64_t rows, struct error *error);

/* The row variables that have values, and the states of their rules, one after the other, of all splits; after NULL the
 * first, and NULL after the last. */
const struct array *model_next_rows(const struct model *model, const struct array *last);

/* How many variables belong to training rather than to a stage of the evaluation, and their arrays, in order: what
 * a checkpoint holds.  With weights_only, what an export holds: no optimiser state. */
size_t model_kept(const struct model *model, bool weights_only, struct array *kept);

/* The states of all stages, as arrays; how many. */
size_t model_states(const struct model *model, struct array *states);

/* The first variable that holds an infinity or NaN, or NULL. */
const struct array *model_not_finite(const struct model *model);

#endif
