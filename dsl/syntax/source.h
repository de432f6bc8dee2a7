/* Source texts and locations in them.
 *
 * A span is a half-open range of byte offsets in one source.  Sources are numbered from 1; span.source 0 is "no
 * place" (something the program made itself).
 *
 * Ownership: sources belong to the arena of the compile and live as long as it. */
#ifndef DSL_SOURCE_H
#define DSL_SOURCE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { SOURCE_LIMIT = 8 << 20 }; /* bytes in one file; more is refused */

struct span {
  uint32_t source, begin, end;
};

struct source {
  const char *name; /* as the user gave it; library files are "std/dense.crl" */
  const char *text; /* NUL-terminated; length says where it really ends */
  size_t length;
  bool library; /* shipped with the program */
};

struct sources;

struct sources *sources_new(struct arena *arena);

/* Both return the source's number; the text is copied. */
uint32_t source_add(struct sources *sources, const char *name, const char *text, size_t length, bool library);
/* 0 and an ERROR_DATA when the file cannot be read or is larger than SOURCE_LIMIT. */
uint32_t source_read(struct sources *sources, const char *path, struct error *error);

const struct source *source_get(const struct sources *sources, uint32_t number);

/* Line and column, both from 1; the column counts bytes. */
void source_position(const struct sources *sources, uint32_t number, uint32_t offset, int *line, int *column);
/* "model.crl:12:9", and the words that stand there: in the arena. */
const char *source_location(const struct sources *sources, struct span span);
const char *source_words(const struct sources *sources, struct span span);
/* One line's text without its end, and its length. */
const char *source_line(const struct sources *sources, uint32_t number, int line, size_t *length);

static inline struct span span_join(struct span a, struct span b) { return (struct span){a.source, a.begin, b.end}; }

#endif
