/* What matmul.c, matmul_few.c and matmul_lines.c know of each other; the kernels themselves are declared in inner.h.
 *
 * Ownership: borrows everything. */
#ifndef KERN_MATMUL_H
#define KERN_MATMUL_H
#include "kern/inner.h"

/* Whether a product with so many rows, of x and its leading axes together, reads w where it is. */
bool matmul_is_few(int64_t rows);
/* [m, k] by [k, n], or by a transposed [n, k]. */
void matmul_few(const struct call *call, int64_t m, int64_t n, int64_t k);

/* Whether matmul_rows makes its result some lines at a time; and what it wants for that, and does. */
bool matmul_by_lines(const struct value_type *in);
size_t matmul_lines_scratch(const struct value_type *in, int64_t rows, int threads);
void matmul_lines(const struct call *call);

#endif
