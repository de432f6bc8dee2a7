/* The table of operations, and what is asked of its rows. */
#include "op/op.h"

#include <math.h>
#include <string.h>

#include "op/shape.h"

/* ---- operations of one row: what is more than so many an element ---- */

#define WORK(name) \
  static double work_##name(const struct attr *attr, const struct value_type *in, const struct value_type *out)
#define UNUSED (void)attr, (void)in, (void)out

static double count(const struct value_type *type) { return (double)shape_count(type->shape); }

/* Of one filter [o, c, kh, kw]. */
static double filter(const struct value_type *filters) {
  const int64_t *w = filters->shape.dim;
  return (double)(w[1] * w[2] * w[3]);
}

WORK(matmul) {
  UNUSED;
  return 2 * count(out) * (double)in[0].shape.dim[in[0].shape.rank - 1];
}
WORK(matmul_rows) {
  UNUSED;
  return 2 * count(&in[0]) * (double)out->shape.dim[1];
}
WORK(matmul_each) {
  UNUSED;
  return 2 * count(out) * (double)in[0].shape.dim[in[0].shape.rank - (attr->i[0] ? 2 : 1)];
}
WORK(conv2d) {
  UNUSED;
  return 2 * count(out) * filter(&in[1]);
}
WORK(conv2d_input) {
  UNUSED;
  return 2 * count(&in[0]) * filter(&in[1]);
}
WORK(conv2d_weights) {
  UNUSED;
  return 2 * count(&in[1]) * filter(out);
}
WORK(cholesky) {
  UNUSED;
  return count(out) * (double)out->shape.dim[0] / 3;
}
WORK(cholesky_back) {
  UNUSED;
  return 3 * count(out) * (double)out->shape.dim[0];
}
WORK(spectral) {
  UNUSED;
  return 9 * count(out) * (double)out->shape.dim[0];
}
WORK(solve) {
  UNUSED;
  return count(out) * (double)in[1].shape.dim[0];
}
WORK(windows) {
  UNUSED;
  return count(out) * (double)(pool_down(attr).window * pool_across(attr).window);
}
WORK(resize) {
  UNUSED;
  return attr->i[2] ? 8 * count(out) : 0;
}
WORK(resize_back) {
  UNUSED;
  return attr->i[2] ? 8 * count(&in[0]) : count(&in[0]);
}

double op_work(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out) {
  const struct op_info *info = &op_info[op];
  if (info->work) return info->work(attr, in, out);
  double each = info->class == ELEMENTWISE ? 1 : info->per_result;
  return each * count(out) + (info->per_input ? info->per_input * count(&in[0]) : 0);
}

/* ---- what leaves its input as it is ---- */

#define SAME(name) \
  static bool same_##name(const struct attr *attr, const struct value_type *in, const struct value_type *out)

SAME(shape) {
  UNUSED;
  return shape_equal(in[0].shape, out->shape);
}
SAME(slice) {
  UNUSED;
  return attr->i[1] == 0 && attr->i[2] == in[0].shape.dim[attr->i[0]];
}
SAME(pad) {
  UNUSED;
  return attr->i[1] == 0 && attr->i[2] == 0;
}
SAME(axes) {
  UNUSED;
  return attr->i[0] == 0;
}
SAME(rows) {
  UNUSED;
  return !in[0].rows;
}
SAME(order) {
  UNUSED;
  for (int k = 0; k < in[0].shape.rank; k++)
    if (attr->i[k] != k) return false;
  return true;
}

/* ---- the table ---- */

/* Whether a gradient column is NO_GRADIENT(...): its commas put another word in second place. */
#define NO_GRADIENT(reason) , false,
#define PICK(first, second, ...) second
#define IS_DIFFERENTIABLE(...) PICK(__VA_ARGS__, true, true)

#define TEXT_LEAF(expression) NULL
#define TEXT_VIEW(expression) NULL
#define TEXT_KERNEL(expression) NULL
#define TEXT_ELEMENTWISE(expression) #expression

#define IS(...) .properties = __VA_ARGS__,

const struct op_info op_info[OP_COUNT] = {
#define OP(name, class, arity, shape, facts, domain, expression, gradient, doc) \
  [OP_##name] = {#name, class, arity, shape, domain, IS_DIFFERENTIABLE(gradient), TEXT_##class(expression), doc, facts},
#include "op/ops.def"
#undef OP
};

enum op op_by_name(const char *name) {
  for (int op = OP_NONE + 1; op < OP_COUNT; op++)
    if (!strcmp(op_info[op].name, name)) return (enum op)op;
  return OP_NONE;
}

/* ---- settings ---- */

static enum setting_type type_named(const char *name, size_t length) {
  static const char *const names[] = {
      [SETTING_SIZE] = "size",     [SETTING_AXES] = "axes", [SETTING_ORDER] = "order", [SETTING_VARIABLE] = "variable",
      [SETTING_COLUMN] = "column", [SETTING_TYPE] = "type", [SETTING_CLOCK] = "clock", [SETTING_LAST] = "last",
      [SETTING_EXTRA] = "extra",   [SETTING_REAL] = "real", [SETTING_KEY] = "key"};
  for (size_t t = 1; t < sizeof names / sizeof *names; t++)
    if (strlen(names[t]) == length && !memcmp(names[t], name, length)) return (enum setting_type)t;
  return SETTING_WHOLE;
}

bool op_setting_next(enum op op, struct op_setting *setting) {
  const char *rest = setting->name ? setting->rest : op_info[op].settings;
  if (!rest) return false;
  for (; *rest == ' ' || *rest == '-'; rest++) setting->whole += *rest == '-';
  if (!*rest) return false;
  size_t length = strcspn(rest, " "), name = strcspn(rest, " :");
  setting->name = rest;
  setting->length = (int)name;
  setting->type = name < length ? type_named(rest + name + 1, length - name - 1) : SETTING_WHOLE;
  setting->at = setting->type == SETTING_REAL ? setting->real++ : setting->whole++;
  setting->rest = rest + length;
  return true;
}

bool op_has_setting(enum op op, enum setting_type type) {
  struct op_setting setting = {0};
  while (op_setting_next(op, &setting))
    if (setting.type == type) return true;
  return false;
}

/* ---- values ---- */

#define EXP exp
#define LOG log
#define LOG1P log1p
#define SQRT sqrt
#define TANH tanh
#define POW pow
#define ABS fabs
#define FLOOR floor
#define ERF erf
#define SIN sin
#define COS cos

#define CASE_LEAF(name, expression)
#define CASE_VIEW(name, expression)
#define CASE_KERNEL(name, expression)
#define CASE_ELEMENTWISE(name, expression) \
  case OP_##name: return expression;

double op_value(enum op op, const struct attr *attr, double a, double b, double c) {
  double p = attr->f[0], q = attr->f[1];
  (void)b, (void)c, (void)p, (void)q;
  switch (op) {
#define OP(name, class, arity, shape, facts, domain, expression, gradient, doc) CASE_##class(name, expression)
#include "op/ops.def"
#undef OP
  default: return a;
  }
}
