/* What a set of kernels says of itself to whoever plans with them: the type of numbers, sizes of memory, and what each
 * operation allows.  The planner knows nothing else of kernels, so a plan is a function of a graph and these.
 *
 * A function may be NULL: no memory, or never.
 *   scratch   bytes that a call on at most so many rows wants for itself with so many threads; with 0 threads, a call
 *             that adds to a part of a sum
 *   shared    bytes that all calls of a step with at most so many rows read and that are made once, before the first
 *   partial   bytes of a part of a sum over rows
 *   in_place  whether the result may be written over input k (same type, both or neither with rows)
 *   adds      whether calls on some of the rows may add up in parts
 *   lines     how many lines of a result calls should make at a time; 0 where they make it whole */
#ifndef OP_TRAITS_H
#define OP_TRAITS_H
#include "op/op.h"

struct kernel_traits {
  enum dtype real; /* what an F32 element is made of: F32 or F64 */
  bool cuts;       /* calls on some of the rows, or elements, give the bits that a call on all gives */
  size_t (*scratch)(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                    int64_t rows, int threads);
  size_t (*shared)(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                   int64_t rows);
  size_t (*partial)(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out);
  bool (*in_place)(enum op op, int input);
  bool (*adds)(enum op op);
  int64_t (*lines)(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                   int64_t rows);
};

#endif
