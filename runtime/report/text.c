#include "report/text.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* A character that XML has; 0 where there is none. */
static size_t xml_char(const char *plain, size_t n) {
  uint32_t code = 0;
  size_t length = utf8_char(plain, n, &code);
  return code >= 0x20 || code == '\n' || code == '\t' || code == '\r' ? length : 0;
}

void string_put_escaped(struct string_builder *string, const char *plain) {
  string_put_escaped_bytes(string, plain, strlen(plain));
}

void string_put_escaped_bytes(struct string_builder *string, const char *plain, size_t n) {
  for (const char *end = plain + n; plain < end;) {
    size_t length = xml_char(plain, (size_t)(end - plain));
    const char *as = *plain == '&'    ? "&amp;"
                     : *plain == '<'  ? "&lt;"
                     : *plain == '>'  ? "&gt;"
                     : *plain == '"'  ? "&quot;"
                     : *plain == '\'' ? "&#39;"
                     : !length        ? UTF8_REPLACEMENT
                                      : NULL;
    if (as) string_put(string, as);
    else string_put_bytes(string, plain, length);
    plain += length ? length : 1;
  }
}

void string_put_base64(struct string_builder *string, const unsigned char *bytes, size_t n) {
  static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < n; i += 3) {
    unsigned b1 = i + 1 < n ? bytes[i + 1] : 0, b2 = i + 2 < n ? bytes[i + 2] : 0;
    unsigned group = (unsigned)bytes[i] << 16 | b1 << 8 | b2;
    char four[4] = {digit[group >> 18], digit[group >> 12 & 63], i + 1 < n ? digit[group >> 6 & 63] : '=',
                    i + 2 < n ? digit[group & 63] : '='};
    string_put_bytes(string, four, sizeof four);
  }
}

char *duration_string(char *string, size_t size, double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) {
    snprintf(string, size, "-");
    return string;
  }
  long long whole = (long long)(seconds + 0.5);
  if (seconds < 9.95) snprintf(string, size, "%.1f s", seconds);
  else if (whole < 60) snprintf(string, size, "%lld s", whole);
  else if (whole < 3600) snprintf(string, size, "%lld min %02lld s", whole / 60, whole % 60);
  else snprintf(string, size, "%lld h %02lld min", whole / 3600, whole % 3600 / 60);
  return string;
}
