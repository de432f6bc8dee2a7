/* Rows as an axis, and diagonals, fast: all are copies. */
#include <string.h>

#include "kern/inner.h"

static void copy_rows(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  size_t row = (size_t)operand_count(&call->in[0]) * sizeof(float);
  memcpy((char *)call->out.data + (size_t)from * row, (const char *)call->in[0].data + (size_t)from * row,
         (size_t)(to - from) * row);
}

void fast_rows_to_axis(const struct call *call) {
  run_tiles(&(struct tiles){call, NULL, call->rows, samples_a_tile(operand_count(&call->in[0])), copy_rows});
}

static void own_rows(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t count = operand_count(&call->out), first = call->first_row + from;
  memcpy(float_out(call, from), (const float *)call->in[0].data + first * count,
         (size_t)((to - from) * count) * sizeof(float));
}

void fast_axis_to_rows(const struct call *call) {
  run_tiles(&(struct tiles){call, NULL, call->rows, samples_a_tile(operand_count(&call->out)), own_rows});
}

void fast_row_index(const struct call *call) {
  for (int64_t row = 0; row < call->rows; row++) *float_out(call, row) = (float)(call->first_row + row);
}

/* ---- diagonals: elements n + 1 apart in each matrix */

static int64_t last_axis(const struct operand *operand) {
  return operand->type.shape.dim[operand->type.shape.rank - 1];
}

static void take_diagonals(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = last_axis(&call->in[0]), count = operand_count(&call->out);
  for (int64_t sample = from; sample < to; sample++) {
    const float *x = float_row(&call->in[0], sample);
    for (int64_t at = 0; at < count; at++) float_out(call, sample)[at] = x[at * n + at % n];
  }
}

void fast_diagonal(const struct call *call) {
  run_tiles(
      &(struct tiles){call, NULL, result_samples(call), samples_a_tile(operand_count(&call->out)), take_diagonals});
}

static void put_diagonals(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct call *call = tiles->call;
  int64_t n = last_axis(&call->out), count = operand_count(&call->in[0]);
  for (int64_t sample = from; sample < to; sample++) {
    const float *x = float_row(&call->in[0], sample);
    float *out = float_out(call, sample);
    memset(out, 0, (size_t)(count * n) * sizeof *out);
    for (int64_t at = 0; at < count; at++) out[at * n + at % n] = x[at];
  }
}

void fast_diagonal_matrix(const struct call *call) {
  run_tiles(
      &(struct tiles){call, NULL, result_samples(call), samples_a_tile(operand_count(&call->out)), put_diagonals});
}
