/* Elements of any type, got and set as doubles, and memory for them; `wide`: as the reference kernels have them, with
 * doubles for F32.
 *
 * Ownership: typed_memory's caller frees it. */
#ifndef TESTS_OP_TYPED_H
#define TESTS_OP_TYPED_H
#include <stdbool.h>

#include "base/array.h"

/* Aligned to 64 bytes, exactly as large as asked for, filled with NaN; release with free(). */
void *typed_memory(enum dtype type, int64_t elements, bool wide);
void typed_set(void *memory, enum dtype type, int64_t at, double value, bool wide);
double typed_get(const void *memory, enum dtype type, int64_t at, bool wide);

#endif
