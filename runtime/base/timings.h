/* Where the time of a run goes: seconds by name, in the order in which the names come up.
 *
 * Ownership: names are copied; timings_free releases all.  timings may be NULL: then nothing is kept. */
#ifndef BASE_TIMINGS_H
#define BASE_TIMINGS_H
#include <stddef.h>

struct timing {
  const char *name;
  double seconds;
};

struct timings;
struct timings *timings_new(void);
void timings_free(struct timings *timings);

/* Adds what has passed since `begun`, of clock_now, and returns the moment that it ends with. */
double timings_add(struct timings *timings, const char *name, double begun);
/* The same, of seconds that have been counted elsewhere; they may be less than 0. */
void timings_count(struct timings *timings, const char *name, double seconds);

/* All of them; how many. */
size_t timings_all(const struct timings *timings, const struct timing **all);

#endif
