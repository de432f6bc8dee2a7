/* Placement below a given peak, by depth-first search.  Of all placements that stay below it, take one with the
 * least sum of offsets.  In it no buffer can be put lower, so it can be built upwards: every buffer, when its turn
 * comes, lies on the highest of those before it that share a step with it, and turns come by offset and, where
 * offsets are equal, by rank.  The search makes these turns in all ways that are left by what follows from that:
 *   - a buffer that could have had its turn before and did not must wait until one is put beneath it: it hangs;
 *   - none has its turn above the place where another would fit as a whole: that one could be put lower;
 *   - at every step, what is left there must fit between the lowest offset that one of it can have and the peak;
 *   - where no buffer left spans two steps, the two sides have nothing to do with each other and are searched one
 *     after the other.
 * Which buffer is tried first among equals, the rank, decides whether a search ends soon or never.  So there are
 * several rules for it, exact and blurred, which get effort in turn, more from round to round, for the least
 * peak possible, for one just above it and for one half way to it.
 *
 * Effort is counted in looks, not in seconds: the same buffers always get the same offsets. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "plan/place.h"

enum { MOST = 1 << 13, LEVELS = 14 }; /* buffers: a search is as deep as they are many */
enum { TARGETS = 3 };
static const double TARGET[TARGETS] = {0, 1.0 / 32, 0.5}; /* from the bound to the peak that is known */
static const int64_t NEVER = INT64_MAX / 4;

struct turn {
  int64_t offset;
  int rank;
};

struct change {
  int id;
  int64_t support;
};

struct item {                /* a buffer; they are numbered by the step that they start at */
  int first, last, from, to; /* its life; as numbered here, its steps are from .. to - 1 */
  int rank;
  int64_t size, support; /* where it would lie on what is there now */
  int64_t offset;        /* where it lies, or for one that hangs, the least that it can have */
  int64_t tightest;      /* most bytes alive at one of its steps */
  double life;
  size_t id;
};

struct search {
  struct item *item;
  int n, steps;
  int *left;              /* those without a place, rising */
  int64_t *rest;          /* by step: their bytes */
  int64_t *level[LEVELS]; /* work space */
  VEC(struct change) undo;
  struct arena *arena;
  int64_t most, looks;
  uint64_t drawn;
};

/* The part of the search in left[begin .. end - 1], over the steps from .. to - 1. */
struct part {
  int begin, end, from, to;
};

/* ---- what follows from the turns so far ---- */

static bool later(const struct item *item, struct turn turn) {
  return item->support != turn.offset ? item->support > turn.offset : item->rank > turn.rank;
}

static int log_of(int length) { return 31 - __builtin_clz((unsigned)length); }

/* The least of values given to ranges of steps: each range is covered by two powers of two, and in the end those
 * are halved, level by level. */
static void clear_levels(struct search *s, struct part part) {
  for (int k = 0; k <= log_of(part.to - part.from); k++)
    for (int step = part.from; step < part.to; step++) s->level[k][step] = NEVER;
}

static void lower(struct search *s, const struct item *item, int64_t value) {
  int k = log_of(item->to - item->from);
  int64_t *left = &s->level[k][item->from], *right = &s->level[k][item->to - (1 << k)];
  if (value < *left) *left = value;
  if (value < *right) *right = value;
}

static const int64_t *halve_levels(struct search *s, struct part part) {
  for (int k = log_of(part.to - part.from); k > 0; k--) {
    int half = 1 << (k - 1);
    const int64_t *whole = s->level[k];
    int64_t *part_left = s->level[k - 1], *part_right = part_left + half;
    for (int step = part.from; step + 2 * half <= part.to; step++) {
      if (whole[step] < part_left[step]) part_left[step] = whole[step];
      if (whole[step] < part_right[step]) part_right[step] = whole[step];
    }
  }
  s->looks -= (int64_t)(part.to - part.from) * (log_of(part.to - part.from) + 1);
  return s->level[0];
}

static struct item *left_at(const struct search *s, int i) { return &s->item[s->left[i]]; }

/* What hangs will lie on one of the others; the least offset that gives it.  False where all hang. */
static bool raise_hanging(struct search *s, struct part part, struct turn now) {
  int hanging = 0;
  for (int i = part.begin; i < part.end; i++) hanging += !later(left_at(s, i), now);
  if (!hanging || hanging == part.end - part.begin) return !hanging;
  clear_levels(s, part);
  for (int i = part.begin; i < part.end; i++) {
    const struct item *item = left_at(s, i);
    if (later(item, now)) lower(s, item, item->support + item->size);
  }
  const int64_t *top = halve_levels(s, part);
  for (int i = part.begin; i < part.end; i++) {
    struct item *item = left_at(s, i);
    if (later(item, now)) continue;
    int64_t least = NEVER;
    for (int step = item->from; step < item->to; step++) least = top[step] < least ? top[step] : least;
    item->offset = least < NEVER ? least : now.offset; /* it may lie on one that hangs itself */
    s->looks -= item->to - item->from;
  }
  return true;
}

/* Whether what is left in the part may still fit, if no turn comes before `now`. */
static bool may_fit(struct search *s, struct part part, struct turn now) {
  if (!raise_hanging(s, part, now)) return false;
  clear_levels(s, part);
  for (int i = part.begin; i < part.end; i++) {
    const struct item *item = left_at(s, i);
    lower(s, item, later(item, now) ? item->support : item->offset);
  }
  const int64_t *low = halve_levels(s, part);
  for (int step = part.from; step < part.to; step++)
    if (s->rest[step] > s->most - low[step]) return false;
  return true;
}

/* The first turn after `last` in which one of the part may be put: its index in left, or -1. */
static int next_turn(const struct search *s, struct part part, struct turn last) {
  int64_t limit = NEVER;
  int best = -1;
  for (int i = part.begin; i < part.end; i++) {
    const struct item *item = left_at(s, i);
    if (item->support + item->size < limit) limit = item->support + item->size;
    if (!later(item, last)) continue;
    const struct item *other = left_at(s, best < 0 ? i : best);
    if (best < 0 || !later(item, (struct turn){other->support, other->rank})) best = i;
  }
  return best >= 0 && left_at(s, best)->support < limit ? best : -1;
}

/* ---- the search ---- */

static void put(struct search *s, struct part part, int index) {
  int id = s->left[index];
  struct item *item = &s->item[id];
  int64_t top = item->support + item->size;
  memmove(&s->left[index], &s->left[index + 1], (size_t)(part.end - 1 - index) * sizeof *s->left);
  item->offset = item->support;
  for (int step = item->from; step < item->to; step++) s->rest[step] -= item->size;
  for (int i = part.begin; i < part.end - 1; i++) {
    struct item *other = left_at(s, i);
    if (other->from >= item->to || item->from >= other->to || other->support >= top) continue;
    vec_push(s->arena, &s->undo, (struct change){s->left[i], other->support});
    other->support = top;
  }
}

static void take_back(struct search *s, struct part part, int index, int id, size_t undo) {
  struct item *item = &s->item[id];
  memmove(&s->left[index + 1], &s->left[index], (size_t)(part.end - 1 - index) * sizeof *s->left);
  s->left[index] = id;
  for (int step = item->from; step < item->to; step++) s->rest[step] += item->size;
  while (s->undo.n > undo) {
    struct change change = s->undo.at[--s->undo.n];
    s->item[change.id].support = change.support;
  }
}

static bool search_part(struct search *s, struct part part, struct turn now);

/* Searches what is left[begin .. end - 1], part by part. */
static bool search_parts(struct search *s, int begin, int end, struct turn now) {
  while (begin < end) {
    struct part part = {begin, begin, left_at(s, begin)->from, left_at(s, begin)->to};
    for (; part.end < end && left_at(s, part.end)->from < part.to; part.end++)
      if (left_at(s, part.end)->to > part.to) part.to = left_at(s, part.end)->to;
    if (!search_part(s, part, now)) return false;
    begin = part.end;
  }
  return true;
}

static bool search_part(struct search *s, struct part part, struct turn now) {
  s->looks -= 8 * (part.end - part.begin) + part.to - part.from;
  if (s->looks < 0 || !may_fit(s, part, now)) return false;
  for (int index; s->looks >= 0 && (index = next_turn(s, part, now)) >= 0;) {
    int id = s->left[index];
    size_t undo = s->undo.n;
    now = (struct turn){s->item[id].support, s->item[id].rank};
    put(s, part, index);
    bool found = search_parts(s, part.begin, part.end - 1, now);
    take_back(s, part, index, id, undo);
    if (found) return true;
  }
  return false;
}

/* ---- ranks ---- */

enum { RULES = 5, KEYS = 3 };

struct key {
  double by[KEYS]; /* falling */
  int id;
};

static int by_key(const void *a, const void *b) {
  const struct key *x = a, *y = b;
  for (int k = 0; k < KEYS; k++)
    if (x->by[k] != y->by[k]) return x->by[k] > y->by[k] ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

/* In every other round sizes and live ranges count for up to twice what they are. */
static double vary(struct search *s, int round) {
  return round % 2 ? 1 + random_unit(random_bits(0x77, s->drawn++)) : 1;
}

static void rank_by(struct search *s, int rule, int round, struct key *keys) {
  enum { TIGHT, LIFE, AREA, SIZE };
  static const int rules[RULES][KEYS] = {
      {TIGHT, AREA, LIFE}, {TIGHT, LIFE, AREA}, {LIFE, AREA, TIGHT}, {AREA, LIFE, TIGHT}, {SIZE, LIFE, TIGHT}};
  for (int i = 0; i < s->n; i++) {
    const struct item *item = &s->item[i];
    double size = (double)item->size * vary(s, round), life = item->life * vary(s, round);
    double value[] = {(double)item->tightest, life, life * size, size};
    keys[i].id = i;
    for (int k = 0; k < KEYS; k++) keys[i].by[k] = value[rules[rule][k]];
  }
  qsort(keys, (size_t)s->n, sizeof *keys, by_key);
  for (int i = 0; i < s->n; i++) s->item[keys[i].id].rank = i;
}

/* ---- making and using a search ---- */

static int by_start(const void *a, const void *b) {
  const struct item *x = a, *y = b;
  return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : (x->id > y->id) - (x->id < y->id);
}

static int by_value(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

/* Numbers the steps anew: only those count before which a buffer starts and after which one ends.  Two buffers
 * share a step exactly when they share one of those. */
static void number_steps(struct arena *arena, struct search *s) {
  int *last = ARENA_ARRAY(arena, int, s->n), *begin = ARENA_ARRAY(arena, int, s->n), ended = 0;
  for (int i = 0; i < s->n; i++) last[i] = s->item[i].last;
  qsort(last, (size_t)s->n, sizeof *last, by_value);
  for (int i = 0; i < s->n; i++) {
    int before = ended;
    while (last[ended] < s->item[i].first) ended++;
    if (!i || ended > before) begin[s->steps++] = s->item[i].first;
    s->item[i].from = s->steps - 1;
  }
  for (int i = 0; i < s->n; i++) {
    int low = s->item[i].from, high = s->steps; /* the first step that begins after its end */
    while (low < high) {
      int middle = (low + high) / 2;
      if (begin[middle] <= s->item[i].last) low = middle + 1;
      else high = middle;
    }
    s->item[i].to = low;
  }
}

static void search_begin(struct arena *arena, struct search *s, const struct buffer *buffers, size_t n) {
  s->item = ARENA_ARRAY(arena, struct item, n);
  for (size_t i = 0; i < n; i++)
    if (buffers[i].size)
      s->item[s->n++] = (struct item){.id = i,
                                      .size = buffers[i].size,
                                      .first = buffers[i].first,
                                      .last = buffers[i].last,
                                      .life = 1.0 + buffers[i].last - buffers[i].first};
  qsort(s->item, (size_t)s->n, sizeof *s->item, by_start);
  number_steps(arena, s);
  s->left = ARENA_ARRAY(arena, int, s->n);
  s->rest = ARENA_ARRAY(arena, int64_t, s->steps);
  for (int k = 0; k < LEVELS; k++) s->level[k] = ARENA_ARRAY(arena, int64_t, s->steps);
  for (int i = 0; i < s->n; i++) {
    s->left[i] = i;
    for (int step = s->item[i].from; step < s->item[i].to; step++) s->rest[step] += s->item[i].size;
  }
  for (int i = 0; i < s->n; i++)
    for (int step = s->item[i].from; step < s->item[i].to; step++)
      if (s->rest[step] > s->item[i].tightest) s->item[i].tightest = s->rest[step];
}

/* Writes the offsets found; returns the peak. */
static int64_t use_found(const struct search *s, struct buffer *buffers) {
  int64_t peak = 0;
  for (int i = 0; i < s->n; i++) {
    const struct item *item = &s->item[i];
    buffers[item->id].offset = item->offset;
    if (item->offset + item->size > peak) peak = item->offset + item->size;
  }
  return peak;
}

int64_t place_search(struct arena *arena, struct buffer *buffers, size_t n, int64_t bound, int64_t peak,
                     int64_t looks) {
  struct search s = {.arena = arena};
  if (n > MOST || looks <= 0 || peak <= bound) return peak;
  search_begin(arena, &s, buffers, n);
  struct key *keys = ARENA_ARRAY(arena, struct key, n);
  int64_t slice = (int64_t)s.n * (8 * s.n + 12 * s.steps); /* enough to go to the bottom once */
  for (int round = 0; looks > 0; round++, slice += slice / 2)
    for (int try = 0; try < TARGETS * RULES && looks > 0; try++) {
      if (peak <= bound) return peak;
      s.most = bound + (int64_t)((double)(peak - bound) * TARGET[try % TARGETS]);
      if (try % TARGETS && s.most <= bound) continue;
      s.looks = slice < looks ? slice : looks;
      looks -= s.looks;
      rank_by(&s, try / TARGETS, round, keys);
      if (search_parts(&s, 0, s.n, (struct turn){-1, 0})) peak = use_found(&s, buffers);
      looks += s.looks > 0 ? s.looks : 0;
    }
  return peak;
}
