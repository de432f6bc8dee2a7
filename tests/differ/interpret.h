/* A graph carried out node by node with the reference kernels, each value in memory of its own; with noise, too,
 * which tells how far rounding may carry a result.
 *
 * Ownership: all lives in the arena given. */
#ifndef TESTS_DIFFER_INTERPRET_H
#define TESTS_DIFFER_INTERPRET_H
#include "graph/graph.h"
#include "kern/kern.h"
#include "tests/op/typed.h"

/* What variables and columns hold: element i of the variable or column of this number, which a float holds too. */
double variable_element(uint64_t seed, int64_t number, int64_t i);
double column_element(uint64_t seed, int64_t number, enum dtype type, int64_t i);

struct interpretation {
  uint64_t seed;
  int64_t first, rows; /* which rows are current */
  /* Every result that rounding may touch is moved by up to `noise` of its scale: for a sum of products that is what
   * the sum would be if nothing cancelled.  Two interpretations with noise and -noise move everything apart. */
  double noise;
  uint64_t stream;
  struct step_context step_context;
  double **scale; /* by node; filled where noise is 0, read otherwise */
  void **value;   /* by node: doubles for F32 */
};

/* The step context of all executions; row_ids hold 64 and more rows. */
struct step_context step_context_of(uint64_t seed, int64_t first);

void interpret(struct arena *arena, const struct graph *graph, const bool *live, struct interpretation *run);

static inline int64_t elements_of(const struct value_type *type, int64_t rows) {
  return shape_count(type->shape) * (type->rows ? rows : 1);
}

#endif
