/* The tables of the two backends that are here. */
#include "kern/backend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kern/inner.h"

static void copy_bytes(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); }

static double fast_number(const struct operand *operand) { return operand_get(operand, 0, false); }
static double reference_number(const struct operand *operand) { return operand_get(operand, 0, true); }

static int64_t elements(const struct operand *operand, int64_t rows) {
  if (operand->type.type != F32) return 0; /* bytes and integers are finite */
  return shape_count(operand->type.shape) * (operand->type.rows ? rows : 1);
}

static int64_t fast_not_finite(const struct operand *operand, int64_t rows) {
  return count_not_finite(operand->data, elements(operand, rows));
}

static int64_t reference_not_finite(const struct operand *operand, int64_t rows) {
  const double *numbers = operand->data;
  int64_t found = 0, n = elements(operand, rows);
  for (int64_t i = 0; i < n; i++) found += !isfinite(numbers[i]);
  return found;
}

static const struct backend fast = {
    .name = "fast",
    .traits = {.real = F32,
               .cuts = true,
               .scratch = kernel_scratch,
               .shared = kernel_shared,
               .partial = kernel_partial,
               .in_place = kernel_in_place,
               .adds = kernel_adds,
               .lines = kernel_lines},
    .alloc = slab_alloc,
    .free = free,
    .copy = copy_bytes,
    .run = kernel_fast,
    .prepare = kernel_prepare,
    .finish = kernel_finish,
    .elements_run = elements_run_of,
    .sum_of_multiples = sum_of_multiples,
    .multiple_and_number = multiple_and_number,
    .elements_carry_out = elements_carry_out,
    .number = fast_number,
    .not_finite = fast_not_finite,
};

/* Whole calls only: nothing is shared, and no parts of sums are finished. */
static const struct backend reference = {
    .name = "reference",
    .traits = {.real = F64},
    .alloc = block_alloc,
    .free = free,
    .copy = copy_bytes,
    .run = kernel_reference,
    .number = reference_number,
    .not_finite = reference_not_finite,
};

const struct backend *backend_fast(void) {
  kernels_start();
  return &fast;
}

const struct backend *backend_reference(void) {
  kernels_start();
  return &reference;
}
