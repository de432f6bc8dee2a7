/* One run of the executor on a recipe's data, and what it left.
 *
 * Ownership: results live in the arena given. */
#ifndef TESTS_DIFFER_EXECUTE_H
#define TESTS_DIFFER_EXECUTE_H
#include "exec/exec.h"

struct execution {
  uint64_t seed;
  bool reference;
  struct pool *pool;
  int64_t first, rows; /* which rows are current */
  int64_t most;        /* the batch that is planned for */
  bool ungrouped;
  bool fine;      /* groups are cut finely */
  bool dirty;     /* results lie in memory full of numbers that are none */
  int64_t before; /* so many rows are run before, and then the same rows twice */
};

struct result { /* of a root: what is read or what the variable holds */
  struct value_type type;
  int64_t elements;
  size_t bytes;
  const void *data;
};

/* By root; NULL and an error where there is none. */
struct result *execute(struct arena *arena, const struct graph *graph, const struct execution *how,
                       struct error *error);

#endif
