#include "data/number.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool number_whole(const char *string, size_t length, int64_t *whole) {
  size_t i = length && (string[0] == '-' || string[0] == '+');
  bool negative = i && string[0] == '-';
  *whole = 0;
  if (i == length) return false;
  for (; i < length; i++) {
    int digit = string[i] - '0';
    if (!is_digit(string[i]) || __builtin_mul_overflow(*whole, 10, whole)) return false;
    if (__builtin_add_overflow(*whole, negative ? -digit : digit, whole)) return false;
  }
  return true;
}

static bool is_infinity(const char *string, size_t length, double *number) {
  static const char word[] = "infinity";
  bool sign = length && (string[0] == '-' || string[0] == '+');
  if (length - sign != 3 && length - sign != 8) return false;
  for (size_t i = sign; i < length; i++)
    if (tolower((unsigned char)string[i]) != word[i - sign]) return false;
  *number = string[0] == '-' ? -INFINITY : INFINITY;
  return true;
}

/* What a decimal number is made of: its digits as one integer, and the power of ten that it is times. */
struct decimal {
  bool negative, exact; /* exact: no more digits than a double holds */
  int64_t digits, exponent;
};

static bool take_decimal(const char *string, size_t length, struct decimal *decimal) {
  enum { EXACT_DIGITS = 15, LARGEST_EXPONENT = 100000 };
  size_t i = length && (string[0] == '-' || string[0] == '+'), begin = 0;
  int seen = 0, significant = 0;
  *decimal = (struct decimal){.negative = i && string[0] == '-'};
  for (bool point = false; i < length && (is_digit(string[i]) || (string[i] == '.' && !point)); i++) {
    if (string[i] == '.') {
      point = true;
      continue;
    }
    seen++;
    significant += significant || string[i] != '0';
    if (significant <= EXACT_DIGITS) decimal->digits = 10 * decimal->digits + (string[i] - '0');
    decimal->exponent -= point;
  }
  decimal->exact = significant <= EXACT_DIGITS;
  if (!seen) return false;
  if (i == length) return true;
  if (string[i] != 'e' && string[i] != 'E') return false;
  bool negative = ++i < length && string[i] == '-';
  i += i < length && (string[i] == '-' || string[i] == '+');
  int64_t exponent = 0;
  for (begin = i; i < length && is_digit(string[i]); i++)
    if (exponent < LARGEST_EXPONENT) exponent = 10 * exponent + (string[i] - '0');
  decimal->exponent += negative ? -exponent : exponent;
  return i == length && i > begin;
}

/* Integers below 2^53 and powers of ten up to 10^22 are doubles: one product or quotient of them rounds once. */
bool number_parse(const char *string, size_t length, double *number) {
  static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  struct decimal decimal;
  if (length == 0 || length > NUMBER_LONGEST) return false;
  if (!take_decimal(string, length, &decimal)) return is_infinity(string, length, number);
  if (decimal.exact && decimal.exponent >= -22 && decimal.exponent <= 22) {
    double digits = (double)(decimal.negative ? -decimal.digits : decimal.digits);
    if (decimal.negative && decimal.digits == 0) digits = -0.0;
    *number = decimal.exponent < 0 ? digits / power[-decimal.exponent] : digits * power[decimal.exponent];
    return true;
  }
  char copy[NUMBER_LONGEST + 1];
  memcpy(copy, string, length);
  copy[length] = 0;
  *number = strtod(copy, NULL);
  return true;
}

bool number_overflows(const char *string, size_t length, double number) {
  double word;
  return isinf(number) && !is_infinity(string, length, &word);
}
