/* What kern.c asks about convolutions; the kernels themselves are declared in inner.h.
 *
 * Ownership: borrows everything. */
#ifndef KERN_CONV_H
#define KERN_CONV_H
#include "kern/inner.h"

scratch_rule conv_scratch;
shared_rule conv_shared;
kernel prepare_conv2d, prepare_conv2d_input;

/* Of conv2d_weights: bytes of a chunk's sum, and what puts the sums in order; 0 and false where the order is the
 * natural one. */
bytes_rule conv_partial;
bool conv_finish(const struct call *call, const void *partial, int parts);

#endif
