/* How the reference kernels read and write: one element at a time, as a double, whatever its type.  An operand
 * without rows gives the same element for every line.
 *
 * Ownership: nothing here owns anything. */
#ifndef KERN_REFERENCE_H
#define KERN_REFERENCE_H
#include "kern/inner.h"

static inline double get(const struct operand *operand, int64_t line, int64_t element) {
  return operand_get(operand, (operand->type.rows ? line * operand_count(operand) : 0) + element, true);
}
static inline void put(const struct call *call, int64_t line, int64_t element, double value) {
  operand_put(&call->out, (call->out.type.rows ? line * operand_count(&call->out) : 0) + element, value, true);
}

/* Element number of a place in a shape, and back. */
static inline int64_t element_at(struct shape shape, const int64_t *place) {
  int64_t element = 0;
  for (int k = 0; k < shape.rank; k++) element = element * shape.dim[k] + place[k];
  return element;
}
static inline void place_of(struct shape shape, int64_t element, int64_t place[MAX_RANK]) {
  for (int k = shape.rank - 1; k >= 0; k--) {
    place[k] = element % shape.dim[k];
    element /= shape.dim[k];
  }
}

#endif
