/* What a collection, or all that is measured and shown, reads of the data, by itself and through the values over the
 * training split that measuring makes for it.  A split of which rows are needed, but no column, is read by its first one.
 *
 * Ownership: it lives in the arena. */
#ifndef TRAIN_READS_H
#define TRAIN_READS_H
#include "data/table.h"
#include "graph/program.h"

struct reads {
  bool *fit;                  /* by number in the program: whether it has to be computed first */
  struct column_set *columns; /* of each of the program's tables */
};

struct reads reads_of(struct arena *arena, const struct program *program, const struct collection *collection);
struct reads reads_of_evaluation(struct arena *arena, const struct program *program);

#endif
