/* Improving a placement.  Where every buffer rests on the floor or on another, a placement is an order: a buffer
 * lies on the highest of those before it that share a step with it.  So the peak is a longest path, as in a job
 * shop, and as there only a change on a path that reaches the peak can lower it (van Laarhoven, Aarts and Lenstra
 * 1992).  A move takes two buffers of such a chain and puts the upper one before the lower, or the lower one
 * behind the upper; it is kept by the rule of simulated annealing, with a temperature that falls with the effort
 * spent.
 *
 * All choices come from a fixed key and effort is counted in looks, not in seconds: the same buffers always get the
 * same offsets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "plan/place.h"

/* Temperatures, as parts of the peak.  A long search warms up again and again, each time from where it stands; one
 * too short for that starts lower. */
static const double WARM = 0.02, COOL = 0.002, COLD = 0.0002;
enum { CYCLE = 250000 }; /* moves from warm to cold */

struct stack { /* an order and where it puts the buffers */
  int *order, *turn;
  int64_t *top; /* by buffer */
  int64_t peak;
};

struct shop {
  const struct buffer *buffer;
  int n, steps;
  int *from, *to;  /* by buffer: its steps are from .. to - 1, of those at which a buffer starts */
  int64_t *height; /* by step: of what is stacked there */
  int *chain;
  int64_t looks; /* what is left of the effort */
  uint64_t drawn;
};

/* How hot a search starts, and after how many looks it does so again. */
struct schedule {
  double start;
  int64_t cycle;
};

static struct schedule schedule_for(const struct shop *s) {
  int64_t move = 8 * (int64_t)s->n; /* about what one costs */
  for (int i = 0; i < s->n; i++) move += s->to[i] - s->from[i];
  int64_t cycles = s->looks / (move * CYCLE);
  return (struct schedule){cycles ? WARM : COOL, cycles ? s->looks / cycles : s->looks};
}

static double temperature(const struct schedule *schedule, int64_t spent) {
  double part = (double)(spent % schedule->cycle) / (double)schedule->cycle;
  return schedule->start * pow(COLD / schedule->start, part);
}

static double draw_unit(struct shop *s) { return random_unit(random_bits(0x616e6e65616c, s->drawn++)); }

static int draw(struct shop *s, int n) { return (int)(draw_unit(s) * n); }

static void lay(struct shop *s, int id, int64_t top) {
  for (int step = s->from[id]; step < s->to[id]; step++) s->height[step] = top;
}

/* Stacks the buffers from turn `first` on; those before lie as they did.  False once the peak is above limit. */
static bool stack_up(struct shop *s, struct stack *stack, int first, int64_t limit) {
  stack->peak = 0;
  for (int step = 0; step < s->steps; step++) s->height[step] = 0;
  for (int turn = 0; turn < s->n; turn++) {
    int id = stack->order[turn];
    if (turn >= first) {
      int64_t floor = 0;
      for (int step = s->from[id]; step < s->to[id]; step++)
        floor = s->height[step] > floor ? s->height[step] : floor;
      stack->top[id] = floor + s->buffer[id].size;
    }
    lay(s, id, stack->top[id]);
    s->looks -= s->to[id] - s->from[id] + 2;
    if (stack->top[id] > stack->peak) stack->peak = stack->top[id];
    if (stack->peak > limit) return false;
  }
  return true;
}

/* Orders buffers by where they lie, which changes nothing but leaves few between two that touch. */
static void order_by_offset(const struct shop *s, struct stack *stack) {
  for (int i = 0; i < s->n; i++) {
    int id = stack->order[i], k = i;
    int64_t offset = stack->top[id] - s->buffer[id].size;
    for (; k && stack->top[stack->order[k - 1]] - s->buffer[stack->order[k - 1]].size > offset; k--)
      stack->order[k] = stack->order[k - 1];
    stack->order[k] = id;
  }
  for (int i = 0; i < s->n; i++) stack->turn[stack->order[i]] = i;
}

/* What a buffer rests on, or for id -1 what reaches the peak: one at random of those; -1 for the floor. */
static int draw_below(struct shop *s, const struct stack *stack, int id) {
  int64_t floor = id < 0 ? stack->peak : stack->top[id] - s->buffer[id].size;
  int end = id < 0 ? s->n : stack->turn[id], found = -1, known = 0;
  for (int turn = 0; floor && turn < end; turn++) {
    int below = stack->order[turn];
    if (stack->top[below] != floor) continue;
    if (id >= 0 && (s->from[below] >= s->to[id] || s->from[id] >= s->to[below])) continue;
    if (!draw(s, ++known)) found = below;
  }
  s->looks -= end;
  return found;
}

/* Makes `to` from `from` by one move; the first turn that differs, or -1 when a single buffer makes the peak. */
static int move(struct shop *s, const struct stack *from, struct stack *to) {
  int n = 0;
  for (int id = draw_below(s, from, -1); id >= 0; id = draw_below(s, from, id)) s->chain[n++] = id;
  if (n < 2) return -1;
  int k = draw(s, n - 1), upper = s->chain[k], lower = s->chain[k + 1 + draw(s, n - 1 - k)];
  int first = from->turn[lower], last = from->turn[upper];
  size_t between = (size_t)(last - first) * sizeof *to->order;
  memcpy(to->order, from->order, (size_t)s->n * sizeof *to->order);
  if (draw(s, 2)) {
    memmove(&to->order[first + 1], &to->order[first], between);
    to->order[first] = upper;
  } else {
    memmove(&to->order[first], &to->order[first + 1], between);
    to->order[last] = lower;
  }
  for (int turn = 0; turn < first; turn++) to->top[to->order[turn]] = from->top[to->order[turn]];
  return first;
}

static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* Numbers the steps at which a buffer starts: two buffers share a step exactly when they share one of those. */
static void number_steps(struct arena *arena, struct shop *s) {
  int *start = ARENA_ARRAY(arena, int, (size_t)s->n);
  for (int i = 0; i < s->n; i++) start[i] = s->buffer[i].first;
  qsort(start, (size_t)s->n, sizeof *start, by_value);
  for (int i = 0; i < s->n; i++)
    if (!i || start[i] != start[i - 1]) start[s->steps++] = start[i];
  for (int i = 0; i < s->n; i++)
    for (int end = 0; end < 2;
         end++) { /* how many starts lie before the first step, and before the one after the last */
      int low = 0, high = s->steps;
      while (low < high) {
        int middle = (low + high) / 2;
        if (start[middle] < s->buffer[i].first || (end && start[middle] <= s->buffer[i].last))
          low = middle + 1;
        else
          high = middle;
      }
      *(end ? &s->to[i] : &s->from[i]) = low;
    }
}

static struct stack stack_new(struct arena *arena, size_t n) {
  return (struct stack){ARENA_ARRAY(arena, int, n), ARENA_ARRAY(arena, int, n), ARENA_ARRAY(arena, int64_t, n), 0};
}

int64_t place_anneal(struct arena *arena, struct buffer *buffers, size_t n, int64_t bound, int64_t looks) {
  struct shop s = {.buffer = buffers, .n = (int)n, .looks = looks};
  s.from = ARENA_ARRAY(arena, int, n), s.to = ARENA_ARRAY(arena, int, n), s.chain = ARENA_ARRAY(arena, int, n);
  s.height = ARENA_ARRAY(arena, int64_t, n);
  struct stack now = stack_new(arena, n), next = stack_new(arena, n);
  number_steps(arena, &s);
  struct schedule schedule = schedule_for(&s);
  for (int i = 0; i < s.n; i++) {
    now.order[i] = i;
    now.top[i] = buffers[i].offset + buffers[i].size;
  }
  order_by_offset(&s, &now);
  stack_up(&s, &now, 0, INT64_MAX);
  int64_t best = INT64_MAX;
  while (true) {
    if (now.peak < best) {
      best = now.peak;
      for (int i = 0; i < s.n; i++) buffers[i].offset = now.top[i] - buffers[i].size;
    }
    if (s.looks <= 0 || best <= bound) return best;
    int first = move(&s, &now, &next);
    if (first < 0) return best;
    double worse = -log(1 - draw_unit(&s)) * (double)now.peak * temperature(&schedule, looks - s.looks);
    if (!stack_up(&s, &next, first, now.peak + (int64_t)worse)) continue;
    struct stack old = now;
    now = next, next = old;
    order_by_offset(&s, &now);
  }
}
