/* Shape rules of what is taken by indices and put back, and what goes along an axis. */
#include <string.h>

#include "op/rule.h"

static bool is_float(const struct value_type *in, int k, struct shape_problem *problem) {
  return in[k].type == F32 ||
         fail(problem, k, -1, "%s of %s: convert with to_float", type_string(&in[k]), dtype_name(in[k].type));
}

/* ---- rows of a table ---- */

RULE(gather) {
  UNUSED;
  struct shape table = in[0].shape, index = in[1].shape;
  if (!is_float(in, 0, problem)) return false;
  if (in[0].rows || !table.rank)
    return fail(problem, 0, -1, "what is taken by an index is an array [n, ..] without rows, not %s",
                type_string(&in[0]));
  if (index.rank + table.rank - 1 > MAX_RANK)
    return fail(problem, 0, 1, "elements of %s at indices %s have too many axes", type_string(&in[0]),
                type_string(&in[1]));
  for (int k = 1; k < table.rank; k++) index.dim[index.rank++] = table.dim[k];
  out->shape = index;
  return true;
}

RULE(scatter) {
  UNUSED;
  struct shape x = in[0].shape, index = in[1].shape, table = {.rank = 1, .dim = {attr->i[0]}};
  if (!is_float(in, 0, problem)) return false;
  if (attr->i[0] < 1 && attr->i[0] != BATCH_SIZE)
    return fail(problem, -1, -1, "a table of %lld rows", (long long)attr->i[0]);
  bool fits = index.rank <= x.rank && x.rank - index.rank < MAX_RANK;
  for (int k = 0; fits && k < index.rank; k++) fits = x.dim[k] == index.dim[k];
  if (!fits) return fail(problem, 0, 1, "%s cannot be added at indices %s", type_string(&in[0]), type_string(&in[1]));
  for (int k = index.rank; k < x.rank; k++) table.dim[table.rank++] = x.dim[k];
  out->shape = table;
  return in[0].rows == in[1].rows ||
         fail(problem, 0, 1, "only one of %s and its indices %s has rows", type_string(&in[0]), type_string(&in[1]));
}

/* ---- along the last axis ---- */

static bool has_last(const struct value_type *in, const char *what, struct shape_problem *problem) {
  return in->shape.rank || fail(problem, 0, -1, "%s needs an axis, and %s has none", what, type_string(in));
}

RULE(order) {
  UNUSED;
  out->shape = in[0].shape;
  return has_last(in, "an order", problem);
}

/* All axes but the last agree. */
static bool leads_agree(const struct value_type *in, struct shape_problem *problem) {
  struct shape x = in[0].shape, index = in[1].shape;
  if (x.rank && index.rank) x.dim[x.rank - 1] = index.dim[index.rank - 1];
  return (x.rank && shape_equal(x, index)) ||
         fail(problem, 0, 1, "indices %s do not fit %s: all axes but the last must agree", type_string(&in[1]),
              type_string(&in[0]));
}

RULE(take_last) {
  UNUSED;
  out->shape = in[1].shape;
  return leads_agree(in, problem);
}

RULE(put_last) {
  UNUSED;
  out->shape = in[0].shape;
  if (!shape_equal(in[0].shape, in[1].shape) || !in[0].shape.rank) return leads_agree(in, problem) && false;
  if (attr->i[0] < 1 && attr->i[0] != BATCH_SIZE)
    return fail(problem, -1, -1, "an axis of %lld elements", (long long)attr->i[0]);
  out->shape.dim[out->shape.rank - 1] = attr->i[0];
  return true;
}

RULE(cumulative) {
  UNUSED;
  out->shape = in[0].shape;
  return has_last(in, "a cumulative sum", problem);
}

RULE(roll) {
  UNUSED;
  out->shape = in[0].shape;
  return (attr->i[0] >= 0 && attr->i[0] < in[0].shape.rank) ||
         fail(problem, 0, -1, "%s has no axis %lld", type_string(&in[0]), (long long)attr->i[0]);
}

/* ---- products of many matrices ---- */

RULE(matmul_each) {
  UNUSED;
  struct shape x = in[0].shape, y = in[1].shape;
  if (x.rank < 2 || y.rank < 2 || x.rank != y.rank)
    return fail(problem, 0, 1, "cannot multiply %s by %s: both are matrices, with the same axes before them",
                type_string(&in[0]), type_string(&in[1]));
  int last = x.rank - 1;
  int64_t m = x.dim[last - !attr->i[0]], k = x.dim[last - (attr->i[0] != 0)];
  int64_t n = y.dim[last - (attr->i[1] != 0)], other = y.dim[last - !attr->i[1]];
  for (int a = 0; a < last - 1; a++)
    if (x.dim[a] != y.dim[a])
      return fail(problem, 0, 1, "cannot multiply %s by %s: axis %d differs", type_string(&in[0]), type_string(&in[1]),
                  a);
  if (k != other)
    return fail(problem, 0, 1, "cannot multiply %s by %s: %lld and %lld differ", type_string(&in[0]),
                type_string(&in[1]), (long long)k, (long long)other);
  out->shape = x;
  out->shape.dim[last - 1] = m;
  out->shape.dim[last] = n;
  return true;
}

int64_t op_indices(enum op op, const struct attr *attr, const struct value_type *in) {
  struct shape table = in[0].shape;
  switch (op) {
  case OP_gather: return table.dim[0];
  case OP_take_last: return table.dim[table.rank - 1];
  case OP_one_hot: return attr->i[0];
  default: return 0;
  }
}
