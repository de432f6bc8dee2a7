/* The functions of the core: from values to a value; nothing is evaluated. */
#ifndef DSL_BUILTIN_H
#define DSL_BUILTIN_H
#include "dsl/eval/operation.h"

/* builtin.c */
void declare_builtins(const struct context *e);
extern const struct builtin builtins[];
extern const size_t builtin_count;
/* builtin_list.c */
/* False after an error. */
bool wants_array(const struct context *e, const struct builtin *self, struct value *v, struct span span);
/* An axis of an array of this rank, counted from the end where negative; false after an error. */
bool axis_of(const struct context *e, const struct builtin *self, const struct value *v, int rank, int64_t *out,
             struct span span);
/* Of a list or record; else false. */
bool values_of(const struct context *e, const struct value *value, struct values *out);
struct value add_list(const struct context *e, const struct value *list, struct span span);
struct value mean_of_list(const struct context *e, const struct value *list, struct span span);
struct value call_pairs(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
struct value call_range(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
struct value call_alike(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
struct value call_whole(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
struct value call_checked(const struct context *e, const struct builtin *self, struct value *in, int n,
                          struct span span);
/* An integer of at least `least`, for what `what` names; false after an error. */
bool whole_setting(const struct context *e, const struct builtin *self, const struct value *v, double least,
                   const char *what, int64_t *out, struct span span);
/* builtin_image.c */
struct value call_both_ways(const struct context *e, const struct builtin *self, struct value *in, int n,
                            struct span span);
struct value call_conv2d(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span);
struct value call_pool_max(const struct context *e, const struct builtin *self, struct value *in, int n,
                           struct span span);
struct value call_pad(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
struct value call_interpolate(const struct context *e, const struct builtin *self, struct value *in, int n,
                              struct span span);
struct value call_batch_normalize(const struct context *e, const struct builtin *self, struct value *in, int n,
                                  struct span span);
/* builtin_rows.c */
struct value call_rows(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
struct value call_per_row(const struct context *e, const struct builtin *self, struct value *in, int n,
                          struct span span);
struct value call_row_number(const struct context *e, const struct builtin *self, struct value *in, int n,
                             struct span span);
struct value call_largest(const struct context *e, const struct builtin *self, struct value *in, int n,
                          struct span span);
struct value call_argmax(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span);
struct value call_top_k(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
struct value call_roll(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
/* builtin_array.c */
struct value call_filled(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span);
struct value call_stack(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
struct value call_concat(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span);
struct value call_split_of(const struct context *e, const struct builtin *self, struct value *in, int n,
                           struct span span);
/* builtin_measure.c */
/* One number without rows; else reported. */
bool is_measurement(const struct context *e, const struct value *v, struct span span);
struct value call_figure(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span);
struct value call_measure(const struct context *e, const struct builtin *self, struct value *in, int n,
                          struct span span);

#endif
