#include "data/convert.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* IEEE 754 binary16, exactly. */
static float half(uint16_t bits) {
  float sign = bits & 0x8000 ? -1.0f : 1.0f;
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * ldexpf((float)fraction, -24);
  return sign * ldexpf((float)(1024 + fraction), exponent - 25);
}

/* low <= number < high, which are exact in any floating-point type, and no fraction. */
static bool whole_within(double number, double low, double high) {
  return number >= low && number < high && number == floor(number);
}

#define TO_INTEGER(source, target)                                                         \
  for (; i < n; i++)                                                                       \
    if (__builtin_add_overflow(((const source *)in)[i], 0, &((target *)out)[i])) return i; \
  return n;

#define TO_WHOLE(source, target, low, high)                          \
  for (; i < n; i++) {                                               \
    if (!whole_within(((const source *)in)[i], low, high)) return i; \
    ((target *)out)[i] = (target)((const source *)in)[i];            \
  }                                                                  \
  return n;

#define TO_NUMBER(source, target)                                                       \
  for (; i < n; i++) {                                                                  \
    ((target *)out)[i] = (target)((const source *)in)[i];                               \
    if (isinf(((target *)out)[i]) && !isinf((double)((const source *)in)[i])) return i; \
  }                                                                                     \
  return n;

#define INTEGER_SOURCE(name, source)                                                \
  static int64_t from_##name(const void *in, int64_t n, enum dtype as, void *out) { \
    int64_t i = 0;                                                                  \
    switch (as) {                                                                   \
    case U8: TO_INTEGER(source, uint8_t)                                            \
    case I32: TO_INTEGER(source, int32_t)                                           \
    case I64: TO_INTEGER(source, int64_t)                                           \
    case F32: TO_NUMBER(source, float)                                              \
    case F64: TO_NUMBER(source, double)                                             \
    }                                                                               \
    return i;                                                                       \
  }

#define NUMBER_SOURCE(name, source)                                                 \
  static int64_t from_##name(const void *in, int64_t n, enum dtype as, void *out) { \
    int64_t i = 0;                                                                  \
    switch (as) {                                                                   \
    case U8: TO_WHOLE(source, uint8_t, 0, 0x1p8)                                    \
    case I32: TO_WHOLE(source, int32_t, -0x1p31, 0x1p31)                            \
    case I64: TO_WHOLE(source, int64_t, -0x1p63, 0x1p63)                            \
    case F32: TO_NUMBER(source, float)                                              \
    case F64: TO_NUMBER(source, double)                                             \
    }                                                                               \
    return i;                                                                       \
  }

INTEGER_SOURCE(u8, uint8_t)
INTEGER_SOURCE(u16, uint16_t)
INTEGER_SOURCE(u32, uint32_t)
INTEGER_SOURCE(u64, uint64_t)
INTEGER_SOURCE(i8, int8_t)
INTEGER_SOURCE(i16, int16_t)
INTEGER_SOURCE(i32, int32_t)
INTEGER_SOURCE(i64, int64_t)
NUMBER_SOURCE(f32, float)
NUMBER_SOURCE(f64, double)

/* Any byte but 0 is true. */
static int64_t from_bool(const void *in, int64_t n, enum dtype as, void *out) {
  for (int64_t i = 0; i < n; i++) {
    uint8_t bit = ((const uint8_t *)in)[i] != 0;
    from_u8(&bit, 1, as, (char *)out + (size_t)i * dtype_size(as));
  }
  return n;
}

static int64_t from_f16(const void *in, int64_t n, enum dtype as, void *out) {
  for (int64_t i = 0; i < n; i++) {
    float number = half(((const uint16_t *)in)[i]);
    if (from_f32(&number, 1, as, (char *)out + (size_t)i * dtype_size(as)) < 1) return i;
  }
  return n;
}

/* A class number, -1 where there is no string. */
static int64_t from_string(const void *in, int64_t n, enum dtype as, void *out) {
  const int32_t *class = in;
  for (int64_t i = 0; i < n; i++) {
    if (class[i] >= 0) {
      if (from_i32(&class[i], 1, as, (char *)out + (size_t)i * dtype_size(as)) < 1) return i;
    } else if (as == F32) {
      ((float *)out)[i] = NAN;
    } else if (as == F64) {
      ((double *)out)[i] = NAN;
    } else {
      return i;
    }
  }
  return n;
}

int64_t convert(enum stored type, const void *in, int64_t n, enum dtype as, void *out) {
  static int64_t (*const from[STORED_TYPES])(const void *, int64_t, enum dtype, void *) = {
      [STORED_BOOL] = from_bool,    [STORED_U8] = from_u8,   [STORED_U16] = from_u16, [STORED_U32] = from_u32,
      [STORED_U64] = from_u64,      [STORED_I8] = from_i8,   [STORED_I16] = from_i16, [STORED_I32] = from_i32,
      [STORED_I64] = from_i64,      [STORED_F16] = from_f16, [STORED_F32] = from_f32, [STORED_F64] = from_f64,
      [STORED_STRING] = from_string};
  return from[type](in, n, as, out);
}

char *element_string(char string[ELEMENT_STRING], enum stored type, const void *element) {
  double number = NAN;
  int64_t whole;
  if (type == STORED_U64) {
    uint64_t large;
    memcpy(&large, element, sizeof large);
    snprintf(string, ELEMENT_STRING, "%" PRIu64, large);
  } else if (convert(type, element, 1, I64, &whole) == 1) {
    snprintf(string, ELEMENT_STRING, "%" PRId64, whole);
  } else {
    convert(type, element, 1, F64, &number);
    if (isnan(number)) snprintf(string, ELEMENT_STRING, "a missing value");
    else snprintf(string, ELEMENT_STRING, "%.9g", number);
  }
  return string;
}
