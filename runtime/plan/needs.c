#include "plan/needs.h"

#include "base/vec.h"

typedef VEC(int) numbers;

struct part {
  int level, merged; /* merged: the part that this one is now; itself */
  int seen;          /* the last tidying that came by */
  int above, below;  /* the last search that came by from its part, and from what that may need */
  numbers needs, needed;
};

struct needs {
  struct arena *arena;
  VEC(struct part) parts;
  numbers open, rising; /* found and not looked at yet */
  int searches;         /* and tidyings */
  int64_t looks;
};

struct needs *needs_new(struct arena *arena) {
  struct needs *needs = ARENA_NEW(arena, struct needs);
  needs->arena = arena;
  return needs;
}

int needs_add(struct needs *needs) {
  int number = (int)needs->parts.n;
  vec_push(needs->arena, &needs->parts, (struct part){.merged = number});
  return number;
}

/* What a part is now; the way there is made shorter for the next time. */
static int now(struct needs *needs, int part) {
  struct part *parts = needs->parts.at;
  while (parts[part].merged != part) {
    parts[part].merged = parts[parts[part].merged].merged;
    part = parts[part].merged;
  }
  return part;
}

/* Leaves what the parts of a list are now, each once. */
static void tidy(struct needs *needs, numbers *list) {
  size_t kept = 0;
  needs->searches++;
  for (size_t i = 0; i < list->n; i++) {
    int part = now(needs, list->at[i]);
    if (needs->parts.at[part].seen == needs->searches) continue;
    needs->parts.at[part].seen = needs->searches;
    list->at[kept++] = part;
  }
  list->n = kept;
}

/* Parts that became one make lists of the same again and again: a list is tidied before it grows. */
static void add(struct needs *needs, numbers *list, int part) {
  if (list->n && list->n == list->capacity) {
    tidy(needs, list);
    if (2 * list->n > list->capacity) list->capacity = list->n; /* too little is free for many more */
  }
  vec_push(needs->arena, list, part);
}

/* Lifts all that need the part above it. */
static void lift(struct needs *needs, int part) {
  needs->open.n = 0;
  vec_push(needs->arena, &needs->open, part);
  while (needs->open.n) {
    int at = needs->open.at[--needs->open.n];
    const struct part *below = &needs->parts.at[at];
    for (size_t i = 0; i < below->needed.n; i++) {
      int by = now(needs, below->needed.at[i]);
      struct part *above = &needs->parts.at[by];
      if (by == at || above->level > below->level) continue;
      above->level = below->level + 1;
      vec_push(needs->arena, &needs->open, by);
    }
  }
}

void needs_put(struct needs *needs, int part, int other) {
  struct part *p = &needs->parts.at[part], *o = &needs->parts.at[other];
  if (part == other || (p->needs.n && now(needs, p->needs.at[p->needs.n - 1]) == other)) return;
  add(needs, &p->needs, other);
  add(needs, &o->needed, part);
  if (p->level > o->level) return;
  p->level = o->level + 1;
  lift(needs, part);
}

void needs_merge(struct needs *needs, int a, int b) {
  struct part *to = &needs->parts.at[a], *from = &needs->parts.at[b];
  from->merged = a;
  for (size_t i = 0; i < from->needs.n; i++) add(needs, &to->needs, from->needs.at[i]);
  for (size_t i = 0; i < from->needed.n; i++) add(needs, &to->needed, from->needed.at[i]);
  if (from->level > to->level) to->level = from->level;
  lift(needs, a);
}

/* One end of a search: the parts that it has come to, of which those before `next` have been looked at. */
static size_t cost(const struct needs *needs, const numbers *open, size_t next, bool down) {
  const struct part *p = &needs->parts.at[open->at[next]];
  return down ? p->needs.n : p->needed.n;
}

/* Goes one step on from part `at`, down to what it needs or up to what needs it; true where it meets the other end.
 * first: whether `at` is where this end began, and its own link to the goal does not count. */
static bool step(struct needs *needs, int at, int goal, bool down, bool first) {
  const numbers *list = down ? &needs->parts.at[at].needs : &needs->parts.at[at].needed;
  int level = needs->parts.at[goal].level;
  needs->looks += (int64_t)list->n;
  for (size_t i = 0; i < list->n; i++) {
    int next = now(needs, list->at[i]);
    struct part *n = &needs->parts.at[next];
    if (next == goal && first) continue;
    if ((down ? n->below : n->above) == needs->searches) return true;
    if ((down ? n->above : n->below) == needs->searches || (down ? n->level <= level : n->level >= level)) continue;
    *(down ? &n->above : &n->below) = needs->searches;
    vec_push(needs->arena, down ? &needs->open : &needs->rising, next);
  }
  return false;
}

/* Whether there is a way from part down to other, of at least two links where `through`.  Both ends are searched from,
 * always the one that is cheaper: one of them often has little to look at. */
static bool search(struct needs *needs, int part, int other, bool through) {
  if (needs->parts.at[part].level <= needs->parts.at[other].level) return false;
  needs->searches++;
  needs->open.n = needs->rising.n = 0;
  vec_push(needs->arena, &needs->open, part);
  vec_push(needs->arena, &needs->rising, other);
  needs->parts.at[part].above = needs->parts.at[other].below = needs->searches;
  size_t next = 0, up = 0, spent = 0, spent_up = 0;
  while (next < needs->open.n && up < needs->rising.n) {
    size_t ahead = spent + cost(needs, &needs->open, next, true);
    size_t ahead_up = spent_up + cost(needs, &needs->rising, up, false);
    bool down = ahead <= ahead_up;
    if (down ? step(needs, needs->open.at[next], other, true, through && !next)
             : step(needs, needs->rising.at[up], part, false, through && !up))
      return true;
    if (down) next++, spent = ahead;
    else up++, spent_up = ahead_up;
  }
  return false;
}

bool needs_any(struct needs *needs, int part, int other) { return part == other || search(needs, part, other, false); }

bool needs_through(struct needs *needs, int part, int other) { return search(needs, part, other, true); }

int64_t needs_looks(const struct needs *needs) { return needs->looks; }
