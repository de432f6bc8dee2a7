/* What the log and the metrics share: values that JSON can say.
 *
 * Ownership: results are new references. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "report/text.h"

/* JSON has no infinity and no NaN: null. */
static inline json_t *json_number_or_null(double value) { return isfinite(value) ? json_real(value) : json_null(); }

/* Seeds use all 64 bits; the largest do not fit a JSON library's integer and are written as text. */
static inline json_t *json_seed(uint64_t seed) {
  char text[32];
  if (seed <= INT64_MAX) return json_integer((json_int_t)seed);
  snprintf(text, sizeof text, "%" PRIu64, seed);
  return json_string(text);
}

/* NULL is null; bytes that are not UTF-8 (a path may have them) are replaced. */
static inline json_t *json_text_or_null(const char *plain) {
  if (!plain) return json_null();
  json_t *string = json_string(plain);
  if (string) return string;
  struct text text = {0};
  for (size_t length; *plain; plain += length ? length : 1) {
    length = utf8_length(plain);
    text_add_bytes(&text, length ? plain : "?", length ? length : 1);
  }
  string = json_string(text.at);
  text_free(&text);
  return string;
}

#endif
