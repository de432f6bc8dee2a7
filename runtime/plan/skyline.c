/* A tree of parts of the steps: part 1 is all of them, and part k is cut into halves 2 k and 2 k + 1. */
#include "plan/skyline.h"

struct skyline skyline_new(struct arena *arena, int steps) {
  struct skyline skyline = {.steps = 1};
  while (skyline.steps < steps) skyline.steps *= 2;
  skyline.whole = ARENA_ARRAY(arena, int64_t, 2 * (size_t)skyline.steps);
  skyline.most = ARENA_ARRAY(arena, int64_t, 2 * (size_t)skyline.steps);
  return skyline;
}

static int64_t higher(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t top_in(const struct skyline *s, int part, int begin, int end, int first, int last) {
  int middle = begin + (end - begin) / 2;
  if (last < begin || first >= end) return 0;
  if (first <= begin && end - 1 <= last) return s->most[part];
  return higher(s->whole[part], higher(top_in(s, 2 * part, begin, middle, first, last),
                                       top_in(s, 2 * part + 1, middle, end, first, last)));
}

static void raise_in(struct skyline *s, int part, int begin, int end, int first, int last, int64_t top) {
  int middle = begin + (end - begin) / 2;
  if (last < begin || first >= end) return;
  s->most[part] = higher(s->most[part], top);
  if (first <= begin && end - 1 <= last) {
    s->whole[part] = higher(s->whole[part], top);
    return;
  }
  raise_in(s, 2 * part, begin, middle, first, last, top);
  raise_in(s, 2 * part + 1, middle, end, first, last, top);
}

int64_t skyline_top(const struct skyline *skyline, int first, int last) {
  return top_in(skyline, 1, 0, skyline->steps, first, last);
}

void skyline_raise(struct skyline *skyline, int first, int last, int64_t top) {
  raise_in(skyline, 1, 0, skyline->steps, first, last, top);
}
