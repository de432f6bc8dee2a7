/* Exponential, logarithm and hyperbolic tangent in single precision, as straight-line code that a compiler turns
 * into vector code: the C library's are called one element at a time.
 *
 * exp    x = n ln 2 + r with |r| <= ln 2 / 2, ln 2 in two parts so that r is exact enough (Cody and Waite 1980);
 *        e^r by a polynomial of degree 7; the scaling by 2^n in two steps, so that results underflow gradually
 * log    x = 2^n m with sqrt(1/2) <= m < sqrt(2), s = (m - 1) / (m + 1): log m = 2 s + s^3 (2/3 + 2/5 s^2 + ..)
 * log1p  log u (x / (u - 1)) with u the rounded 1 + x, which undoes the rounding (Kahan)
 * tanh   near zero an odd polynomial; else 1 - 2 / (e^2|x| + 1) with x's sign
 *
 * Within three units in the last place; infinities and NaN as in the C library.
 *
 * Ownership: nothing is kept. */
#ifndef KERN_APPROXIMATE_H
#define KERN_APPROXIMATE_H
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static inline float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline float exp_float(float x) {
  const float shift = 0x1.8p23f; /* adding it rounds to an integer, which is then in the low bits */
  float c = x > 89 ? 89 : x;
  c = c < -105 ? -105 : c;
  float shifted = c * 0x1.715476p0f + shift, n = shifted - shift;
  float r = c - n * 0x1.62e4p-1f; /* ln 2 in 15 bits: n times it is exact */
  r = r - n * 0x1.7f7d1cp-20f;
  float p = 0x1.a01a02p-13f;
  p = p * r + 0x1.6c16c2p-10f;
  p = p * r + 0x1.111112p-7f;
  p = p * r + 0x1.555556p-5f;
  p = p * r + 0x1.555556p-3f;
  p = p * r + 0.5f;
  p = p * r * r + r + 1;
  uint32_t whole = float_bits(shifted) - float_bits(shift) + 256; /* 256: no negative numbers to halve */
  uint32_t half = whole >> 1, rest = whole - half;
  return p * float_of((half - 128 + 127) << 23) * float_of((rest - 128 + 127) << 23);
}

static inline float log_float(float x) {
  bool tiny = x < 0x1p-126f; /* also zero and negative numbers, which are put right at the end */
  uint32_t bits = float_bits(tiny ? x * 0x1p24f : x);
  uint32_t from = bits - 0x3f3504f3u; /* sqrt(1/2): the exponent of what is above it, relative to 0 */
  int32_t exponent = (int32_t)from >> 23;
  float m = float_of((from & 0x7fffffu) + 0x3f3504f3u), n = (float)(exponent - (tiny ? 24 : 0));
  float f = m - 1, s = f / (2 + f), z = s * s;
  float p = 0x1.24924ap-2f;
  p = p * z + 0x1.99999ap-2f;
  p = p * z + 0x1.555556p-1f;
  float half_square = 0.5f * f * f; /* log m = f - f^2/2 + s (f^2/2 + z p) is more exact than 2 s + .. */
  float y = n * 0x1.7f7d1cp-20f + s * (half_square + z * p) - half_square + f + n * 0x1.62e4p-1f;
  y = x == INFINITY ? x : y;
  y = x == 0 ? -INFINITY : y;
  return x >= 0 ? y : NAN;
}

/* For x >= 0. */
static inline float log1p_float(float x) {
  float u = 1 + x, d = u - 1;
  float y = log_float(u) * (x / (d + (float)(d == 0)));
  bool exact = (d == 0) | (x == INFINITY);
  return exact ? x : y;
}

static inline float tanh_float(float x) {
  float a = fabsf(x), z = x * x;
  float p = 0x1.d6d3d0p-9f;
  p = p * z - 0x1.226e36p-7f;
  p = p * z + 0x1.664f48p-6f;
  p = p * z - 0x1.ba1ba2p-5f;
  p = p * z + 0x1.111112p-3f;
  p = p * z - 0x1.555556p-2f;
  float near = x + x * z * p;
  float far = copysignf(1 - 2 / (exp_float(2 * a) + 1), x);
  return a < 0.45f ? near : x != x ? x : far;
}

#endif
