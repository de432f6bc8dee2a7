/* The two parts of placement.  Ownership: the arena holds what they need while they run. */
#ifndef PLAN_PLACE_H
#define PLAN_PLACE_H
#include "plan/plan.h"

/* Improves the offsets given, which must be a placement, until looks are spent or the peak is the bound; returns
 * the peak, which is never higher than it was. */
int64_t place_anneal(struct arena *arena, struct buffer *buffers, size_t n, int64_t bound, int64_t looks);

#endif
