#include "base/string_builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct string_builder *string, size_t more) {
  if (string->n + more < string->capacity) return;
  string->capacity = 2 * (string->n + more) + 256;
  if (!string->arena) {
    string->at = must_realloc(string->at, string->capacity);
    return;
  }
  char *at = arena_alloc(string->arena, string->capacity);
  if (string->n) memcpy(at, string->at, string->n);
  string->at = at;
}

void string_put_bytes(struct string_builder *string, const char *bytes, size_t n) {
  reserve(string, n + 1);
  memcpy(string->at + string->n, bytes, n);
  string->n += n;
  string->at[string->n] = 0;
}

void string_put(struct string_builder *string, const char *added) { string_put_bytes(string, added, strlen(added)); }

void string_add(struct string_builder *string, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  reserve(string, (size_t)length + 1);
  vsnprintf(string->at + string->n, (size_t)length + 1, format, again);
  string->n += (size_t)length;
  va_end(again);
  va_end(arguments);
}

const char *string_get(const struct string_builder *string) { return string->at ? string->at : ""; }

void string_free(struct string_builder *string) {
  free(string->at);
  *string = (struct string_builder){0};
}
