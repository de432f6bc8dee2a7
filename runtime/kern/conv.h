/* What kern.c asks about convolutions; the kernels themselves are declared in inner.h.
 *
 * Ownership: borrows everything. */
#ifndef KERN_CONV_H
#define KERN_CONV_H
#include "kern/inner.h"

size_t conv_scratch(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                    int64_t rows, int threads);
size_t conv_shared(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out);
kernel prepare_conv2d, prepare_conv2d_input;

/* Of conv2d_weights: bytes of a strip's sum, and what puts the sums in order; 0 and false where the order is the
 * natural one. */
size_t conv_partial(const struct attr *attr, const struct value_type *in, const struct value_type *out);
bool conv_finish(const struct call *call, const void *partial, int parts);

#endif
