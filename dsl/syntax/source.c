/* Source texts: reading, line starts, and byte offset to line and column.
 *
 * Line starts are collected once, when a source is added; a position is then found by bisection.  A line ends at
 * '\n'; a '\r' before it is not part of the line. */
#include "dsl/syntax/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

struct entry {
  struct source source;
  VEC(uint32_t) lines; /* the offset of each line's first byte */
};

struct sources {
  struct arena *arena;
  VEC(struct entry) entries;
};

struct sources *sources_new(struct arena *arena) {
  struct sources *sources = ARENA_NEW(arena, struct sources);
  sources->arena = arena;
  return sources;
}

uint32_t source_add(struct sources *sources, const char *name, const char *text, size_t length, bool library) {
  struct arena *arena = sources->arena;
  struct entry entry = {0};
  entry.source.name = arena_copy_string(arena, name, strlen(name));
  entry.source.text = arena_copy_string(arena, text, length);
  entry.source.length = length;
  entry.source.library = library;
  vec_push(arena, &entry.lines, 0);
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '\n') vec_push(arena, &entry.lines, (uint32_t)i + 1);
  }
  vec_push(arena, &sources->entries, entry);
  return (uint32_t)sources->entries.n;
}

uint32_t source_read(struct sources *sources, const char *path, struct error *error) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    error_set(error, ERROR_DATA, "cannot read '%s': %s", path, strerror(errno));
    return 0;
  }
  char *text = must_alloc((size_t)SOURCE_LIMIT + 1);
  size_t length = fread(text, 1, (size_t)SOURCE_LIMIT + 1, file);
  bool failed = ferror(file);
  int reason = errno;
  fclose(file);
  uint32_t number = 0;
  if (failed) {
    error_set(error, ERROR_DATA, "cannot read '%s': %s", path, strerror(reason));
  } else if (length > SOURCE_LIMIT) {
    error_set(error, ERROR_DATA, "'%s' is larger than %d bytes, which no model file needs to be", path, SOURCE_LIMIT);
    error_hint(error, "check that it is a model file, not data");
  } else {
    number = source_add(sources, path, text, length, false);
  }
  free(text);
  return number;
}

const struct source *source_get(const struct sources *sources, uint32_t number) {
  return &sources->entries.at[number - 1].source;
}

void source_position(const struct sources *sources, uint32_t number, uint32_t offset, int *line, int *column) {
  const struct entry *entry = &sources->entries.at[number - 1];
  size_t low = 0, high = entry->lines.n;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (entry->lines.at[middle] <= offset) low = middle;
    else high = middle;
  }
  *line = (int)low + 1;
  *column = (int)(offset - entry->lines.at[low]) + 1;
}

const char *source_location(const struct sources *sources, struct span span) {
  int line = 0, column = 0;
  source_position(sources, span.source, span.begin, &line, &column);
  return arena_format(sources->arena, "%s:%d:%d", source_get(sources, span.source)->name, line, column);
}

const char *source_words(const struct sources *sources, struct span span) {
  return arena_copy_string(sources->arena, source_get(sources, span.source)->text + span.begin, span.end - span.begin);
}

const char *source_line(const struct sources *sources, uint32_t number, int line, size_t *length) {
  const struct entry *entry = &sources->entries.at[number - 1];
  size_t begin = entry->lines.at[line - 1];
  bool last = (size_t)line == entry->lines.n;
  size_t end = last ? entry->source.length : entry->lines.at[line] - 1;
  if (end > begin && entry->source.text[end - 1] == '\r') end--;
  *length = end - begin;
  return entry->source.text + begin;
}
