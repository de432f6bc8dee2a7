/* Operations on values: numbers stay numbers, and an operation of arrays is a node of the running graph. */
#ifndef DSL_OPERATION_H
#define DSL_OPERATION_H
#include "dsl/eval/context.h"

/* operation.c */
/* Lifts numbers and booleans; false after an error. */
bool is_array(const struct context *e, struct value *value, struct span span);
struct value apply_op(const struct context *e, enum op op, const struct attr *attr, struct value *in, int n,
                      struct span span);
/* v with another number in the rows where it is absent, and so present in all. */
struct value only_present(const struct context *e, struct value v, double outside, struct span span);

/* presence.c */
struct value presence(const struct context *e, enum ast_op op, struct value a, struct value b, struct span span);
struct value row_count(const struct context *e, const struct value *v, struct span span);
struct value need_rows(const struct context *e, struct value v, double rows, struct span span);
struct value nothing_of_no_row(const struct context *e, struct value term, struct span span);

/* operator.c */
struct value binary(const struct context *e, enum ast_op op, struct value a, struct value b, struct span span);

#endif
