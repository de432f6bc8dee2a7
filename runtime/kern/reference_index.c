/* Reference kernels, in double: what is taken by indices and put back, what goes along an axis, products of many
 * matrices. */
#include <math.h>

#include "kern/reference.h"

static int64_t last(const struct operand *operand) { return operand->type.shape.dim[operand->type.shape.rank - 1]; }

/* The index that a number is, but for rounding; n where it is none below n. */
static int64_t found(double number, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    if (fabs(number - (double)i) < 1.0 / 128) return i;
  return n;
}

void reference_gather(const struct call *call) {
  int64_t n = call->in[0].type.shape.dim[0], each = elements(&call->in[0]) / n;
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      int64_t index = found(get(&call->in[1], row, e / each), n);
      put(call, row, e, index < n ? get(&call->in[0], row, index * each + e % each) : NAN);
    }
}

void reference_scatter(const struct call *call) {
  int64_t n = call->out.type.shape.dim[0], each = elements(&call->out) / n;
  clear(call);
  for (int64_t row = 0; row < rows_in(call); row++)
    for (int64_t e = 0; e < elements(&call->in[0]); e++) {
      int64_t index = found(get(&call->in[1], row, e / each), n);
      if (index < n) add(call, 0, index * each + e % each, get(&call->in[0], row, e));
    }
}

/* Whether element i comes before element k. */
static bool before(double a, int64_t i, double b, int64_t k) {
  if (isnan(a) || isnan(b)) return isnan(a) && isnan(b) ? i < k : isnan(b);
  return a < b || (a == b && i < k);
}

void reference_order(const struct call *call) {
  int64_t n = last(&call->out);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) { /* an element's place is how many come before it */
      int64_t line = e / n * n, place = 0;
      for (int64_t k = 0; k < n; k++)
        place += before(get(&call->in[0], row, line + k), k, get(&call->in[0], row, e), e - line);
      put(call, row, line + place, (double)(e - line));
    }
}

void reference_take_last(const struct call *call) {
  int64_t n = last(&call->in[0]), k = last(&call->out);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      int64_t index = found(get(&call->in[1], row, e), n);
      put(call, row, e, index < n ? get(&call->in[0], row, e / k * n + index) : NAN);
    }
}

void reference_put_last(const struct call *call) {
  int64_t n = last(&call->out), k = last(&call->in[0]);
  clear(call);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->in[0]); e++) {
      int64_t index = found(get(&call->in[1], row, e), n);
      if (index < n) add(call, row, e / k * n + index, get(&call->in[0], row, e));
    }
}

void reference_cumulative(const struct call *call) {
  int64_t n = last(&call->out);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      double sum = 0;
      for (int64_t k = e / n * n; k < e / n * n + n; k++)
        if (call->attr->i[0] ? k >= e : k <= e) sum += get(&call->in[0], row, k);
      put(call, row, e, sum);
    }
}

void reference_roll(const struct call *call) {
  int64_t axis = call->attr->i[0], n = call->out.type.shape.dim[axis], at[MAX_RANK];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      position_of(call->out.type.shape, e, at);
      at[axis] = ((at[axis] - call->attr->i[1]) % n + n) % n;
      put(call, row, e, get(&call->in[0], row, element_at(call->out.type.shape, at)));
    }
}

void reference_matmul_each(const struct call *call) {
  int rank = call->out.type.shape.rank;
  int64_t m = call->out.type.shape.dim[rank - 2], n = call->out.type.shape.dim[rank - 1];
  int64_t k = elements(&call->in[0]) / (elements(&call->out) / n);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      int64_t matrix = e / (m * n), i = e / n % m, j = e % n;
      double sum = 0;
      for (int64_t s = 0; s < k; s++)
        sum += get(&call->in[0], row, matrix * m * k + (call->attr->i[0] ? s * m + i : i * k + s)) *
               get(&call->in[1], row, matrix * k * n + (call->attr->i[1] ? j * k + s : s * n + j));
      put(call, row, e, sum);
    }
}
