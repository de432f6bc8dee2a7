/* Which parts need which others to be done before, while parts are added, get more needs and are merged.  The needs must
 * never close a circle: whoever adds or merges asks first.
 *
 * Each part has a level, higher than those of all that it needs.  So the search for a way from one part to another looks
 * only at levels between theirs, and mostly at none.
 *
 * Ownership: everything lives in the arena of needs_new. */
#ifndef PLAN_NEEDS_H
#define PLAN_NEEDS_H
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct needs;

struct needs *needs_new(struct arena *arena);
/* A part without needs; they are numbered from 0. */
int needs_add(struct needs *needs);
/* `part` needs `other`; between a part and itself nothing happens. */
void needs_put(struct needs *needs, int part, int other);
/* Part b is a from now on: it may no longer be named. */
void needs_merge(struct needs *needs, int a, int b);

/* Whether part needs other, itself or through others; and whether it does so through others. */
bool needs_any(struct needs *needs, int part, int other);
bool needs_through(struct needs *needs, int part, int other);

/* How many needs have been looked at, for all questions together. */
int64_t needs_looks(const struct needs *needs);

#endif
