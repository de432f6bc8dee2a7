/* Elements as files have them -> arrays as the program has them.
 * Ownership: everything is the caller's. */
#ifndef DATA_CONVERT_H
#define DATA_CONVERT_H
#include "data/datafile.h"

/* Converts n elements, which are in this machine's byte order and next to one another; returns how many were
 * converted, fewer where the next one has no place in the type.  `as_written` of a float is not kept: numbers round to
 * F32 and F64, and to integers only integers in range go. */
int64_t convert(enum stored type, const void *in, int64_t n, enum dtype as, void *out);

/* The element that `convert` stopped at, for an error: "0.5", "300", "a missing value". */
enum { ELEMENT_STRING = 64 };
char *element_string(char string[ELEMENT_STRING], enum stored type, const void *element);

#endif
