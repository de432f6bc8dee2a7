#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

size_t utf8_char(const char *text, size_t length, uint32_t *code) {
  utf8proc_int32_t found;
  if (length && (unsigned char)*text < 0x80) {
    *code = (unsigned char)*text;
    return 1;
  }
  size_t most = length < UTF8_LONGEST ? length : UTF8_LONGEST;
  utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)most, &found);
  if (size <= 0) return 0;
  *code = (uint32_t)found;
  return (size_t)size;
}

size_t utf8_encode(uint32_t code, char *out) {
  bool valid = code <= INT32_MAX && utf8proc_codepoint_valid((utf8proc_int32_t)code);
  return (size_t)utf8proc_encode_char(valid ? (utf8proc_int32_t)code : 0xfffd, (utf8proc_uint8_t *)out);
}

size_t utf8_start(const char *text, size_t at) {
  while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80) at--;
  return at;
}

bool utf8_is_shown(uint32_t code) {
  switch (utf8proc_category((utf8proc_int32_t)code)) {
  case UTF8PROC_CATEGORY_CC:
  case UTF8PROC_CATEGORY_CF:
  case UTF8PROC_CATEGORY_CS:
  case UTF8PROC_CATEGORY_CN:
  case UTF8PROC_CATEGORY_ZL:
  case UTF8PROC_CATEGORY_ZP: return false;
  default: return true;
  }
}

int utf8_columns(uint32_t code) {
  utf8proc_int32_t point = (utf8proc_int32_t)code;
  return utf8proc_category(point) == UTF8PROC_CATEGORY_CC ? 1 : utf8proc_charwidth(point);
}

size_t utf8_fitting(const char *text, size_t length, int columns) {
  size_t at = 0;
  for (size_t size; at < length; at += size) {
    uint32_t code = 0;
    size = utf8_char(text + at, length - at, &code);
    columns -= size ? utf8_columns(code) : 1;
    if (columns < 0) break;
    if (!size) size = 1;
  }
  return at;
}

int utf8_text_columns(const char *text) {
  int columns = 0;
  for (size_t size, left = strlen(text); left; text += size, left -= size) {
    uint32_t code = 0;
    size = utf8_char(text, left, &code);
    columns += size ? utf8_columns(code) : 1;
    if (!size) size = 1;
  }
  return columns;
}
