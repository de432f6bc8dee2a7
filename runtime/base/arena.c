#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024, ALIGN = 16, BLOCK_ALIGN = 64 };

struct chunk {
  struct chunk *next;
  size_t used, size;
  _Alignas(ALIGN) unsigned char bytes[];
};

struct arena {
  struct chunk *chunks;
};

void (*base_out_of_memory)(void) = abort;
long base_fail_after = -1;

static int injected_failure(void) {
  if (base_fail_after < 0) return 0;
  if (base_fail_after == 0) return 1;
  base_fail_after--;
  return 0;
}

size_t size_product(size_t count, size_t size) {
  size_t product;
  return __builtin_mul_overflow(count, size, &product) ? SIZE_MAX : product;
}

void *must_realloc(void *old, size_t size) {
  void *p = injected_failure() ? NULL : realloc(old, size ? size : 1);
  if (!p) base_out_of_memory();
  return p;
}

void *must_alloc(size_t size) { return must_realloc(NULL, size); }

void *block_alloc(size_t size) {
  void *p;
  if (size > PTRDIFF_MAX - BLOCK_ALIGN || injected_failure()) return NULL;
  size = (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
  if (posix_memalign(&p, BLOCK_ALIGN, size ? size : BLOCK_ALIGN)) return NULL;
  memset(p, 0, size);
  return p;
}

struct arena *arena_new(void) {
  struct arena *arena = must_alloc(sizeof *arena);
  arena->chunks = NULL;
  return arena;
}

void arena_free(struct arena *arena) {
  if (!arena) return;
  for (struct chunk *c = arena->chunks, *next; c; c = next) {
    next = c->next;
    free(c);
  }
  free(arena);
}

void arena_join(struct arena *arena, struct arena *from) {
  struct chunk **end = &arena->chunks; /* the chunk in use stays the first */
  while (*end) end = &(*end)->next;
  *end = from->chunks;
  free(from);
}

void *arena_alloc(struct arena *arena, size_t size) {
  if (size > SIZE_MAX / 2) base_out_of_memory();
  size = (size + ALIGN - 1) / ALIGN * ALIGN;
  struct chunk *c = arena->chunks;
  if (!c || c->size - c->used < size) {
    size_t capacity = size > CHUNK ? size : CHUNK;
    c = must_alloc(sizeof *c + capacity);
    c->size = capacity;
    c->used = 0;
    if (size > CHUNK / 4 && arena->chunks) { /* a large one must not end the chunk in use */
      c->next = arena->chunks->next;
      arena->chunks->next = c;
    } else {
      c->next = arena->chunks;
      arena->chunks = c;
    }
  }
  void *p = c->bytes + c->used;
  c->used += size;
  return memset(p, 0, size);
}

char *arena_copy_string(struct arena *arena, const char *string, size_t length) {
  char *copy = arena_alloc(arena, length + 1);
  memcpy(copy, string, length);
  return copy;
}

char *arena_vformat(struct arena *arena, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  char *string = arena_alloc(arena, (size_t)length + 1);
  vsnprintf(string, (size_t)length + 1, format, again);
  va_end(again);
  return string;
}

char *arena_format(struct arena *arena, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *string = arena_vformat(arena, format, arguments);
  va_end(arguments);
  return string;
}
