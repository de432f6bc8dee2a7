/* Reference kernels, in double: elementwise operations, moving elements, reductions.  Written to be obviously
 * right: every loop walks the elements of the result (or of the input, when summing) and says where each comes
 * from. */
#include "kern/reference.h"

#include <math.h>

void elementwise_reference(const struct call *call) {
  int64_t count = operand_count(&call->out);
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < count; e++) {
      double value[3] = {0};
      for (int k = 0; k < call->inputs; k++)
        value[k] = get(&call->in[k], line, operand_count(&call->in[k]) == 1 ? 0 : e);
      put(call, line, e, op_value(call->op, call->attr, value[0], value[1], value[2]));
    }
}

/* ---- moving and repeating */

void reference_slice(const struct call *call) {
  int64_t axis = call->attr->i[0], place[MAX_RANK];
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      place_of(call->out.type.shape, e, place);
      place[axis] += call->attr->i[1];
      put(call, line, e, get(&call->in[0], line, element_at(call->in[0].type.shape, place)));
    }
}

void reference_pad(const struct call *call) {
  int64_t axis = call->attr->i[0], place[MAX_RANK];
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      place_of(call->out.type.shape, e, place);
      place[axis] -= call->attr->i[1];
      bool inside = place[axis] >= 0 && place[axis] < call->in[0].type.shape.dim[axis];
      put(call, line, e, inside ? get(&call->in[0], line, element_at(call->in[0].type.shape, place)) : 0);
    }
}

void reference_concat(const struct call *call) {
  int64_t axis = call->attr->i[0], place[MAX_RANK], first = call->in[0].type.shape.dim[axis];
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      place_of(call->out.type.shape, e, place);
      int which = place[axis] >= first;
      if (which) place[axis] -= first;
      put(call, line, e, get(&call->in[which], line, element_at(call->in[which].type.shape, place)));
    }
}

void reference_transpose(const struct call *call) {
  struct shape in = call->in[0].type.shape;
  int64_t place[MAX_RANK], from[MAX_RANK];
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      place_of(call->out.type.shape, e, place);
      for (int k = 0; k < in.rank; k++) from[call->attr->i[k]] = place[k];
      put(call, line, e, get(&call->in[0], line, element_at(in, from)));
    }
}

/* Places in a shape without the axes of a set. */
static void without_axes(int rank, int64_t axes, const int64_t *place, int64_t *kept) {
  for (int k = 0; k < rank; k++)
    if (!axis_in(axes, k)) *kept++ = place[k];
}

void reference_spread(const struct call *call) {
  struct shape out = call->out.type.shape;
  int64_t place[MAX_RANK], from[MAX_RANK];
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      place_of(out, e, place);
      without_axes(out.rank, call->attr->i[0], place, from);
      put(call, line, e, get(&call->in[0], line, element_at(call->in[0].type.shape, from)));
    }
}

void reference_to_rows(const struct call *call) {
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) put(call, line, e, get(&call->in[0], line, e));
}

/* ---- reductions */

static void clear(const struct call *call) {
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) put(call, line, e, 0);
}

static void add(const struct call *call, int64_t line, int64_t element, double value) {
  put(call, line, element, get(&call->out, line, element) + value);
}

void reference_sum(const struct call *call) {
  struct shape in = call->in[0].type.shape;
  int64_t place[MAX_RANK], to[MAX_RANK];
  clear(call);
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->in[0]); e++) {
      place_of(in, e, place);
      without_axes(in.rank, call->attr->i[0], place, to);
      add(call, line, element_at(call->out.type.shape, to), get(&call->in[0], line, e));
    }
}

void reference_sum_rows(const struct call *call) {
  clear(call);
  for (int64_t line = 0; line < input_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) add(call, 0, e, get(&call->in[0], line, e));
}

/* Not-a-number is larger than all; the first wins a tie. */
static int64_t place_of_largest(const struct operand *x, int64_t line, int64_t from, int64_t n) {
  int64_t best = 0;
  for (int64_t i = 1; i < n; i++) {
    double a = get(x, line, from + i), b = get(x, line, from + best);
    if (a > b || (isnan(a) && !isnan(b))) best = i;
  }
  return best;
}

void reference_max_last(const struct call *call) {
  int64_t n = operand_count(&call->in[0]) / operand_count(&call->out);
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++)
      put(call, line, e, get(&call->in[0], line, e * n + place_of_largest(&call->in[0], line, e * n, n)));
}

void reference_argmax(const struct call *call) {
  int64_t n = operand_count(&call->in[0]) / operand_count(&call->out);
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      int64_t best = place_of_largest(&call->in[0], line, e * n, n);
      put(call, line, e, isnan(get(&call->in[0], line, e * n + best)) ? NAN : (double)best);
    }
}

void reference_one_hot(const struct call *call) {
  int64_t n = call->attr->i[0];
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      int64_t index = index_below(get(&call->in[0], line, e / n), n);
      put(call, line, e, index < 0 ? NAN : index == e % n);
    }
}

/* ---- products of matrices */

void reference_matmul(const struct call *call) {
  const struct shape *x = &call->in[0].type.shape;
  int64_t k = x->dim[x->rank - 1], n = call->out.type.shape.dim[call->out.type.shape.rank - 1];
  for (int64_t line = 0; line < result_lines(call); line++)
    for (int64_t e = 0; e < operand_count(&call->out); e++) {
      double sum = 0;
      for (int64_t i = 0; i < k; i++)
        sum += get(&call->in[0], line, e / n * k + i) *
               get(&call->in[1], line, call->attr->i[0] ? e % n * k + i : i * n + e % n);
      put(call, line, e, sum);
    }
}

void reference_matmul_rows(const struct call *call) {
  int64_t m = call->out.type.shape.dim[0], n = call->out.type.shape.dim[1];
  clear(call);
  for (int64_t line = 0; line < input_lines(call); line++)
    for (int64_t lead = 0; lead < operand_count(&call->in[0]) / m; lead++)
      for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
          add(call, 0, i * n + j, get(&call->in[0], line, lead * m + i) * get(&call->in[1], line, lead * n + j));
}
