/* Codes made of keyed draws, for the eval layer's tests.
 *
 * Ownership: floats_new's memory is the caller's, released with free(). */
#ifndef TESTS_EVAL_CODES_H
#define TESTS_EVAL_CODES_H
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/random.h"

/* What cannot be measured is told apart from what stops all. */
#define EXPECT_REFUSED(error, expected)           \
  do {                                            \
    ck_assert_str_eq((error).message, expected);  \
    ck_assert_int_eq((error).kind, ERROR_NUMBER); \
  } while (0)

static inline struct array rows_of(const char *name, float *data, int64_t rows, int64_t width) {
  return (struct array){name, F32, {1, {width}}, rows, data, NULL};
}

static inline struct array labels_array(uint8_t *data, int64_t rows) {
  return (struct array){"label", U8, {0}, rows, data, NULL};
}

static inline float *floats_new(int64_t count) { return calloc((size_t)count, sizeof(float)); }

/* Draw number `element` of one stream. */
static inline double noise(uint64_t stream, int64_t element) {
  return random_normal(random_bits(key_mix(77, stream), (uint64_t)element));
}

#endif
