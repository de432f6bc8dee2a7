/* Convolutions by filters of 3 x 3 with fewer multiplications, images with channels last: winograd.c.
 *
 * Ownership: borrows everything. */
#ifndef KERN_WINOGRAD_H
#define KERN_WINOGRAD_H
#include "kern/inner.h"

/* Samples that are best done by one call, so that the filters are not read too often. */
int64_t winograd_samples(enum op op, const struct window *v);

/* Floats of scratch memory that one thread needs for calls on at most `samples` rows. */
int64_t winograd_scratch(enum op op, const struct window *v, int64_t samples);

/* The filters as conv2d and conv2d_input read them: how many floats, and making them in call->out. */
int64_t winograd_shared(enum op op, const struct window *v);
void winograd_prepare(const struct call *call, const struct window *v);

/* Samples first .. end - 1 of a call, and for the weights their sum, added to panels [taps, c][o] (panels.h). */
void winograd_conv2d(const struct call *call, const struct window *v, int64_t first, int64_t end, float *scratch);
void winograd_conv2d_input(const struct call *call, const struct window *v, int64_t first, int64_t end, float *scratch);
void winograd_conv2d_weights(const struct call *call, const struct window *v, int64_t first, int64_t end, float *sum,
                             float *scratch);

#endif
