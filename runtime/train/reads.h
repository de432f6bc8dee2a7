/* What a collection reads, by itself and through the values over the training split that measuring makes for it.
 *
 * Ownership: it lives in the arena. */
#ifndef TRAIN_READS_H
#define TRAIN_READS_H
#include "graph/program.h"

struct reads {
  bool *fit;        /* by number in the program: whether it has to be computed first */
  uint64_t columns; /* bit k: column k of the data set */
};

struct reads reads_of(struct arena *arena, const struct program *program, const struct collection *collection);

#endif
