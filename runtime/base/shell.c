#include "base/shell.h"

#include <stdbool.h>
#include <string.h>

/* Bytes beyond ASCII are letters of names to every shell. */
static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 ||
         (c && strchr("_-./:=,+@%^", c));
}

const char *shell_word(struct arena *arena, const char *word) {
  size_t length = strlen(word), plain = 0, n = 0;
  while (is_plain(word[plain])) plain++;
  if (length && plain == length) return word;
  char *quoted = arena_alloc(arena, 2 * length + 3);
  quoted[n++] = '"';
  for (size_t i = 0; i < length; i++) {
    if (strchr("\"\\$`", word[i])) quoted[n++] = '\\'; /* these keep their meaning in double quotes */
    quoted[n++] = word[i];
  }
  quoted[n++] = '"';
  return quoted;
}
