/* Operators on values: numbers stay numbers, keys and booleans compare, arrays become operations of the graph. */
#include <math.h>
#include <string.h>

#include "dsl/eval/operation.h"

static bool compare_numbers(enum ast_op op, double a, double b) {
  switch (op) {
  case OP_EQ: return a == b;
  case OP_NE: return a != b;
  case OP_LT: return a < b;
  case OP_LE: return a <= b;
  case OP_GT: return a > b;
  default: return a >= b;
  }
}

static struct value no_division(const struct context *e, struct span span) {
  diag_error(e->diags, DIAG_E0206, caret_of(e, span), "division by zero");
  if (e->operation) diag_label(e->diags, operand_of(e, 1, span), "this is 0");
  return v_error();
}

static struct value number_binary(const struct context *e, enum ast_op op, double a, double b, struct span span) {
  switch (op) {
  case OP_ADD: return v_number(a + b, span);
  case OP_SUB: return v_number(a - b, span);
  case OP_MUL: return v_number(a * b, span);
  case OP_DIV: return v_number(a / b, span);
  case OP_POW: return v_number(pow(a, b), span);
  case OP_MATMUL:
    diag_error(e->diags, DIAG_E0204, caret_of(e, span), "'@' multiplies arrays, not numbers");
    diag_hint(e->diags, "write '*'");
    return v_error();
  default: return v_boolean(compare_numbers(op, a, b));
  }
}

/* For an operation that takes the operands the other way round. */
static struct context swap(const struct context *e) {
  struct context in = *e;
  in.swapped = true;
  return in;
}

/* v with an axis of one element more, at the front or at the end. */
static struct value as_matrix(const struct context *e, struct value v, bool front, struct span span) {
  struct attr attr = {.shape = {2, {1, 1}}};
  attr.shape.dim[front] = type_of(e, &v)->shape.dim[0];
  return apply_op(e, OP_reshape, &attr, &v, 1, span);
}

/* A product of each row's own matrices; a vector is a matrix of one row, or of one column. */
static struct value matmul_each(const struct context *e, struct value *in, struct span span) {
  bool vector[2];
  struct value both[2];
  for (int k = 0; k < 2; k++) {
    vector[k] = type_of(e, &in[k])->shape.rank == 1 && type_of(e, &in[!k])->shape.rank == 2;
    both[k] = vector[k] ? as_matrix(e, in[k], k == 0, span) : in[k];
    if (both[k].kind != V_ARRAY) return both[k];
  }
  struct value v = apply_op(e, OP_matmul_each, NULL, both, 2, span);
  if (v.kind != V_ARRAY || (!vector[0] && !vector[1])) return v;
  struct attr attr = {.shape = {1, {type_of(e, &v)->shape.dim[vector[0]]}}};
  return apply_op(e, OP_reshape, &attr, &v, 1, span);
}

/* a @ b.  One side is a matrix without rows, or both are, or both are vectors. */
static struct value matmul(const struct context *e, struct value a, struct value b, struct span span) {
  if (!is_array(e, &a, span) || !is_array(e, &b, span)) return v_error();
  const struct value_type *ta = type_of(e, &a), *tb = type_of(e, &b);
  struct value in[2] = {a, b};
  if (ta->shape.rank == 1 && tb->shape.rank == 1 && ta->shape.dim[0] == tb->shape.dim[0]) {
    struct value product = apply_op(e, OP_mul, NULL, in, 2, span);
    struct attr attr = {.i = {1}};
    return product.kind == V_ERROR ? product : apply_op(e, OP_sum, &attr, &product, 1, span);
  }
  if (ta->shape.rank == 2 && !ta->rows && tb->shape.rank == 1) { /* D @ z */
    struct attr attr = {.i = {1}};
    struct value swapped[2] = {b, a};
    struct context in = swap(e);
    return apply_op(&in, OP_matmul, &attr, swapped, 2, span);
  }
  if (ta->shape.rank == 1 && tb->shape.rank == 1) {
    struct shape_problem problem = {.input = {0, 1}};
    diag_error(e->diags, DIAG_E0232, caret_of(e, span), "cannot multiply %s by %s: %lld and %lld differ",
               describe(e, &a), describe(e, &b), (long long)ta->shape.dim[0], (long long)tb->shape.dim[0]);
    blame_inputs(e, OP_matmul, &problem, in, span);
    return v_error();
  }
  if (tb->rows || tb->shape.rank > 2) return matmul_each(e, in, span);
  return apply_op(e, OP_matmul, NULL, in, 2, span);
}

static struct value array_binary(const struct context *e, enum ast_op op, struct value a, struct value b,
                                 struct span span) {
  struct value in[2] = {a, b}, swapped[2] = {b, a};
  struct value one = v_number(1, span);
  struct context turned = swap(e);
  switch (op) {
  case OP_ADD: return apply_op(e, OP_add, NULL, in, 2, span);
  case OP_SUB: return apply_op(e, OP_sub, NULL, in, 2, span);
  case OP_MUL: return apply_op(e, OP_mul, NULL, in, 2, span);
  case OP_DIV: return apply_op(e, OP_div, NULL, in, 2, span);
  case OP_POW: return apply_op(e, OP_pow, NULL, in, 2, span);
  case OP_MATMUL: return matmul(e, a, b, span);
  case OP_EQ: return apply_op(e, OP_equal, NULL, in, 2, span);
  case OP_LT: return apply_op(e, OP_less, NULL, in, 2, span);
  case OP_LE: return apply_op(e, OP_less_equal, NULL, in, 2, span);
  case OP_GT: return apply_op(&turned, OP_less, NULL, swapped, 2, span);
  case OP_GE: return apply_op(&turned, OP_less_equal, NULL, swapped, 2, span);
  case OP_AND: return apply_op(e, OP_min, NULL, in, 2, span);
  case OP_OR: return apply_op(e, OP_max, NULL, in, 2, span);
  default: { /* OP_NE */
    struct value equal[2] = {one, apply_op(e, OP_equal, NULL, in, 2, span)};
    return equal[1].kind == V_ERROR ? equal[1] : apply_op(e, OP_sub, NULL, equal, 2, span);
  }
  }
}

/* A string beside a number or a list: of a setting that may be either. */
static bool are_apart(const struct value *a, const struct value *b) {
  return (a->kind == V_STRING && (b->kind == V_NUMBER || b->kind == V_LIST)) ||
         (b->kind == V_STRING && (a->kind == V_NUMBER || a->kind == V_LIST));
}

/* The number of the class that a string names, beside a column of strings, whose values are such numbers. */
static struct value class_number(const struct context *e, const struct value *string, const struct value *column,
                                 struct span span) {
  const char *const *names = class_names(e, column);
  for (int k = 0; names && k < column->array.classes; k++)
    if (!strcmp(names[k], string->string)) return v_number(k, span);
  if (names) {
    diag_error(e->diags, DIAG_E0204, span, "'%s' is none of the %d classes of this column", string->string,
               column->array.classes);
    suggest(e, string->string, names, (size_t)column->array.classes, "they are");
  } else {
    diag_error(e->diags, DIAG_E0204, span, "a string is compared with a column of strings, not with %s",
               describe(e, column));
    diag_hint(e->diags, "classes that are numbers are compared with a number");
  }
  return v_error();
}

struct value binary(const struct context *e, enum ast_op op, struct value a, struct value b, struct span span) {
  if (a.kind == V_ERROR || b.kind == V_ERROR) return v_error();
  if (op == OP_WHERE || op == OP_ELSE) return presence(e, op, a, b, span);
  bool strings = (a.kind == V_KEY || a.kind == V_STRING) && (b.kind == V_KEY || b.kind == V_STRING);
  bool equality = op == OP_EQ || op == OP_NE;
  if (strings && equality) return v_boolean((a.string == b.string) == (op == OP_EQ));
  if (are_apart(&a, &b) && equality) return v_boolean(op == OP_NE);
  if (a.kind == V_BOOLEAN && b.kind == V_BOOLEAN) {
    if (op == OP_AND) return v_boolean(a.boolean && b.boolean);
    if (op == OP_OR) return v_boolean(a.boolean || b.boolean);
    if (equality) return v_boolean((a.boolean == b.boolean) == (op == OP_EQ));
  }
  if (equality && a.kind == V_STRING && b.kind == V_ARRAY) a = class_number(e, &a, &b, operand_of(e, 0, span));
  if (equality && b.kind == V_STRING && a.kind == V_ARRAY) b = class_number(e, &b, &a, operand_of(e, 1, span));
  if (op == OP_DIV && b.kind == V_NUMBER && b.number == 0) return no_division(e, span);
  if (a.kind == V_NUMBER && b.kind == V_NUMBER && op != OP_AND && op != OP_OR)
    return number_binary(e, op, a.number, b.number, span);
  if (!is_array(e, &a, operand_of(e, 0, span)) || !is_array(e, &b, operand_of(e, 1, span))) return v_error();
  return array_binary(e, op, a, b, span);
}
