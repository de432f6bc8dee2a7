/* Leaves that are made, not bound: constants, draws, counts.
 *
 * A draw is a function of (seed, the draw's key, round, row id, element) alone, so it depends neither on threads
 * nor on how rows are batched.  The fast and the reference kernel make the same numbers, rounded to their types;
 * uniform numbers have 24 bits, so that both hold them exactly and masks made from them agree. */
#include "base/random.h"
#include "kern/inner.h"

/* wide: F32 elements are doubles. */
static void fill(const struct call *call, double value, bool wide) {
  int64_t n = result_lines(call) * operand_count(&call->out);
  for (int64_t i = 0; i < n; i++) operand_put(&call->out, i, value, wide);
}

void fast_constant(const struct call *call) { fill(call, call->attr->f[0], false); }
void reference_constant(const struct call *call) { fill(call, call->attr->f[0], true); }

void fast_rows(const struct call *call) { fill(call, (double)call->batch, false); }
void reference_rows(const struct call *call) { fill(call, (double)call->batch, true); }

void fast_clock(const struct call *call) { fill(call, call->moment->clock[call->attr->i[0]], false); }
void reference_clock(const struct call *call) { fill(call, call->moment->clock[call->attr->i[0]], true); }

static uint64_t line_key(const struct call *call, int64_t line) {
  const struct moment *moment = call->moment;
  int64_t row = call->first_row + line;
  int64_t id = !call->out.type.rows ? 0 : moment->row_ids ? moment->row_ids[row] : row;
  return key_mix(key_mix(key_mix(moment->seed, call->attr->key), moment->round), (uint64_t)id);
}

static double uniform_24(uint64_t bits) { return (double)(bits >> 40) * 0x1p-24; }

static void draw_lines(const struct call *call, int64_t from, int64_t to, double (*make)(uint64_t), bool wide) {
  int64_t count = operand_count(&call->out);
  for (int64_t line = from; line < to; line++) {
    uint64_t key = line_key(call, line);
    for (int64_t i = 0; i < count; i++)
      operand_put(&call->out, line * count + i, make(random_bits(key, (uint64_t)i)), wide);
  }
}

static void uniform_lines(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  int64_t count = operand_count(&tiles->call->out);
  for (int64_t line = from; line < to; line++) {
    uint64_t key = line_key(tiles->call, line);
    float *out = float_out(tiles->call, line);
    for (int64_t i = 0; i < count; i++) out[i] = (float)(random_bits(key, (uint64_t)i) >> 40) * 0x1p-24f;
  }
}

static void normal_lines(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  draw_lines(tiles->call, from, to, random_normal, false);
}

void fast_uniform(const struct call *call) {
  run_tiles(
      &(struct tiles){call, NULL, result_lines(call), lines_a_tile(operand_count(&call->out)), uniform_lines});
}
void fast_normal(const struct call *call) {
  /* a normal number costs about ten times a copied one */
  run_tiles(&(struct tiles){call, NULL, result_lines(call), lines_a_tile(10 * operand_count(&call->out)),
                            normal_lines});
}
void reference_uniform(const struct call *call) { draw_lines(call, 0, result_lines(call), uniform_24, true); }
void reference_normal(const struct call *call) { draw_lines(call, 0, result_lines(call), random_normal, true); }
