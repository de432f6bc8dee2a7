/* Placement: offsets for buffers whose lives are known (dynamic storage allocation).  The least peak is NP-hard to
 * find (Garey and Johnson 1979, problem SR2), and first fit by falling size is often exact for a network but 1.3 to
 * 1.4 times the bound on published hard instances.
 *
 * First the buffers take places one after the other, in several orders, each the lowest or the smallest gap that
 * holds it among those placed already that share a step with it.  Where the best peak of these is above the bound,
 * a search takes over (search.c). */
#include "plan/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUICK = 20000000, QUICK_EACH = 30000 }; /* looks: at most some 15 ms; for each buffer */

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

int64_t place_lower_bound(struct arena *arena, const struct buffer *buffers, size_t n) {
  struct event *events = ARENA_ARRAY(arena, struct event, size_product(2, n));
  int64_t alive = 0, most = 0;
  for (size_t i = 0; i < n; i++) {
    events[2 * i] = (struct event){buffers[i].first, buffers[i].size};
    events[2 * i + 1] = (struct event){(int64_t)buffers[i].last + 1, -buffers[i].size};
  }
  qsort(events, 2 * n, sizeof *events, by_step);
  for (size_t i = 0; i < 2 * n; i++) {
    alive += events[i].change;
    if (alive > most) most = alive;
  }
  return most;
}

/* ---- one order ---- */

/* The lowest gap among the n blocks, in order of offset, that holds the buffer, or the smallest. */
static int64_t find_gap(const struct block *placed, size_t n, const struct buffer *buffer, bool smallest) {
  int64_t floor = 0, at = -1, least = INT64_MAX;
  for (size_t i = 0; i < n; i++) {
    const struct block *block = &placed[i];
    if (block->last < buffer->first || block->first > buffer->last) continue;
    int64_t room = block->offset - floor;
    if (room >= buffer->size && room < least) {
      if (!smallest) return floor;
      at = floor;
      least = room;
    }
    if (block->top > floor) floor = block->top;
  }
  return at < 0 ? floor : at;
}

static void insert(struct block *placed, size_t n, struct block block) {
  size_t low = 0, high = n;
  while (low < high) { /* the first that starts above */
    size_t middle = (low + high) / 2;
    if (placed[middle].offset <= block.offset)
      low = middle + 1;
    else
      high = middle;
  }
  memmove(&placed[low + 1], &placed[low], (n - low) * sizeof *placed);
  placed[low] = block;
}

struct key {
  double major, minor;
  size_t id;
};

/* Gives every buffer its offset in the order of the keys; returns the peak. */
static int64_t pack(struct block *placed, const struct key *keys, struct buffer *buffers, size_t n, bool smallest) {
  int64_t peak = 0;
  for (size_t turn = 0; turn < n; turn++) {
    struct buffer *buffer = &buffers[keys[turn].id];
    buffer->offset = find_gap(placed, turn, buffer, smallest);
    int64_t top = buffer->offset + buffer->size;
    insert(placed, turn, (struct block){buffer->offset, top, buffer->first, buffer->last});
    if (top > peak) peak = top;
  }
  return peak;
}

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

int64_t place_hard(struct arena *arena, struct buffer *buffers, size_t n, int64_t looks) {
  struct key *keys = ARENA_ARRAY(arena, struct key, n);
  struct block *placed = ARENA_ARRAY(arena, struct block, n);
  struct buffer *trial = ARENA_ARRAY(arena, struct buffer, n);
  int64_t bound = place_lower_bound(arena, buffers, n), best = INT64_MAX, cost = (int64_t)n * (int64_t)n / 2;
  for (int rule = 0; rule < RULES; rule++)
    for (int smallest = 0; smallest < 2; smallest++, looks -= cost) {
      if (best <= bound || (looks < 0 && best < INT64_MAX)) break;
      memcpy(trial, buffers, n * sizeof *trial);
      order_by(keys, trial, n, rule);
      int64_t peak = pack(placed, keys, trial, n, smallest);
      if (peak >= best) continue;
      best = peak;
      memcpy(buffers, trial, n * sizeof *trial);
    }
  return place_search(arena, buffers, n, bound, best, looks);
}

int64_t place(struct arena *arena, struct buffer *buffers, size_t n) {
  return place_hard(arena, buffers, n, n < QUICK / QUICK_EACH ? (int64_t)n * QUICK_EACH : QUICK);
}
