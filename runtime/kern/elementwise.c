/* Elementwise operations, fast: one loop for each, expanded from the expression column of ops.def.
 *
 * A loop does LANES elements at a time, whose number the compiler knows, and the result may lie over an operand.
 * Operands are read where they are as long as their elements lie as the result's: all of it, or a sample of it where
 * one has no rows.  Each loop is there three times: for one element after another, and with the first or the second
 * operand a number.  Further numbers, and integers, are first laid out in a small buffer, BLOCK at a time. */
#include <math.h>
#include <string.h>

#include "kern/approximate.h"
#include "kern/inner.h"

enum { LANES = 16, BLOCK = 256, TILE = 16 * BLOCK };

#define EXP exp_float
#define LOG log_float
#define LOG1P log1p_float
#define SQRT sqrtf
#define TANH tanh_float
#define POW powf
#define ABS fabsf
#define FLOOR floorf
#define ERF erff
#define SIN sinf
#define COS cosf

#define LOOP_LEAF(name, expression)
#define LOOP_VIEW(name, expression)
#define LOOP_KERNEL(name, expression)
#define LOOP(linkage, name, first, second, expression)                                                          \
  VECTOR_CLONES linkage void name(float *out, const float *x, const float *y, const float *z, float p, float q, \
                                  int64_t n) {                                                                  \
    const float x0 = *x, y0 = *y;                                                                               \
    (void)p, (void)q, (void)x0, (void)y0;                                                                       \
    for (int64_t at = 0; at < n; at += LANES) {                                                                 \
      INDEPENDENT                                                                                               \
      for (int i = 0; i < LANES; i++) {                                                                         \
        float a = first, b = second, c = z[at + i];                                                             \
        (void)a, (void)b, (void)c;                                                                              \
        out[at + i] = expression;                                                                               \
      }                                                                                                         \
    }                                                                                                           \
  }
#define LOOP_ELEMENTWISE(name, expression)                   \
  LOOP(static, all_##name, x[at + i], y[at + i], expression) \
  LOOP(static, first_##name, x0, y[at + i], expression)      \
  LOOP(static, second_##name, x[at + i], y0, expression)
#define OP(name, class, arity, shape, facts, domain, expression, gradient, doc) LOOP_##class(name, expression)
#include "op/ops.def"
#undef OP

LOOP(, sum_of_multiples, x[at + i], y[at + i], (a * p) + (b * q))
LOOP(, multiple_and_number, x[at + i], y0, (a * p) + q)

#define LOOP_ENTRY_LEAF(name)
#define LOOP_ENTRY_VIEW(name)
#define LOOP_ENTRY_KERNEL(name)
#define LOOP_ENTRY_ELEMENTWISE(name) [OP_##name] = {all_##name, first_##name, second_##name},
enum { NO_NUMBER, FIRST_NUMBER, SECOND_NUMBER };
static elements_loop *const loops[OP_COUNT][3] = {
#define OP(name, class, ...) LOOP_ENTRY_##class(name)
#include "op/ops.def"
#undef OP
};

/* How an operand's elements correspond to the result's: element e of sample l is at
 * l * line_step + e * element_step. */
struct source {
  const struct operand *operand;
  int64_t line_step, element_step;
  bool there; /* read where it is */
};

struct plan {
  struct elements_run run;
  int64_t count; /* elements in a sample of the result */
  bool lines;    /* an operand's elements lie as the result's within a sample only */
  bool laid_out; /* an operand is not read where it is */
  struct source source[3];
};

static struct plan plan_of(const struct call *call) {
  struct plan plan = {.count = operand_count(&call->out)};
  plan.run = (struct elements_run){loops[call->op][NO_NUMBER], -1, (float)call->attr->f[0], (float)call->attr->f[1]};
  int number = -1;
  for (int k = 0; k < call->inputs; k++) {
    const struct operand *operand = &call->in[k];
    int64_t own = operand_count(operand);
    bool flat = own == plan.count && operand->type.rows == call->out.type.rows;
    struct source *source = &plan.source[k];
    *source = (struct source){operand, operand->type.rows ? own : 0, flat || own > 1, false};
    source->there = operand->type.type == F32 && source->element_step;
    plan.lines |= !flat && (source->line_step || source->element_step);
    if (!source->element_step && operand->type.type == F32 && number < 0) number = k;
    else plan.laid_out |= !source->there;
  }
  if (number >= 0 && call->inputs == 2) {
    plan.run.loop = loops[call->op][number ? SECOND_NUMBER : FIRST_NUMBER];
    plan.run.number = number;
    plan.source[number].there = true;
  } else if (number >= 0) {
    plan.laid_out = true;
  }
  return plan;
}

/* n elements from `at` on, or one number as often, in a buffer of BLOCK. */
static void lay_out(const struct source *source, int64_t at, int64_t n, float *to) {
  const struct operand *operand = source->operand;
  int64_t i = 0;
  if (!source->element_step) {
    float value = (float)operand_get(operand, at, false);
    for (; i < n; i += LANES)
      for (int k = 0; k < LANES; k++) to[i + k] = value;
    return;
  }
  const uint8_t *bytes = operand->data;
  if (operand->type.type == U8)
    for (; i + LANES <= n; i += LANES)
      for (int k = 0; k < LANES; k++) to[i + k] = (float)bytes[at + i + k];
  for (; i < n; i++) to[i] = (float)operand_get(operand, at + i, false);
}

/* Fewer elements than LANES: the loop runs over as many, the rest of which repeat the first. */
static void run_few(const struct elements_run *run, float *out, const float *const *x, int64_t n) {
  float few[3][LANES], result[LANES];
  for (int k = 0; k < 3; k++)
    for (int64_t i = 0; i < LANES; i++) few[k][i] = x[k][i < n && k != run->number ? i : 0];
  run->loop(result, few[0], few[1], few[2], run->p, run->q, LANES);
  for (int64_t i = 0; i < n; i++) out[i] = result[i];
}

void elements_carry_out(const struct elements_run *run, float *out, const float *const *x, int64_t n) {
  int64_t many = n / LANES * LANES;
  const float *rest[3];
  run->loop(out, x[0], x[1], x[2], run->p, run->q, many);
  if (many == n) return;
  for (int k = 0; k < 3; k++) rest[k] = x[k] + (k == run->number ? 0 : many);
  run_few(run, out + many, rest, n - many);
}

bool elements_run_of(const struct call *call, struct elements_run *run) {
  struct plan plan = plan_of(call);
  *run = plan.run;
  return !plan.laid_out && !plan.lines;
}

/* Elements from .. from + n - 1, of one sample where they are walked apart. */
static void run(const struct plan *plan, const struct call *call, int64_t from, int64_t n, float buffer[3][BLOCK]) {
  float *out = (float *)call->out.data + from;
  int64_t line = plan->lines ? from / plan->count : 0, element = from - line * plan->count, here;
  for (int64_t done = 0; done < n; done += here) {
    const float *x[3];
    here = plan->laid_out ? smaller(BLOCK, n - done) : n;
    for (int k = 0; k < call->inputs; k++) {
      const struct source *source = &plan->source[k];
      int64_t at = line * source->line_step + (element + done) * source->element_step;
      x[k] = source->there ? (const float *)source->operand->data + at : buffer[k];
      if (!source->there && (source->element_step || !done)) lay_out(source, at, here, buffer[k]);
    }
    for (int k = call->inputs; k < 3; k++) x[k] = x[plan->run.number == 0]; /* not read, but there */
    elements_carry_out(&plan->run, out + done, x, here);
  }
}

static void tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct plan *plan = tiles->plan;
  float buffer[3][BLOCK];
  for (int64_t n; from < to; from += n) {
    n = plan->lines ? smaller(to - from, plan->count - from % plan->count) : to - from;
    run(plan, tiles->call, from, n, buffer);
  }
}

void elementwise_fast(const struct call *call) {
  struct plan plan = plan_of(call);
  run_tiles(&(struct tiles){call, &plan, result_samples(call) * plan.count, TILE, tile});
}
