#include "base/timings.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/vec.h"

struct timings {
  struct arena *arena;
  VEC(struct timing) list;
};

struct timings *timings_new(void) {
  struct arena *arena = arena_new();
  struct timings *timings = ARENA_NEW(arena, struct timings);
  timings->arena = arena;
  return timings;
}

void timings_free(struct timings *timings) {
  if (timings) arena_free(timings->arena);
}

void timings_count(struct timings *timings, const char *name, double seconds) {
  if (!timings) return;
  for (size_t i = 0; i < timings->list.n; i++)
    if (!strcmp(timings->list.at[i].name, name)) {
      timings->list.at[i].seconds += seconds;
      return;
    }
  struct timing timing = {arena_copy_string(timings->arena, name, strlen(name)), seconds};
  vec_push(timings->arena, &timings->list, timing);
}

double timings_add(struct timings *timings, const char *name, double begun) {
  double now = clock_now();
  timings_count(timings, name, now - begun);
  return now;
}

size_t timings_all(const struct timings *timings, const struct timing **all) {
  *all = timings ? timings->list.at : NULL;
  return timings ? timings->list.n : 0;
}
