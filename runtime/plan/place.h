/* The two parts of placement.  Ownership: the arena holds what they need while they run. */
#ifndef PLAN_PLACE_H
#define PLAN_PLACE_H
#include "plan/plan.h"

/* Searches for a placement lower than the one given, whose peak that is, until looks are spent or the bound is
 * reached; returns the peak.  Many thousands of buffers are left as they are. */
int64_t place_search(struct arena *arena, struct buffer *buffers, size_t n, int64_t bound, int64_t peak, int64_t looks);

#endif
