/* Placement: offsets for buffers whose live ranges are known (dynamic storage allocation).  The least peak is NP-hard
 * to find (Garey and Johnson 1979, problem SR2), and first fit by falling size is often exact for a network but 1.3 to
 * 1.4 times the bound on published hard instances.
 *
 * First the buffers take places one after the other, in several orders, each the lowest or the smallest gap that
 * holds it among those placed already that share a step with it.  That looks at all pairs of buffers.  Where they are
 * too many for that, each lies on top of those that share a step with it; only in the order of their starts are gaps
 * looked for among those that are alive.  The first of these that meets the bound is taken.  Where none does, a search
 * takes over from the best (search.c). */
#include "plan/place.h"

#include "plan/skyline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUICK = 20000000, QUICK_EACH = 30000 }; /* looks: at most some 15 ms; for each buffer */
enum { PAIRS = 1 << 29 };                      /* that one rule may look at: some half a second */

struct block { /* a buffer that has its place */
  int64_t offset, top;
  int first, last;
};

struct event {
  int64_t step, change;
};

static int by_step(const void *a, const void *b) { /* those that end go first */
  const struct event *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  return (x->change > y->change) - (x->change < y->change);
}

/* The most bytes alive at a step, and how many pairs of buffers share one. */
static int64_t sweep(const struct buffer *buffers, size_t n, int64_t *pairs) {
  struct arena *work = arena_new();
  struct event *events = ARENA_ARRAY(work, struct event, size_product(2, n));
  int64_t alive = 0, most = 0, number = 0;
  *pairs = 0;
  for (size_t i = 0; i < n; i++) {
    events[2 * i] = (struct event){buffers[i].first, buffers[i].size};
    events[2 * i + 1] = (struct event){(int64_t)buffers[i].last + 1, -buffers[i].size};
  }
  qsort(events, 2 * n, sizeof *events, by_step);
  for (size_t i = 0; i < 2 * n; i++) {
    bool ends = events[i].change < 0;
    alive += events[i].change;
    if (alive > most) most = alive;
    if (!ends) *pairs += number;
    number += ends ? -1 : 1;
  }
  arena_free(work);
  return most;
}

int64_t place_lower_bound(const struct buffer *buffers, size_t n) {
  int64_t pairs;
  return sweep(buffers, n, &pairs);
}

/* ---- one order ---- */

/* The lowest gap among the n blocks, in order of offset, that holds the buffer, or the smallest. */
static int64_t find_gap(const struct block *placed, size_t n, const struct buffer *buffer, bool smallest) {
  int64_t floor = 0, at = -1, least = INT64_MAX;
  for (size_t i = 0; i < n; i++) {
    const struct block *block = &placed[i];
    if (block->last < buffer->first || block->first > buffer->last) continue;
    int64_t space = block->offset - floor;
    if (space >= buffer->size && space < least) {
      if (!smallest) return floor;
      at = floor;
      least = space;
    }
    if (block->top > floor) floor = block->top;
  }
  return at < 0 ? floor : at;
}

static void insert(struct block *placed, size_t n, struct block block) {
  size_t low = 0, high = n;
  while (low < high) { /* the first that starts above */
    size_t middle = (low + high) / 2;
    if (placed[middle].offset <= block.offset) low = middle + 1;
    else high = middle;
  }
  memmove(&placed[low + 1], &placed[low], (n - low) * sizeof *placed);
  placed[low] = block;
}

struct key {
  double major, minor;
  size_t id;
};

/* ---- the orders ---- */

enum { BY_SIZE, BY_SIZE_AND_LIFE, BY_AREA, BY_LIFE, BY_START, RULES };

static int by_key(const void *a, const void *b) { /* falling */
  const struct key *x = a, *y = b;
  if (x->major != y->major) return x->major > y->major ? -1 : 1;
  if (x->minor != y->minor) return x->minor > y->minor ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

static void order_by(struct key *keys, const struct buffer *buffers, size_t n, int rule) {
  for (size_t i = 0; i < n; i++) {
    double size = (double)buffers[i].size, life = (double)buffers[i].last - buffers[i].first + 1;
    double major = size;
    switch (rule) {
    case BY_SIZE_AND_LIFE: major = size * sqrt(life); break;
    case BY_AREA: major = size * life; break;
    case BY_LIFE: major = life; break;
    case BY_START: major = -(double)buffers[i].first; break;
    }
    keys[i] = (struct key){major, rule == BY_SIZE ? life : size, i};
  }
  qsort(keys, n, sizeof *keys, by_key);
}

/* ---- the rules ---- */

enum way { LOWEST, SMALLEST, TOP, WAYS };

/* Gives every buffer its offset in the order of the keys; returns the peak. */
static int64_t pile(struct arena *arena, const struct key *keys, struct buffer *buffers, size_t n) {
  int64_t peak = 0;
  int steps = 0;
  for (size_t i = 0; i < n; i++) steps = buffers[i].last >= steps ? buffers[i].last + 1 : steps;
  struct skyline skyline = skyline_new(arena, steps);
  for (size_t turn = 0; turn < n; turn++) {
    struct buffer *buffer = &buffers[keys[turn].id];
    buffer->offset = skyline_top(&skyline, buffer->first, buffer->last);
    int64_t top = buffer->offset + buffer->size;
    skyline_raise(&skyline, buffer->first, buffer->last, top);
    if (top > peak) peak = top;
  }
  return peak;
}

/* Leaves out blocks that end before the step; returns how many are left. */
static size_t drop_ended(struct block *placed, size_t n, int step) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (placed[i].last >= step) placed[kept++] = placed[i];
  return kept;
}

static int64_t pack(struct arena *arena, const struct key *keys, struct buffer *buffers, size_t n, int rule,
                    enum way way) {
  int64_t peak = 0;
  size_t there = 0;
  if (way == TOP) return pile(arena, keys, buffers, n);
  struct block *placed = ARENA_ARRAY(arena, struct block, n);
  for (size_t turn = 0; turn < n; turn++) {
    struct buffer *buffer = &buffers[keys[turn].id];
    if (rule == BY_START) there = drop_ended(placed, there, buffer->first);
    buffer->offset = find_gap(placed, there, buffer, way == SMALLEST);
    int64_t top = buffer->offset + buffer->size;
    insert(placed, there++, (struct block){buffer->offset, top, buffer->first, buffer->last});
    if (top > peak) peak = top;
  }
  return peak;
}

static const char *rule_name(struct arena *arena, int rule, enum way way) {
  static const char *const order[RULES] = {"size", "size and length", "area", "length", "start"};
  static const char *const where[WAYS] = {"in the lowest gap", "in the smallest gap", "on top"};
  return arena_format(arena, "by %s, each %s", order[rule], where[way]);
}

struct trial {
  struct arena *arena;
  struct key *keys;
  struct buffer *now, *best;
  size_t n;
  int64_t bound, least, looks;
  const char *name;
};

static void try_rule(struct arena *arena, struct trial *t, const struct buffer *buffers, int rule, enum way way,
                     int64_t pairs) {
  if (t->least <= t->bound || (t->looks < 0 && t->least < INT64_MAX)) return;
  memcpy(t->now, buffers, t->n * sizeof *buffers);
  order_by(t->keys, t->now, t->n, rule);
  int64_t peak = pack(t->arena, t->keys, t->now, t->n, rule, way);
  t->looks -= pairs;
  if (peak >= t->least) return;
  struct buffer *other = t->best;
  t->best = t->now, t->now = other;
  t->least = peak;
  t->name = rule_name(arena, rule, way);
}

int64_t place_hard(struct arena *arena, struct buffer *buffers, size_t n, int64_t looks, const char **name) {
  struct arena *work = arena_new();
  struct trial t = {.arena = work, .n = n, .least = INT64_MAX, .looks = looks};
  int64_t all = (int64_t)n * (int64_t)n / 2, alive;
  t.bound = sweep(buffers, n, &alive);
  t.keys = ARENA_ARRAY(work, struct key, n);
  t.now = ARENA_ARRAY(work, struct buffer, n), t.best = ARENA_ARRAY(work, struct buffer, n);
  if (all > PAIRS)
    for (int rule = 0; rule < RULES; rule++) try_rule(arena, &t, buffers, rule, TOP, 0);
  for (int rule = all > PAIRS ? BY_START : 0; rule < RULES && (all <= PAIRS || alive <= PAIRS); rule++)
    for (enum way way = LOWEST; way < TOP; way++) try_rule(arena, &t, buffers, rule, way, all > PAIRS ? alive : all);
  memcpy(buffers, t.best, n * sizeof *t.best);
  int64_t found = place_search(work, buffers, n, t.bound, t.least, t.looks);
  if (name) *name = found < t.least ? "by search" : t.name;
  arena_free(work);
  return found;
}

int64_t place(struct arena *arena, struct buffer *buffers, size_t n, const char **name) {
  return place_hard(arena, buffers, n, n < QUICK / QUICK_EACH ? (int64_t)n * QUICK_EACH : QUICK, name);
}
