#define _DEFAULT_SOURCE /* madvise */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_CHUNK = 1024, CHUNK = 64 * 1024, ALIGN = 16, BLOCK_ALIGN = 64, HUGE_PAGE = 2 << 20 };

struct chunk {
  struct chunk *next;
  size_t used, size;
  _Alignas(ALIGN) unsigned char bytes[];
};

struct arena {
  struct chunk *chunks;
  struct arena *outer, *inner, *before,
      *next; /* inner: the first of those within; before, next: in the same outer one */
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

/* Pages that nobody touches are not made. */
static void *must_zeroed(size_t size) {
  void *p = injected_failure() ? NULL : calloc(1, size);
  if (!p) base_out_of_memory();
  return p;
}

static void *aligned_block(size_t align, size_t size) {
  void *p;
  if (size > PTRDIFF_MAX - align || injected_failure()) return NULL;
  size = (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
  return posix_memalign(&p, align, size ? size : BLOCK_ALIGN) ? NULL : p;
}

void *block_alloc(size_t size) {
  void *p = aligned_block(BLOCK_ALIGN, size);
  return p ? memset(p, 0, size) : NULL;
}

void *slab_alloc(size_t size) {
#if defined MADV_HUGEPAGE
  if (size >= 2 * HUGE_PAGE) {
    void *p = aligned_block(HUGE_PAGE, size);
    if (p) madvise(p, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    return p ? memset(p, 0, size) : NULL;
  }
#endif
  return block_alloc(size);
}

struct arena *arena_new(void) {
  struct arena *arena = must_alloc(sizeof *arena);
  *arena = (struct arena){0};
  return arena;
}

struct arena *arena_within(struct arena *outer) {
  struct arena *arena = arena_new();
  arena->outer = outer;
  arena->next = outer->inner;
  if (outer->inner) outer->inner->before = arena;
  return outer->inner = arena;
}

static void leave_outer(struct arena *arena) {
  if (!arena->outer) return;
  if (arena->before) arena->before->next = arena->next;
  else arena->outer->inner = arena->next;
  if (arena->next) arena->next->before = arena->before;
}

void arena_free(struct arena *arena) {
  if (!arena) return;
  while (arena->inner) arena_free(arena->inner);
  leave_outer(arena);
  for (struct chunk *c = arena->chunks, *next; c; c = next) {
    next = c->next;
    free(c);
  }
  free(arena);
}

size_t arena_bytes(const struct arena *arena) {
  size_t bytes = sizeof *arena;
  for (const struct chunk *c = arena->chunks; c; c = c->next) bytes += sizeof *c + c->size;
  for (const struct arena *inner = arena->inner; inner; inner = inner->next) bytes += arena_bytes(inner);
  return bytes;
}

void arena_join(struct arena *arena, struct arena *from) {
  struct chunk **end = &arena->chunks; /* the chunk in use stays the first */
  while (*end) end = &(*end)->next;
  *end = from->chunks;
  leave_outer(from);
  while (from->inner) {
    struct arena *inner = from->inner;
    leave_outer(inner);
    inner->outer = arena, inner->before = NULL, inner->next = arena->inner;
    if (arena->inner) arena->inner->before = inner;
    arena->inner = inner;
  }
  free(from);
}

void *arena_alloc(struct arena *arena, size_t size) {
  if (size > SIZE_MAX / 2) base_out_of_memory();
  size = (size + ALIGN - 1) / ALIGN * ALIGN;
  struct chunk *c = arena->chunks;
  if (!c || c->size - c->used < size) {
    size_t usual = !c ? FIRST_CHUNK : 2 * c->size < CHUNK ? 2 * c->size : CHUNK; /* most arenas stay small */
    size_t capacity = size > usual ? size : usual;
    c = must_zeroed(sizeof *c + capacity);
    c->size = capacity;
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
  return p;
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
