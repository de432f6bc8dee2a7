#include "plan/needs.h"

#include "base/vec.h"

typedef VEC(int) numbers;

struct part {
  int level, merged; /* merged: the part that this one is now; itself */
  int seen;          /* the last search that came by */
  numbers needs, needed;
};

struct needs {
  struct arena *arena;
  VEC(struct part) parts;
  numbers open; /* found and not looked at yet */
  int searches;
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
  vec_push(needs->arena, &p->needs, other);
  vec_push(needs->arena, &o->needed, part);
  if (p->level > o->level) return;
  p->level = o->level + 1;
  lift(needs, part);
}

void needs_merge(struct needs *needs, int a, int b) {
  struct part *to = &needs->parts.at[a], *from = &needs->parts.at[b];
  from->merged = a;
  for (size_t i = 0; i < from->needs.n; i++) vec_push(needs->arena, &to->needs, from->needs.at[i]);
  for (size_t i = 0; i < from->needed.n; i++) vec_push(needs->arena, &to->needed, from->needed.at[i]);
  if (from->level > to->level) to->level = from->level;
  lift(needs, a);
}

/* Notes what the part needs and may need `other` in its turn; true when it is `other` itself. */
static bool spread(struct needs *needs, int part, int other) {
  const struct part *p = &needs->parts.at[part];
  int level = needs->parts.at[other].level;
  for (size_t i = 0; i < p->needs.n; i++) {
    int next = now(needs, p->needs.at[i]);
    struct part *n = &needs->parts.at[next];
    if (next == other) return true;
    if (n->seen == needs->searches || n->level <= level) continue;
    n->seen = needs->searches;
    vec_push(needs->arena, &needs->open, next);
  }
  return false;
}

/* Nearest first: what lies between two parts is mostly next to one of them. */
static bool search(struct needs *needs, int other) {
  for (size_t i = 0; i < needs->open.n; i++)
    if (spread(needs, needs->open.at[i], other)) return true;
  return false;
}

bool needs_any(struct needs *needs, int part, int other) {
  if (part == other) return true;
  if (needs->parts.at[part].level <= needs->parts.at[other].level) return false;
  needs->open.n = 0;
  needs->searches++;
  return spread(needs, part, other) || search(needs, other);
}

bool needs_through(struct needs *needs, int part, int other) {
  const struct part *p = &needs->parts.at[part];
  if (p->level <= needs->parts.at[other].level) return false;
  needs->open.n = 0;
  needs->searches++;
  needs->parts.at[part].seen = needs->searches;
  for (size_t i = 0; i < p->needs.n; i++) {
    int next = now(needs, p->needs.at[i]);
    struct part *n = &needs->parts.at[next];
    if (next == other || n->seen == needs->searches || n->level <= needs->parts.at[other].level) continue;
    n->seen = needs->searches;
    vec_push(needs->arena, &needs->open, next);
  }
  return search(needs, other);
}
