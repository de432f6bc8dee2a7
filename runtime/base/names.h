/* Interned names: two interned names are the same string exactly when they are the same pointer.
 * Ownership: the table and its strings belong to the arena it was made from. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct names;

struct names *names_new(struct arena *arena);
const char *name_of(struct names *names, const char *string, size_t length);
const char *name_of_string(struct names *names, const char *string);

/* FNV-1a of a string: the identity of a location in a model (application paths, draw keys). */
uint64_t string_hash(const char *string);

/* Edit distance with adjacent swaps, at most limit + 1: for "did you mean". */
int string_distance(const char *a, const char *b, int limit);

/* The candidate nearest to name, or NULL when none is near enough to suggest. */
const char *nearest(const char *name, const char *const *candidates, size_t n);

#endif
