/* Numbers as text files have them, which need not end with a zero byte.
 * Ownership: nothing is kept. */
#ifndef DATA_NUMBER_H
#define DATA_NUMBER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number ("-1.5e-3", "inf") that is all of the text, rounded to the nearest double.  At most NUMBER_LONGEST
 * characters. */
enum { NUMBER_LONGEST = 127 };
bool number_parse(const char *string, size_t length, double *number);

/* Whether that number is infinite without being written so: "1e400". */
bool number_overflows(const char *string, size_t length, double number);

/* An integer without point or exponent that fits. */
bool number_whole(const char *string, size_t length, int64_t *whole);

#endif
