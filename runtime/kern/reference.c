/* Reference kernels, in double: elementwise operations, moving elements, reductions.  Written to be obviously
 * right: every loop walks the elements of the result (or of the input, when summing) and says where each comes
 * from. */
#include "kern/reference.h"

#include <math.h>

void elementwise_reference(const struct call *call) {
  int64_t count = elements(&call->out);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < count; e++) {
      double value[3] = {0};
      for (int k = 0; k < call->inputs; k++) value[k] = get(&call->in[k], row, elements(&call->in[k]) == 1 ? 0 : e);
      put(call, row, e, op_value(call->op, call->attr, value[0], value[1], value[2]));
    }
}

/* ---- moving and repeating */

void reference_slice(const struct call *call) {
  int64_t axis = call->attr->i[0], at[MAX_RANK];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      position_of(call->out.type.shape, e, at);
      at[axis] += call->attr->i[1];
      put(call, row, e, get(&call->in[0], row, element_at(call->in[0].type.shape, at)));
    }
}

void reference_pad(const struct call *call) {
  int64_t axis = call->attr->i[0], at[MAX_RANK];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      position_of(call->out.type.shape, e, at);
      at[axis] -= call->attr->i[1];
      bool inside = at[axis] >= 0 && at[axis] < call->in[0].type.shape.dim[axis];
      put(call, row, e, inside ? get(&call->in[0], row, element_at(call->in[0].type.shape, at)) : 0);
    }
}

void reference_concat(const struct call *call) {
  int64_t axis = call->attr->i[0], at[MAX_RANK], first = call->in[0].type.shape.dim[axis];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      position_of(call->out.type.shape, e, at);
      int which = at[axis] >= first;
      if (which) at[axis] -= first;
      put(call, row, e, get(&call->in[which], row, element_at(call->in[which].type.shape, at)));
    }
}

void reference_transpose(const struct call *call) {
  struct shape in = call->in[0].type.shape;
  int64_t at[MAX_RANK], from[MAX_RANK];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      position_of(call->out.type.shape, e, at);
      for (int k = 0; k < in.rank; k++) from[call->attr->i[k]] = at[k];
      put(call, row, e, get(&call->in[0], row, element_at(in, from)));
    }
}

/* A position without the axes of a set. */
static void without_axes(int rank, int64_t axes, const int64_t *at, int64_t *kept) {
  for (int k = 0; k < rank; k++)
    if (!(axes >> k & 1)) *kept++ = at[k];
}

void reference_spread(const struct call *call) {
  struct shape out = call->out.type.shape;
  int64_t at[MAX_RANK], from[MAX_RANK];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      position_of(out, e, at);
      without_axes(out.rank, call->attr->i[0], at, from);
      put(call, row, e, get(&call->in[0], row, element_at(call->in[0].type.shape, from)));
    }
}

void reference_to_rows(const struct call *call) {
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) put(call, row, e, get(&call->in[0], row, e));
}

/* ---- reductions */

void reference_sum(const struct call *call) {
  struct shape in = call->in[0].type.shape;
  int64_t at[MAX_RANK], to[MAX_RANK];
  clear(call);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->in[0]); e++) {
      position_of(in, e, at);
      without_axes(in.rank, call->attr->i[0], at, to);
      add(call, row, element_at(call->out.type.shape, to), get(&call->in[0], row, e));
    }
}

void reference_sum_rows(const struct call *call) {
  clear(call);
  for (int64_t row = 0; row < rows_in(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) add(call, 0, e, get(&call->in[0], row, e));
}

/* NaN is larger than all; the first wins a tie. */
static int64_t index_of_largest(const struct operand *x, int64_t row, int64_t from, int64_t n) {
  int64_t best = 0;
  for (int64_t i = 1; i < n; i++) {
    double a = get(x, row, from + i), b = get(x, row, from + best);
    if (a > b || (isnan(a) && !isnan(b))) best = i;
  }
  return best;
}

void reference_max_last(const struct call *call) {
  int64_t n = elements(&call->in[0]) / elements(&call->out);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++)
      put(call, row, e, get(&call->in[0], row, e * n + index_of_largest(&call->in[0], row, e * n, n)));
}

void reference_argmax(const struct call *call) {
  int64_t n = elements(&call->in[0]) / elements(&call->out);
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      int64_t best = index_of_largest(&call->in[0], row, e * n, n);
      put(call, row, e, isnan(get(&call->in[0], row, e * n + best)) ? NAN : (double)best);
    }
}

/* Whether a number is this index, but for rounding. */
static bool is_index(double number, int64_t index) { return fabs(number - (double)index) < 1.0 / 128; }

void reference_one_hot(const struct call *call) {
  int64_t n = call->attr->i[0];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      double number = get(&call->in[0], row, e / n);
      bool any = false;
      for (int64_t i = 0; i < n; i++) any |= is_index(number, i);
      put(call, row, e, any ? is_index(number, e % n) : NAN);
    }
}

/* ---- products of matrices */

void reference_matmul(const struct call *call) {
  const struct shape *x = &call->in[0].type.shape;
  int64_t k = x->dim[x->rank - 1], n = call->out.type.shape.dim[call->out.type.shape.rank - 1];
  for (int64_t row = 0; row < rows_out(call); row++)
    for (int64_t e = 0; e < elements(&call->out); e++) {
      double sum = 0;
      for (int64_t i = 0; i < k; i++)
        sum += get(&call->in[0], row, e / n * k + i) *
               get(&call->in[1], row, call->attr->i[0] ? e % n * k + i : i * n + e % n);
      put(call, row, e, sum);
    }
}

void reference_matmul_rows(const struct call *call) {
  int64_t m = call->out.type.shape.dim[0], n = call->out.type.shape.dim[1];
  clear(call);
  for (int64_t row = 0; row < rows_in(call); row++)
    for (int64_t lead = 0; lead < elements(&call->in[0]) / m; lead++)
      for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
          add(call, 0, i * n + j, get(&call->in[0], row, lead * m + i) * get(&call->in[1], row, lead * n + j));
}
