/* Convolutions of few channels, channels first, a whole plane [h, w] at a time: planes.c.
 *
 * Ownership: borrows everything. */
#ifndef KERN_PLANES_H
#define KERN_PLANES_H
#include "kern/inner.h"

/* Whether planes suit a convolution; conv.c does all others. */
bool planes_fit(const struct attr *attr, const struct window *v);
size_t planes_scratch(enum op op, const struct window *v, int64_t rows, int threads);
void planes_conv2d(const struct call *call);
void planes_conv2d_input(const struct call *call);
void planes_conv2d_weights(const struct call *call); /* honours part and add, in the natural order */

#endif
