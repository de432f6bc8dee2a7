/* Reference kernels, in double: rows as an axis, and diagonals. */
#include "kern/reference.h"

void reference_row_index(const struct call *call) {
  for (int64_t row = 0; row < call->rows; row++) put(call, row, 0, (double)(call->first_row + row));
}

void reference_rows_to_axis(const struct call *call) {
  int64_t n = elements(&call->in[0]);
  for (int64_t row = 0; row < call->rows; row++)
    for (int64_t e = 0; e < n; e++) put(call, 0, row * n + e, get(&call->in[0], row, e));
}

void reference_axis_to_rows(const struct call *call) {
  int64_t n = elements(&call->out);
  for (int64_t row = 0; row < call->rows; row++)
    for (int64_t e = 0; e < n; e++) put(call, row, e, get(&call->in[0], 0, (call->first_row + row) * n + e));
}

/* The side of the matrices that end the axes of a shape. */
static int64_t side(const struct operand *matrices) { return matrices->type.shape.dim[matrices->type.shape.rank - 1]; }

void reference_diagonal(const struct call *call) {
  int64_t n = side(&call->in[0]);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t m = 0; m < elements(&call->in[0]) / (n * n); m++)
      for (int64_t i = 0; i < n; i++) put(call, row, m * n + i, get(&call->in[0], row, m * n * n + i * n + i));
}

void reference_diagonal_matrix(const struct call *call) {
  int64_t n = side(&call->out);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t m = 0; m < elements(&call->out) / (n * n); m++)
      for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
          put(call, row, (m * n + i) * n + j, i == j ? get(&call->in[0], row, m * n + i) : 0);
}
