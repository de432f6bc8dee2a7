/* What files of shape rules share: how a rule is written, and how it refuses.  Ownership: nothing here owns anything. */
#ifndef OP_RULE_H
#define OP_RULE_H
#include <stdarg.h>
#include <stdio.h>

#include "op/shape.h"

/* A shape in a message; four may be in use at once. */
static inline const char *type_string(const struct value_type *type) {
  static _Thread_local char string[4][SHAPE_STRING];
  static _Thread_local unsigned next;
  if (!type->shape.rank && !type->rows) return "one number";
  return shape_string(string[next++ % 4], type->shape, type->rows);
}

/* Always false.  a and b are the inputs to blame, -1 for none. */
static inline bool __attribute__((format(printf, 4, 5)))
fail(struct shape_problem *problem, int a, int b, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem->message, sizeof problem->message, format, arguments);
  va_end(arguments);
  problem->input[0] = a;
  problem->input[1] = b;
  return false;
}

#define RULE(name)                                                                                            \
  bool shape_##name(enum op op, const struct attr *attr, const struct value_type *in, struct value_type *out, \
                    struct shape_problem *problem)
#define UNUSED (void)op, (void)attr, (void)in, (void)out, (void)problem

#endif
