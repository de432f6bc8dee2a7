/* Operations on values: numbers stay numbers, and an operation of arrays is a node of the running graph. */
#ifndef DSL_OPERATION_H
#define DSL_OPERATION_H
#include "dsl/eval/context.h"

/* operation.c */
/* Lifts numbers and booleans; false after an error. */
bool is_array(const struct context *e, struct value *value, struct span span);
struct value apply_op(const struct context *e, enum op op, const struct attr *attr, struct value *in, int n,
                      struct span span);
/* Whose rows a value made of both has, as array.table; false where these are of two tables, which is reported. */
bool rows_together(const struct context *e, const struct value *a, const struct value *b, int *table, struct span span);
/* v with another number in the rows where it is absent, and so present in all. */
struct value only_present(const struct context *e, struct value v, double outside, struct span span);

/* How large an axis is: a number, or an array that counts the current rows. */
struct value size_value(const struct context *e, int64_t dim, struct span span);
/* Whether a value is that count; the size that it stands for is then BATCH_SIZE. */
bool is_batch_size(const struct context *e, const struct value *v);

/* Says of how many rows a shared result is, by one of its inputs more. */
void count_from(const struct context *e, struct array_value *to, const struct array_value *from);

/* A weight where it is read: without a gradient where the context holds weights. */
struct value weight_read(const struct context *e, struct value v, struct span span);

/* presence.c */
struct value presence(const struct context *e, enum ast_op op, struct value a, struct value b, struct span span);
struct value row_count(const struct context *e, const struct value *v, struct span span);
struct value need_rows(const struct context *e, struct value v, double rows, struct span span);
struct value nothing_of_no_row(const struct context *e, struct value term, struct span span);

/* operator.c */
struct value binary(const struct context *e, enum ast_op op, struct value a, struct value b, struct span span);

/* reduce.c */
/* "sum" or "mean", over `axes`, or where that is NULL over all axes of a row. */
struct value reduce(const struct context *e, const char *what, struct value v, const struct value *axes,
                    struct span span);
/* The largest over `axes`, or where that is NULL over the last axis, one axis after the other. */
struct value largest_over(const struct context *e, const char *what, struct value v, const struct value *axes,
                          struct span span);
/* One axis of an array moved behind all others. */
struct value axis_to_end(const struct context *e, struct value v, int axis, struct span span);
/* What stands in all current rows, of which `outside` stands for what is absent, as one array [batch, ..]. */
struct value all_rows(const struct context *e, struct value v, double outside, struct span span);
/* Reads `batch`, `space`, a number, or a list of them, of an array of this rank; false after an error. */
bool read_axes(const struct context *e, const char *what, const struct value *axes, int rank, int64_t *set, bool *batch,
               struct span span);
/* How many elements these axes have together: a number, or an array that counts rows. */
struct value axes_count(const struct context *e, struct shape shape, int64_t set, struct span span);
void no_axis(const struct context *e, const char *what, double axis, int rank, struct span span); /* reported */

/* What the classes of a label are called: of the one column of data with as many that it is made of; NULL: numbers. */
const char *const *class_names(const struct context *e, const struct value *label);

#endif
