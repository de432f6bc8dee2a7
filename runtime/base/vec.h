/* Growing arrays inside an arena.  `VEC(int) v = {0}; vec_push(arena, &v, 3);`  Elements move when the array grows,
 * so keep indices, not pointers.  Ownership: the arena's. */
#ifndef BASE_VEC_H
#define BASE_VEC_H
#include <string.h>

#include "base/arena.h"

#define VEC(type)       \
  struct {              \
    type *at;           \
    size_t n, capacity; \
  }

/* Appends one element and evaluates to nothing. */
#define vec_push(arena, v, ...)                                                          \
  do {                                                                                   \
    if ((v)->n == (v)->capacity) {                                                       \
      size_t vec_first = sizeof *(v)->at > 32 ? 2 : 64 / sizeof *(v)->at;                \
      size_t vec_capacity = (v)->capacity ? 2 * (v)->capacity : vec_first;               \
      void *vec_new = arena_alloc((arena), size_product(vec_capacity, sizeof *(v)->at)); \
      if ((v)->n) memcpy(vec_new, (v)->at, (v)->n * sizeof *(v)->at);                    \
      (v)->at = vec_new;                                                                 \
      (v)->capacity = vec_capacity;                                                      \
    }                                                                                    \
    (v)->at[(v)->n++] = __VA_ARGS__;                                                     \
  } while (0)

#endif
