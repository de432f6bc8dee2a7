#include "train/stage_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/random.h"
#include "data/batch.h"
#include "train/memory.h"

static const char *coupled_term(const struct stage *stage) {
  for (size_t i = 0; i < stage->terms; i++)
    if (stage->term[i].coupled) return stage->term[i].name;
  return "loss";
}

static int64_t rows_beside(const struct model *model, const struct stage *stage, size_t k) {
  return model_rows(model, (struct row_set){stage->beside_table[k], stage->split});
}

static bool batch_fits(const struct stage *stage, int64_t rows, const char *of, struct error *error) {
  if (rows >= stage->batch) return true;
  error_set(error, ERROR_USAGE,
            "the batch of %" PRId64 " in '%s' is larger than the %" PRId64 " rows of training data%s", stage->batch,
            stage->name, rows, of);
  return error_hint(error, "use a batch of at most %" PRId64 ", in the file or with --batch", rows);
}

bool stage_run_fits(const struct model *model, const struct stage *stage, struct error *error) {
  int64_t rows = stage_rows(model, stage), left = rows % stage->batch;
  if ((stage->coupled || stage->drop_last || !stage->in_evaluation) && !batch_fits(stage, rows, "", error))
    return false;
  for (size_t k = 0; k < stage->beside; k++) {
    const char *name = model->program->tables.at[stage->beside_table[k]]->name;
    const char *of = arena_format(model->arena, " in '%s'", name);
    if (!batch_fits(stage, rows_beside(model, stage, k), of, error)) return false;
  }
  if (!stage->coupled || stage->drop_last || left == 0) return true;
  error_set(error, ERROR_MODEL,
            "the last batch of an epoch of '%s' would have %" PRId64 " rows, not %" PRId64
            ", and the loss term '%s' depends on the whole batch",
            stage->name, left, stage->batch, coupled_term(stage));
  error_hint(error, "add 'drop last', or choose a batch that divides %" PRId64, rows);
  return false;
}

enum { STEP, INSPECT, AFTER, PARTS };

static const struct graph *part_of(const struct update *update, int part, bool inspected) {
  return part == STEP ? update->step : part == AFTER ? update->after : inspected ? update->inspect : NULL;
}

/* All of a round, on so many rows, share the model's slab, which is made large enough for each before any is ready.
 * sized: whether one of them has a value as large as the batch; then it runs on no other number of rows. */
static bool make_ready(struct stage_run *stage_run, int64_t batch, struct update_run *ready, bool *sized,
                       struct error *error) {
  struct model *model = stage_run->model;
  const struct stage *stage = stage_run->stage;
  const struct graph **graph = ARENA_ARRAY(stage_run->arena, const struct graph *, PARTS * stage->updates + 1);
  const struct plan **plan = ARENA_ARRAY(stage_run->arena, const struct plan *, PARTS * stage->updates + 1);
  struct feeder ***feeder = ARENA_ARRAY(stage_run->arena, struct feeder **, PARTS * stage->updates + 1);
  size_t n = 0;
  for (size_t i = 0; i < PARTS * stage->updates; i++) {
    struct update_run *run = &ready[i / PARTS];
    if (!(graph[n] = part_of(&stage->update[i / PARTS], i % PARTS, stage_run->inspected))) continue;
    feeder[n++] = i % PARTS == STEP ? &run->step : i % PARTS == INSPECT ? &run->inspect : &run->after;
  }
  struct plan_settings settings = feeder_settings(model, batch);
  if (!plans_within(stage_run->arena, graph, n, &settings, &model->backend->traits, model->memory, plan, error))
    return false;
  struct row_set rows = {stage->table, stage->split};
  int64_t most = 0;
  for (size_t i = 0; i < n; i++) {
    most = plan[i]->peak > most ? plan[i]->peak : most;
    *sized |= plan[i]->graph->rows > 0;
  }
  if (!slab_reserve(&model->slab, model->backend, most, error)) return false;
  for (size_t i = 0; i < n; i++)
    if (!(*feeder[i] = feeder_new(model, plan[i], rows, SCATTERED, error))) return false;
  return true;
}

/* The updates for whole batches, and for the last one of an epoch where that is smaller and they could not run on it. */
static bool make_all_ready(struct stage_run *stage_run, struct error *error) {
  const struct stage *stage = stage_run->stage;
  int64_t left = stage->drop_last ? 0 : stage_run->rows % stage_run->batch;
  bool sized = false;
  stage_run->update = ARENA_ARRAY(stage_run->arena, struct update_run, stage->updates + 1);
  if (!make_ready(stage_run, stage_run->batch, stage_run->update, &sized, error)) return false;
  if (!sized || !left) return true;
  stage_run->last = ARENA_ARRAY(stage_run->arena, struct update_run, stage->updates + 1);
  return make_ready(stage_run, left, stage_run->last, &sized, error);
}

static struct update_run *ready_for(const struct stage_run *stage_run, const struct training_state *at) {
  return stage_run->last && at->step == stage_run->steps - 1 ? stage_run->last : stage_run->update;
}

bool stage_run_open(struct stage_run *stage_run, struct model *model, const struct stage *stage, bool inspected,
                    struct error *error) {
  *stage_run = (struct stage_run){
      .model = model, .stage = stage, .rows = stage_rows(model, stage), .batch = stage->batch, .inspected = inspected};
  if (!stage_run_fits(model, stage, error)) return false;
  stage_run->steps = stage_steps(model, stage);
  stage_run->shuffle = key_mix(model->seed, string_hash(stage->name));
  size_t rows = size_product(1 + stage->beside, (size_t)stage_run->batch);
  stage_run->row = must_alloc(size_product(rows, sizeof *stage_run->row));
  stage_run->arena = arena_new();
  stage_run->found = ARENA_ARRAY(stage_run->arena, double, 2 * stage->terms + stage->needs + stage->rates + 1);
  if (make_all_ready(stage_run, error)) return true;
  stage_run_close(stage_run);
  return false;
}

static void free_updates(struct update_run *ready, size_t n) {
  for (size_t i = 0; ready && i < n; i++) {
    feeder_free(ready[i].step);
    feeder_free(ready[i].inspect);
    feeder_free(ready[i].after);
  }
}

void stage_run_close(struct stage_run *stage_run) {
  free_updates(stage_run->update, stage_run->stage->updates);
  free_updates(stage_run->last, stage_run->stage->updates);
  free(stage_run->row);
  arena_free(stage_run->arena);
  memset(stage_run, 0, sizeof *stage_run);
}

/* Of a table beside the stage's, whose own epochs go on where the stage's end: whole batches, of which as many rows are
 * taken as the step has. */
static void take_beside(struct stage_run *stage_run, struct feeder *feeder, const struct training_state *at, size_t k,
                        int64_t n) {
  int table = stage_run->stage->beside_table[k];
  int64_t rows = rows_beside(stage_run->model, stage_run->stage, k), whole = rows / stage_run->batch;
  int64_t step = at->epoch * stage_run->steps + at->step, *row = stage_run->row + (int64_t)(k + 1) * stage_run->batch;
  uint64_t key = key_mix(stage_run->shuffle, (uint64_t)table + 1);
  batch_rows(key, step / whole, rows, stage_run->batch, step % whole, row);
  feeder_take_beside(feeder, table, row, n);
}

static void take(struct stage_run *stage_run, struct feeder *feeder, const struct training_state *at) {
  int64_t n = batch_rows(stage_run->shuffle, at->epoch, stage_run->rows, stage_run->batch, at->step, stage_run->row);
  for (size_t k = 0; k < stage_run->stage->beside; k++) take_beside(stage_run, feeder, at, k, n);
  feeder_take(feeder, stage_run->row, n);
}

/* The clocks `updates` and `steps` are those of the update: with the one that is being made, the number `turn`. */
static struct step_context step_context_of(const struct stage_run *stage_run, const struct training_state *at,
                                           const struct update *update, int64_t turn) {
  struct step_context step_context = {.seed = stage_run->model->seed, .step = (uint64_t)at->updates + 1};
  stage_clock(stage_run->model, stage_run->stage, at, step_context.clock);
  step_context.clock[CLOCK_UPDATES] = step_context.clock[CLOCK_UPDATES] * (double)update->times + (double)turn;
  step_context.clock[CLOCK_STEPS] *= (double)update->times;
  return step_context;
}

/* Says when it was. */
static bool located(bool good, const struct training_state *at, struct error *error) {
  return good || error_hint(error, "it was in epoch %" PRId64 ", step %" PRId64, at->epoch + 1, at->step + 1);
}

/* What an update's step has found is kept: the next one runs in the same slab. */
static void read_found(struct stage_run *stage_run, size_t number, const struct feeder *step) {
  const struct stage *stage = stage_run->stage;
  double *value = stage_run->found, *rows = value + stage->terms, *need = rows + stage->terms;
  for (size_t i = 0; i < stage->terms; i++) {
    if (stage->term[i].update != number) continue;
    value[i] = feeder_number(step, stage->term[i].value);
    rows[i] = stage->term[i].rows ? feeder_number(step, stage->term[i].rows) : 1;
  }
  for (size_t i = 0; i < stage->needs; i++)
    if (stage->need[i].update == number) need[i] = feeder_number(step, stage->need[i].root);
  for (size_t i = 0; i < stage->rates; i++)
    if (stage->rate[i].update == number) need[stage->needs + i] = feeder_number(step, stage->rate[i].root);
}

typedef bool run_function(struct feeder *feeder, struct step_context step_context, struct error *error);

static void store_rows(struct feeder *feeder, const struct row_writes *rows) {
  for (size_t i = 0; i < rows->n; i++) feeder_store(feeder, rows->at[i].root, rows->at[i].column);
}

static bool run_update(struct stage_run *stage_run, size_t number, const struct training_state *at, run_function *run,
                       struct error *error) {
  const struct update *update = &stage_run->stage->update[number];
  const struct update_run *ready = &ready_for(stage_run, at)[number];
  for (int64_t turn = 1; turn <= update->times; turn++) {
    struct step_context step_context = step_context_of(stage_run, at, update, turn);
    take(stage_run, ready->step, at);
    if (!run(ready->step, step_context, error)) return false;
    if (turn == update->times) read_found(stage_run, number, ready->step);
    store_rows(ready->step, &update->rows);
    if (!ready->after) continue;
    take(stage_run, ready->after, at);
    if (!run(ready->after, step_context, error)) return false;
    store_rows(ready->after, &update->rows_after);
  }
  return true;
}

static bool run_round(struct stage_run *stage_run, const struct training_state *at, run_function *run,
                      struct error *error) {
  for (size_t i = 0; i < stage_run->stage->updates; i++)
    if (!run_update(stage_run, i, at, run, error)) return false;
  return true;
}

bool stage_run_step(struct stage_run *stage_run, const struct training_state *at, int64_t *rows, struct error *error) {
  *rows = batch_rows(stage_run->shuffle, at->epoch, stage_run->rows, stage_run->batch, at->step, stage_run->row);
  return located(run_round(stage_run, at, feeder_run, error), at, error);
}

bool stage_run_step_checked(struct stage_run *stage_run, const struct training_state *at, struct error *error) {
  return run_round(stage_run, at, feeder_run_checked, error);
}

bool stage_run_inspect(struct stage_run *stage_run, const struct training_state *at, double *norm,
                       struct error *error) {
  const struct stage *stage = stage_run->stage;
  for (size_t number = 0; number < stage->updates; number++) {
    struct feeder *inspect = ready_for(stage_run, at)[number].inspect;
    if (!inspect) continue;
    take(stage_run, inspect, at);
    if (!feeder_run(inspect, step_context_of(stage_run, at, &stage->update[number], 1), error))
      return located(false, at, error);
    for (size_t i = 0; i < stage->terms; i++)
      if (stage->term[i].update == number) norm[i] = feeder_number(inspect, stage->term[i].gradient);
  }
  return true;
}

double stage_run_term(const struct stage_run *stage_run, size_t term) { return stage_run->found[term]; }

bool stage_run_term_is_empty(const struct stage_run *stage_run, size_t term) {
  const struct stage *stage = stage_run->stage;
  return stage->term[term].rows && stage_run->found[stage->terms + term] == 0;
}

double stage_run_rows_of(const struct stage_run *stage_run, size_t number) {
  return stage_run->found[2 * stage_run->stage->terms + number];
}

double stage_run_rate(const struct stage_run *stage_run, size_t number) {
  return stage_run_rows_of(stage_run, stage_run->stage->needs + number);
}

void stage_run_advance(const struct stage_run *stage_run, struct training_state *at) {
  at->updates++;
  at->step++;
  if (at->step < stage_run->steps) return;
  at->step = 0;
  at->epoch++;
}
