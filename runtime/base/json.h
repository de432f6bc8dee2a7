/* What all JSON that is written here has in common; the library is jansson.
 *
 * Ownership: results are new references; json_write and json_line take theirs. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "base/string_builder.h"

/* JSON has no infinity and no NaN: null. */
json_t *json_number_or_null(double value);

/* Seeds use all 64 bits; the largest do not fit a JSON library's integer and are written as strings. */
json_t *json_seed(uint64_t seed);

/* NULL is null; bytes that are not UTF-8 (a path may have them) are replaced. */
json_t *json_string_or_null(const char *plain);

/* The string under this key; NULL where there is none. */
const char *json_string_at(const json_t *object, const char *key);

/* Adds it as one line, its real numbers with so many digits. */
void json_line(struct string_builder *string, json_t *json, int digits);

/* A file of it, indented; see base/file.h. */
bool json_write(const char *path, json_t *json, int digits, struct error *error);

#endif
