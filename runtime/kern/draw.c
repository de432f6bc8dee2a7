/* Leaves that are made, not bound: constants, draws, counts.
 *
 * A draw is a function of (seed, the draw's key, step, row id, element) alone, so it depends neither on threads
 * nor on how rows are batched; a fixed one is a function of (key, row id, element).  The fast and the reference kernel make the same numbers, rounded to their types;
 * uniform numbers have 24 bits, so that both hold them exactly and masks made from them agree. */
#include "base/random.h"
#include "kern/inner.h"

/* wide: F32 elements are doubles. */
static void fill(const struct call *call, double value, bool wide) {
  int64_t n = result_samples(call) * operand_count(&call->out);
  for (int64_t i = 0; i < n; i++) operand_put(&call->out, i, value, wide);
}

void fast_constant(const struct call *call) { fill(call, call->attr->f[0], false); }
void reference_constant(const struct call *call) { fill(call, call->attr->f[0], true); }

void fast_rows(const struct call *call) { fill(call, (double)call->batch, false); }
void reference_rows(const struct call *call) { fill(call, (double)call->batch, true); }

void fast_clock(const struct call *call) { fill(call, call->step_context->clock[call->attr->i[0]], false); }
void reference_clock(const struct call *call) { fill(call, call->step_context->clock[call->attr->i[0]], true); }

static uint64_t sample_key(const struct call *call, int64_t sample) {
  const struct step_context *step_context = call->step_context;
  int64_t row = call->first_row + sample;
  const int64_t *ids = step_context->row_ids;
  if (step_context->row_ids_of && call->attr->i[1] >= 0) ids = step_context->row_ids_of[call->attr->i[1]];
  int64_t id = !call->out.type.rows ? 0 : ids ? ids[row] : row;
  if (call->attr->i[0]) return key_mix(call->attr->key, (uint64_t)id); /* fixed: whatever the run's seed and the step */
  return key_mix(key_mix(key_mix(step_context->seed, call->attr->key), step_context->step), (uint64_t)id);
}

static double uniform_24(uint64_t bits) { return (double)(bits >> 40) * 0x1p-24; }

static void draw_samples(const struct call *call, int64_t from, int64_t to, double (*make)(uint64_t), bool wide) {
  int64_t count = operand_count(&call->out);
  for (int64_t sample = from; sample < to; sample++) {
    uint64_t key = sample_key(call, sample);
    for (int64_t i = 0; i < count; i++)
      operand_put(&call->out, sample * count + i, make(random_bits(key, (uint64_t)i)), wide);
  }
}

static void uniform_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  int64_t count = operand_count(&tiles->call->out);
  for (int64_t sample = from; sample < to; sample++) {
    uint64_t key = sample_key(tiles->call, sample);
    float *out = float_out(tiles->call, sample);
    for (int64_t i = 0; i < count; i++) out[i] = (float)(random_bits(key, (uint64_t)i) >> 40) * 0x1p-24f;
  }
}

static void normal_samples(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  draw_samples(tiles->call, from, to, random_normal, false);
}

void fast_uniform(const struct call *call) {
  run_tiles(
      &(struct tiles){call, NULL, result_samples(call), samples_a_tile(operand_count(&call->out)), uniform_samples});
}
void fast_normal(const struct call *call) {
  /* a normal number costs about ten times a copied one */
  run_tiles(&(struct tiles){call, NULL, result_samples(call), samples_a_tile(10 * operand_count(&call->out)),
                            normal_samples});
}
void reference_uniform(const struct call *call) { draw_samples(call, 0, result_samples(call), uniform_24, true); }
void reference_normal(const struct call *call) { draw_samples(call, 0, result_samples(call), random_normal, true); }
