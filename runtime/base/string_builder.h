/* A string that grows while it is written.
 *
 * Ownership: with an arena it is the arena's; without, its holder's, who calls string_free, or takes .at and free()s
 * it. */
#ifndef BASE_STRING_BUILDER_H
#define BASE_STRING_BUILDER_H
#include <stddef.h>

#include "base/arena.h"

struct string_builder {
  struct arena *arena; /* NULL: the heap */
  char *at;            /* ends in a zero byte once anything was added */
  size_t n, capacity;
};

void string_add(struct string_builder *string, const char *format, ...) __attribute__((format(printf, 2, 3)));
void string_put(struct string_builder *string, const char *added); /* as it is */
void string_put_bytes(struct string_builder *string, const char *bytes, size_t n);

/* All of it; "" where nothing was added. */
const char *string_get(const struct string_builder *string);
void string_free(struct string_builder *string);

#endif
