#include "report/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void make_room(struct text *text, size_t more) {
  if (text->n + more < text->room) return;
  text->room = 2 * (text->n + more) + 256;
  text->at = must_realloc(text->at, text->room);
}

void text_add_bytes(struct text *text, const char *bytes, size_t n) {
  make_room(text, n + 1);
  memcpy(text->at + text->n, bytes, n);
  text->n += n;
  text->at[text->n] = 0;
}

void text_add(struct text *text, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  make_room(text, (size_t)length + 1);
  vsnprintf(text->at + text->n, (size_t)length + 1, format, again);
  text->n += (size_t)length;
  va_end(again);
  va_end(arguments);
}

size_t utf8_length(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  if (at[0] < 0x80) return at[0] >= 0x20 || at[0] == '\n' || at[0] == '\t' || at[0] == '\r';
  size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
  if (at[0] < 0xc2 || at[0] > 0xf4) return 0;
  for (size_t i = 1; i < length; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  unsigned second = at[1];
  if ((at[0] == 0xe0 && second < 0xa0) || (at[0] == 0xf0 && second < 0x90)) return 0; /* longer than it need be */
  if ((at[0] == 0xed && second > 0x9f) || (at[0] == 0xf4 && second > 0x8f)) return 0; /* surrogates; too large */
  return length;
}

void text_add_escaped(struct text *text, const char *plain) {
  while (*plain) {
    size_t length = utf8_length(plain);
    const char *as = *plain == '&'    ? "&amp;"
                     : *plain == '<'  ? "&lt;"
                     : *plain == '>'  ? "&gt;"
                     : *plain == '"'  ? "&quot;"
                     : *plain == '\'' ? "&#39;"
                     : !length        ? "\xef\xbf\xbd"
                                      : NULL;
    if (as)
      text_add_bytes(text, as, strlen(as));
    else
      text_add_bytes(text, plain, length);
    plain += length ? length : 1;
  }
}

void text_add_base64(struct text *text, const unsigned char *bytes, size_t n) {
  static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < n; i += 3) {
    unsigned b1 = i + 1 < n ? bytes[i + 1] : 0, b2 = i + 2 < n ? bytes[i + 2] : 0;
    unsigned group = (unsigned)bytes[i] << 16 | b1 << 8 | b2;
    char four[4] = {digit[group >> 18], digit[group >> 12 & 63], i + 1 < n ? digit[group >> 6 & 63] : '=',
                    i + 2 < n ? digit[group & 63] : '='};
    text_add_bytes(text, four, sizeof four);
  }
}

void text_free(struct text *text) {
  free(text->at);
  *text = (struct text){0};
}

char *duration_text(char *text, size_t size, double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) {
    snprintf(text, size, "-");
    return text;
  }
  long long whole = (long long)(seconds + 0.5);
  if (seconds < 9.95)
    snprintf(text, size, "%.1f s", seconds);
  else if (whole < 60)
    snprintf(text, size, "%lld s", whole);
  else if (whole < 3600)
    snprintf(text, size, "%lld min %02lld s", whole / 60, whole % 60);
  else
    snprintf(text, size, "%lld h %02lld min", whole / 3600, whole % 3600 / 60);
  return text;
}
