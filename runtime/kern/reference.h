/* How the reference kernels read and write: one element at a time, as a double, whatever its type.  An operand
 * without rows gives the same element for every row.
 *
 * Nothing here or in the reference kernels comes from the fast kernels (kern/inner.h) or from op/op.h's geometry: a
 * mistake in what both share would be in both, and no comparison could find it.
 *
 * Ownership: nothing here owns anything. */
#ifndef KERN_REFERENCE_H
#define KERN_REFERENCE_H
#include "kern/kern.h"

#define REFERENCE_LEAF(name) kernel reference_##name;
#define REFERENCE_ELEMENTWISE(name)
#define REFERENCE_VIEW(name)
#define REFERENCE_KERNEL(name) kernel reference_##name;
#define OP(name, class, ...) REFERENCE_##class(name)
#include "op/ops.def"
#undef OP
kernel elementwise_reference;

/* Elements of a row. */
static inline int64_t elements(const struct operand *operand) {
  int64_t n = 1;
  for (int k = 0; k < operand->type.shape.rank; k++) n *= operand->type.shape.dim[k];
  return n;
}

/* Rows of the result; rows that a sum over rows adds up. */
static inline int64_t rows_out(const struct call *call) { return call->out.type.rows ? call->rows : 1; }
static inline int64_t rows_in(const struct call *call) {
  bool rows = false;
  for (int k = 0; k < call->inputs; k++) rows |= call->in[k].type.rows;
  return rows ? call->rows : 1;
}

static inline int64_t index_of(const struct operand *operand, int64_t row, int64_t element) {
  return operand->type.rows ? row * elements(operand) + element : element;
}

/* Floating-point operands hold doubles here. */
static inline double get(const struct operand *operand, int64_t row, int64_t element) {
  int64_t at = index_of(operand, row, element);
  switch (operand->type.type) {
  case F32:
  case F64: return ((const double *)operand->data)[at];
  case U8: return ((const uint8_t *)operand->data)[at];
  case I32: return ((const int32_t *)operand->data)[at];
  case I64: return (double)((const int64_t *)operand->data)[at];
  }
  return 0;
}
static inline void put(const struct call *call, int64_t row, int64_t element, double value) {
  int64_t at = index_of(&call->out, row, element);
  switch (call->out.type.type) {
  case F32:
  case F64: ((double *)call->out.data)[at] = value; break;
  case U8: ((uint8_t *)call->out.data)[at] = (uint8_t)value; break;
  case I32: ((int32_t *)call->out.data)[at] = (int32_t)value; break;
  case I64: ((int64_t *)call->out.data)[at] = (int64_t)value; break;
  }
}

/* Zeros in the whole result, and adding to an element of it. */
static inline void clear(const struct call *call) {
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) put(call, row, e, 0);
}
static inline void add(const struct call *call, int64_t row, int64_t element, double value) {
  put(call, row, element, get(&call->out, row, element) + value);
}

/* Element number of a position in a shape, and back. */
static inline int64_t element_at(struct shape shape, const int64_t *position) {
  int64_t element = 0;
  for (int k = 0; k < shape.rank; k++) element = element * shape.dim[k] + position[k];
  return element;
}
static inline void position_of(struct shape shape, int64_t element, int64_t position[MAX_RANK]) {
  for (int k = shape.rank - 1; k >= 0; k--) {
    position[k] = element % shape.dim[k];
    element /= shape.dim[k];
  }
}

#endif
