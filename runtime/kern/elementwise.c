/* Elementwise operations, fast: one loop for each, expanded from the expression column of ops.def.
 *
 * The result is cut into blocks of BLOCK elements.  An operand whose elements lie just as the result's is read
 * where it is; any other (a number, a value without rows, whole numbers) is first laid out for the block in a
 * small buffer.  So every loop has contiguous operands and a trip count known to the compiler, which is all that
 * it needs to vectorise. */
#include <math.h>
#include <string.h>

#include "kern/approximate.h"
#include "kern/inner.h"

enum { BLOCK = 256, TILE = 64 * BLOCK };

typedef void block_loop(float *restrict out, const float *restrict x, const float *restrict y,
                        const float *restrict z, float p, float q);

#define EXP exp_float
#define LOG log_float
#define LOG1P log1p_float
#define SQRT sqrtf
#define TANH tanh_float
#define POW powf
#define ABS fabsf
#define FLOOR floorf

#define LOOP_LEAF(name, expression)
#define LOOP_VIEW(name, expression)
#define LOOP_KERNEL(name, expression)
#define LOOP_ELEMENTWISE(name, expression)                                                                         \
  VECTOR_CLONES static void loop_##name(float *restrict out, const float *restrict x, const float *restrict y,     \
                                        const float *restrict z, float p, float q) {                               \
    for (int i = 0; i < BLOCK; i++) {                                                                              \
      float a = x[i], b = y[i], c = z[i];                                                                          \
      (void)a, (void)b, (void)c, (void)p, (void)q;                                                                 \
      out[i] = expression;                                                                                         \
    }                                                                                                              \
  }
#define OP(name, class, arity, shape, properties, domain, expression, gradient, doc) LOOP_##class(name, expression)
#include "op/ops.def"
#undef OP

#define LOOP_ENTRY_LEAF(name)
#define LOOP_ENTRY_VIEW(name)
#define LOOP_ENTRY_KERNEL(name)
#define LOOP_ENTRY_ELEMENTWISE(name) [OP_##name] = loop_##name,
static block_loop *const loops[OP_COUNT] = {
#define OP(name, class, ...) LOOP_ENTRY_##class(name)
#include "op/ops.def"
#undef OP
};

/* How an operand's elements correspond to the result's: element e of line l is at
 * l * line_step + e * element_step. */
struct source {
  const struct operand *operand;
  int64_t line_step, element_step;
  bool flat; /* exactly as the result's */
};

struct plan {
  block_loop *loop;
  int64_t count; /* elements in a line of the result */
  struct source source[3];
};

static struct source source_of(const struct call *call, const struct operand *operand) {
  int64_t count = operand_count(&call->out), own = operand_count(operand);
  struct source source = {operand, operand->type.rows ? own : 0, own == 1 ? 0 : 1, false};
  source.flat = operand->type.type == F32 && own == count && operand->type.rows == call->out.type.rows;
  return source;
}

static void lay_out(const struct source *source, int64_t at, int64_t n, float *to) {
  const struct operand *operand = source->operand;
  const float *values = operand->data;
  if (operand->type.type != F32)
    for (int64_t i = 0; i < n; i++) to[i] = (float)operand_get(operand, at + i * source->element_step, false);
  else if (source->element_step) memcpy(to, values + at, (size_t)n * sizeof *to);
  else
    for (int64_t i = 0; i < n; i++) to[i] = values[at];
}

/* The operand's elements for the n result elements from `at` on, in `buffer` or where they are. */
static const float *block_of(const struct source *source, int64_t count, int64_t at, int64_t n, float *buffer) {
  if (source->flat && n == BLOCK) return (const float *)source->operand->data + at;
  if (source->flat) memcpy(buffer, (const float *)source->operand->data + at, (size_t)n * sizeof *buffer);
  else
    for (int64_t done = 0; done < n;) {
      int64_t line = (at + done) / count, element = (at + done) % count;
      int64_t here = smaller(n - done, count - element);
      lay_out(source, line * source->line_step + element * source->element_step, here, buffer + done);
      done += here;
    }
  for (int64_t i = n; i < BLOCK; i++) buffer[i] = buffer[0]; /* the loop runs over the whole block */
  return buffer;
}

static void tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct plan *plan = tiles->plan;
  const struct call *call = tiles->call;
  float buffer[3][BLOCK], result[BLOCK];
  const float *block[3] = {buffer[0], buffer[0], buffer[0]};
  float p = (float)call->attr->f[0], q = (float)call->attr->f[1];
  for (int64_t at = from; at < to; at += BLOCK) {
    int64_t n = smaller(BLOCK, to - at);
    float *out = (float *)call->out.data + at;
    bool direct = n == BLOCK;
    for (int k = 0; k < call->inputs; k++) {
      const struct source *source = &plan->source[k];
      bool number = !source->line_step && !source->element_step; /* laid out once, for the first, longest block */
      if (!number || at == from) block[k] = block_of(source, plan->count, at, n, buffer[k]);
      if (block[k] == out) direct = false; /* written in place */
    }
    plan->loop(direct ? out : result, block[0], block[1], block[2], p, q);
    if (!direct) memcpy(out, result, (size_t)n * sizeof *out);
  }
}

void elementwise_fast(const struct call *call) {
  struct plan plan = {.loop = loops[call->op], .count = operand_count(&call->out)};
  for (int k = 0; k < call->inputs; k++) plan.source[k] = source_of(call, &call->in[k]);
  run_tiles(&(struct tiles){call, &plan, result_lines(call) * plan.count, TILE, tile});
}
