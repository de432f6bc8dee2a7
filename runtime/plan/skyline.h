/* How high buffers reach at each step: the greatest top of those put there, over any range of steps in logarithmic time.
 *
 * Ownership: it lives in the arena given. */
#ifndef PLAN_SKYLINE_H
#define PLAN_SKYLINE_H
#include <stdint.h>

#include "base/arena.h"

struct skyline {
  int steps;      /* a power of two */
  int64_t *whole; /* by part: what was put on all of it */
  int64_t *most;  /* by part: the greatest top in it */
};

/* Steps 0 .. steps - 1, nothing there. */
struct skyline skyline_new(struct arena *arena, int steps);
int64_t skyline_top(const struct skyline *skyline, int first, int last);
/* Where it is lower than top, it is as high as that. */
void skyline_raise(struct skyline *skyline, int first, int last, int64_t top);

#endif
