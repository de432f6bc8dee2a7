/* Memory that is freed whole.
 *
 * Ownership: whoever calls arena_new calls arena_free; nothing allocated from an arena is freed by itself.
 *
 * One arena serves one phase (a parse, a compile, a plan).  Small allocations never fail: when the system has no
 * memory left, base_out_of_memory is called, which the driver sets.  Blocks whose size comes from the user's data
 * (slabs, data sets) are allocated with block_alloc, which returns NULL instead. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* An arena that is freed with the outer one, or before. */
struct arena *arena_within(struct arena *outer);

/* Ends `from`: all that was allocated from it is the arena's now. */
void arena_join(struct arena *arena, struct arena *from);

/* Bytes that it has from the system, with those of arenas within it. */
size_t arena_bytes(const struct arena *arena);

/* size bytes, zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy_string(struct arena *arena, const char *string, size_t length);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list arguments);

#define ARENA_NEW(arena, type) ((type *)arena_alloc(arena, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc(arena, size_product(count, sizeof(type))))

/* Called when a small allocation fails; must not return.  The driver sets it; the default is abort(). */
extern void (*base_out_of_memory)(void);

/* count * size, or SIZE_MAX where that overflows, so that a following allocation fails. */
size_t size_product(size_t count, size_t size);

/* malloc and realloc that call base_out_of_memory instead of returning NULL; release with free(). */
void *must_alloc(size_t size);
void *must_realloc(void *old, size_t size);

/* A large zeroed block aligned to 64 bytes, or NULL.  Release with free(). */
void *block_alloc(size_t size);

/* The same for memory that products work in, which asks the system for huge pages where it has such: every line of a
 * large matrix lies in a page of its own, and in pages of 4 KB a tenth of a product's time went into finding them. */
void *slab_alloc(size_t size);

/* Fault injection: after this many more allocations every one fails; negative (the default) for never. */
extern long base_fail_after;

#endif
