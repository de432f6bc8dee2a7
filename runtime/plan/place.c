/* Placement: offsets for buffers whose lifetimes are known (dynamic storage allocation; Buchsbaum et al. 2003 call
 * it DSA).  Least peak is NP-hard, and first fit by falling size is often exact for a network but 1.3 to 1.4 times
 * the bound on published hard instances.  So a placement is the result of an order: buffers take, one after the
 * other, a gap among those already placed that share a step with them; and the search is over orders.
 *
 * First come orders by size, by length of life, by their product and by start.  Then the best order is improved by
 * moving one buffer at a time: mostly one that reaches above the bound, to an earlier turn.  A new order is kept
 * when it is hardly worse than one met some trials ago (late acceptance; Burke and Bykov 2017), which lets the
 * search leave a hollow.  All choices come from a fixed key and effort is counted in looks at a placed buffer, not
 * in seconds: the same buffers always get the same offsets. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "plan/plan.h"

enum {
  MEMORY = 64,     /* of late acceptance: how many trials back a new order is compared */
  QUICK = 3000000, /* looks: some milliseconds */
};

struct block { /* a buffer that has its place; kept in order of offset */
  int64_t offset, top;
  int first, last, id;
};

struct placer {
  const struct buffer *buffer;
  int n;
  int64_t bound, looks; /* looks: what is left of the effort */
  struct block *placed;
  int *order, *trial; /* whose turn it is: the order at hand, and its variation */
  int64_t *order_top, *top;
  int64_t best, *best_top;
  uint64_t drawn;
};

struct cost { /* peak first; among equals less memory above the bound is nearer to less peak */
  int64_t peak, excess;
};

static bool cost_at_most(struct cost a, struct cost b) {
  return a.peak < b.peak || (a.peak == b.peak && a.excess <= b.excess);
}

/* Gives every buffer a place in the order's turn.  best_fit takes the smallest gap that holds a buffer, else the
 * lowest.  Gives up, with a peak of INT64_MAX, once it cannot stay at most limit. */
static struct cost decode(struct placer *p, const int *order, bool best_fit, int64_t limit) {
  struct cost cost = {0, 0};
  for (int turn = 0; turn < p->n; turn++) {
    const struct buffer *buffer = &p->buffer[order[turn]];
    int64_t floor = 0, at = -1, gap = INT64_MAX;
    int i = 0, slot = 0;
    for (; i < turn; i++) {
      const struct block *block = &p->placed[i];
      if (block->last < buffer->first || block->first > buffer->last) continue;
      int64_t room = block->offset - floor;
      if (room >= buffer->size && room < gap) {
        at = floor;
        gap = room;
        if (!best_fit) break;
      }
      if (block->top > floor) floor = block->top;
    }
    p->looks -= i + 1;
    if (at < 0) at = floor;
    int64_t top = at + buffer->size;
    if (top > limit) return (struct cost){INT64_MAX, 0};
    if (top > cost.peak) cost.peak = top;
    if (top > p->bound) cost.excess += top - p->bound;
    p->top[order[turn]] = top;
    for (int low = 0, high = turn; low < high;) { /* the first that starts above */
      int middle = (low + high) / 2;
      if (p->placed[middle].offset <= at)
        low = middle + 1;
      else
        high = middle;
      slot = low;
    }
    memmove(&p->placed[slot + 1], &p->placed[slot], (size_t)(turn - slot) * sizeof *p->placed);
    p->placed[slot] = (struct block){at, top, buffer->first, buffer->last, order[turn]};
  }
  return cost;
}

static void keep_if_better(struct placer *p, struct cost cost) {
  if (cost.peak >= p->best) return;
  p->best = cost.peak;
  memcpy(p->best_top, p->top, (size_t)p->n * sizeof *p->top);
}

struct event {
  int64_t step, change;
};

static int by_step(const void *a, const void *b) { /* those that end go first */
  const struct event *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  return (x->change > y->change) - (x->change < y->change);
}

/* ---- the first orders ---- */

struct key {
  double major, minor;
  int id;
};

static int by_key(const void *a, const void *b) {
  const struct key *x = a, *y = b;
  if (x->major != y->major) return x->major > y->major ? -1 : 1;
  if (x->minor != y->minor) return x->minor > y->minor ? -1 : 1;
  return x->id - y->id;
}

enum { BY_SIZE, BY_LIFE, BY_AREA, BY_START, BY_END, RULES };

static void order_by(struct placer *p, struct key *keys, int rule, int *order) {
  for (int i = 0; i < p->n; i++) {
    const struct buffer *b = &p->buffer[i];
    double size = (double)b->size, life = (double)b->last - b->first + 1;
    double major = rule == BY_SIZE    ? size
                   : rule == BY_LIFE  ? life
                   : rule == BY_AREA  ? size * life
                   : rule == BY_START ? -(double)b->first
                                      : (double)b->last;
    keys[i] = (struct key){major, rule == BY_SIZE ? life : size, i};
  }
  qsort(keys, (size_t)p->n, sizeof *keys, by_key);
  for (int i = 0; i < p->n; i++) order[i] = keys[i].id;
}

/* ---- improving an order ---- */

static int draw(struct placer *p, int n) { return (int)(random_unit(random_bits(0x706c616365, p->drawn++)) * n); }

static void move_turn(int *order, int from, int to) {
  int id = order[from];
  if (to < from)
    memmove(&order[to + 1], &order[to], (size_t)(from - to) * sizeof *order);
  else
    memmove(&order[from], &order[from + 1], (size_t)(to - from) * sizeof *order);
  order[to] = id;
}

/* A turn whose buffer reaches above the bound in the order at hand, or any. */
static int turn_above(struct placer *p) {
  for (int tries = 0; tries < p->n; tries++) {
    int turn = draw(p, p->n);
    if (p->order_top[p->order[turn]] > p->bound) return turn;
  }
  return draw(p, p->n);
}

static void swap_arrays(int **order, int **other, int64_t **top, int64_t **other_top) {
  int *kept = *order;
  int64_t *kept_top = *top;
  *order = *other, *other = kept;
  *top = *other_top, *other_top = kept_top;
}

/* Starts from p->order and p->order_top, whose cost is now. */
static void improve(struct placer *p, struct cost now) {
  struct cost late[MEMORY];
  for (int i = 0; i < MEMORY; i++) late[i] = now;
  for (int trial = 0; p->looks > 0 && p->best > p->bound; trial++) {
    struct cost *then = &late[trial % MEMORY];
    memcpy(p->trial, p->order, (size_t)p->n * sizeof *p->order);
    int from = draw(p, 4) ? turn_above(p) : draw(p, p->n);
    int to = from && draw(p, 4) ? draw(p, from) : draw(p, p->n);
    if (draw(p, 2)) {
      move_turn(p->trial, from, to);
    } else {
      int id = p->trial[from];
      p->trial[from] = p->trial[to];
      p->trial[to] = id;
    }
    struct cost cost = decode(p, p->trial, false, then->peak > now.peak ? then->peak : now.peak);
    if (cost_at_most(cost, *then) || cost_at_most(cost, now)) {
      keep_if_better(p, cost);
      swap_arrays(&p->order, &p->trial, &p->order_top, &p->top);
      now = cost;
    }
    *then = now;
  }
}

int64_t place_lower_bound(struct arena *arena, const struct buffer *buffers, size_t n) {
  struct event *events = ARENA_ARRAY(arena, struct event, size_product(2, n));
  for (size_t i = 0; i < n; i++) {
    events[2 * i] = (struct event){buffers[i].first, buffers[i].size};
    events[2 * i + 1] = (struct event){(int64_t)buffers[i].last + 1, -buffers[i].size};
  }
  qsort(events, 2 * n, sizeof *events, by_step);
  int64_t alive = 0, most = 0;
  for (size_t i = 0; i < 2 * n; i++) {
    alive += events[i].change;
    if (alive > most) most = alive;
  }
  return most;
}

int64_t place_hard(struct arena *arena, struct buffer *buffers, size_t n, int64_t looks) {
  struct placer p = {.buffer = buffers, .n = (int)n, .looks = looks, .best = INT64_MAX};
  if (!n) return 0;
  p.bound = place_lower_bound(arena, buffers, n);
  p.placed = ARENA_ARRAY(arena, struct block, n + 1);
  p.order = ARENA_ARRAY(arena, int, n), p.trial = ARENA_ARRAY(arena, int, n);
  p.top = ARENA_ARRAY(arena, int64_t, n), p.order_top = ARENA_ARRAY(arena, int64_t, n);
  p.best_top = ARENA_ARRAY(arena, int64_t, n);
  struct key *keys = ARENA_ARRAY(arena, struct key, n);
  struct cost best = {INT64_MAX, 0};
  for (int rule = 0; rule < RULES && p.best > p.bound; rule++)
    for (int fit = 0; fit < 2 && p.best > p.bound && (p.looks > 0 || p.best == INT64_MAX); fit++) {
      order_by(&p, keys, rule, p.trial);
      struct cost cost = decode(&p, p.trial, fit, INT64_MAX);
      keep_if_better(&p, cost);
      if (fit || !cost_at_most(cost, best)) continue;
      best = cost;
      swap_arrays(&p.order, &p.trial, &p.order_top, &p.top);
    }
  improve(&p, best);
  for (int i = 0; i < p.n; i++) buffers[i].offset = p.best_top[i] - buffers[i].size;
  return p.best;
}

int64_t place(struct arena *arena, struct buffer *buffers, size_t n) {
  return place_hard(arena, buffers, n, QUICK);
}
