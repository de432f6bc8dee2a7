#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"

json_t *json_number_or_null(double value) { return isfinite(value) ? json_real(value) : json_null(); }

json_t *json_seed(uint64_t seed) {
  char text[32];
  if (seed <= INT64_MAX) return json_integer((json_int_t)seed);
  snprintf(text, sizeof text, "%" PRIu64, seed);
  return json_string(text);
}

json_t *json_string_or_null(const char *plain) {
  if (!plain) return json_null();
  json_t *json = json_string(plain);
  if (json) return json;
  struct string_builder string = {0};
  for (size_t length; *plain; plain += length ? length : 1) {
    uint32_t code;
    length = utf8_char(plain, strlen(plain), &code);
    string_put_bytes(&string, length ? plain : UTF8_REPLACEMENT, length ? length : sizeof UTF8_REPLACEMENT - 1);
  }
  json = json_string(string_get(&string));
  string_free(&string);
  return json;
}

const char *json_string_at(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static void add(struct string_builder *string, json_t *json, size_t flags, int digits) {
  char *text = json_dumps(json, flags | JSON_REAL_PRECISION(digits));
  json_decref(json);
  if (!text) base_out_of_memory();
  string_add(string, "%s\n", text);
  free(text);
}

void json_line(struct string_builder *string, json_t *json, int digits) { add(string, json, 0, digits); }

bool json_write(const char *path, json_t *json, int digits, struct error *error) {
  struct string_builder string = {0};
  add(&string, json, JSON_INDENT(2), digits);
  bool ok = file_write_whole(path, string.at, string.n, error);
  string_free(&string);
  return ok;
}
