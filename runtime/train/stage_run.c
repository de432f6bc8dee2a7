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

bool stage_run_fits(const struct model *model, const struct stage *stage, struct error *error) {
  int64_t rows = stage_rows(model, stage), left = rows % stage->batch;
  if (rows < stage->batch && (stage->coupled || stage->drop_last || !stage->in_evaluation)) {
    error_set(error, ERROR_USAGE,
              "the batch of %" PRId64 " in '%s' is larger than the %" PRId64 " rows of training data", stage->batch,
              stage->name, rows);
    error_hint(error, "use a batch of at most %" PRId64 ", in the file or with --batch", rows);
    return false;
  }
  if (!stage->coupled || stage->drop_last || left == 0) return true;
  error_set(error, ERROR_MODEL,
            "the last batch of an epoch of '%s' would have %" PRId64 " rows, not %" PRId64
            ", and the loss term '%s' depends on the whole batch",
            stage->name, left, stage->batch, coupled_term(stage));
  error_hint(error, "add 'drop last', or choose a batch that divides %" PRId64, rows);
  return false;
}

/* A step's results are held to the model's memory, and its inspection's are brought near to it. */
static const struct plan *plan_of(const struct stage_run *stage_run, bool inspect, struct error *error) {
  const struct model *model = stage_run->model;
  const struct graph *graph = inspect ? stage_run->stage->inspect : stage_run->stage->step;
  struct plan_settings settings = feeder_settings(model, stage_run->batch);
  const struct kernel_traits *traits = &model->backend->traits;
  if (!model->memory) return plan_make(stage_run->arena, graph, &settings, traits, error);
  return (inspect ? plan_toward : plan_within)(stage_run->arena, graph, &settings, traits, model->memory, error);
}

/* A step and its inspection share the model's slab, which is made large enough for both before either is ready. */
static bool make_ready(struct stage_run *stage_run, bool inspected, struct error *error) {
  struct model *model = stage_run->model;
  const struct plan *step = plan_of(stage_run, false, error), *inspect = NULL;
  if (!step || (inspected && !(inspect = plan_of(stage_run, true, error)))) return false;
  int64_t most = inspect && inspect->peak > step->peak ? inspect->peak : step->peak;
  if (!slab_reserve(&model->slab, model->backend, most, error)) return false;
  stage_run->step = feeder_new(model, step, SPLIT_TRAIN, SCATTERED, error);
  if (stage_run->step && inspect) stage_run->inspect = feeder_new(model, inspect, SPLIT_TRAIN, SCATTERED, error);
  return stage_run->step && (!inspect || stage_run->inspect);
}

bool stage_run_open(struct stage_run *stage_run, struct model *model, const struct stage *stage, bool inspected,
                    struct error *error) {
  *stage_run = (struct stage_run){
      .model = model, .stage = stage, .rows = stage_rows(model, stage), .batch = stage->batch};
  if (!stage_run_fits(model, stage, error)) return false;
  stage_run->steps = stage_steps(model, stage);
  stage_run->shuffle = key_mix(model->seed, string_hash(stage->name));
  stage_run->row = must_alloc(size_product((size_t)stage_run->batch, sizeof *stage_run->row));
  stage_run->arena = arena_new();
  if (make_ready(stage_run, inspected, error)) return true;
  stage_run_close(stage_run);
  return false;
}

void stage_run_close(struct stage_run *stage_run) {
  feeder_free(stage_run->step);
  feeder_free(stage_run->inspect);
  free(stage_run->row);
  arena_free(stage_run->arena);
  memset(stage_run, 0, sizeof *stage_run);
}

static int64_t take(struct stage_run *stage_run, struct feeder *feeder, const struct training_state *at) {
  int64_t n = batch_rows(stage_run->shuffle, at->epoch, stage_run->rows, stage_run->batch, at->step, stage_run->row);
  feeder_take(feeder, stage_run->row, n);
  return n;
}

static struct step_context step_context_of(const struct stage_run *stage_run, const struct training_state *at) {
  struct step_context step_context = {.seed = stage_run->model->seed, .step = (uint64_t)at->updates + 1};
  stage_clock(stage_run->model, stage_run->stage, at, step_context.clock);
  step_context.clock[CLOCK_UPDATES]++; /* with the one that is being made */
  return step_context;
}

/* Says when it was. */
static bool located(bool good, const struct training_state *at, struct error *error) {
  return good || error_hint(error, "it was in epoch %" PRId64 ", step %" PRId64, at->epoch + 1, at->step + 1);
}

bool stage_run_step(struct stage_run *stage_run, const struct training_state *at, int64_t *rows, struct error *error) {
  *rows = take(stage_run, stage_run->step, at);
  return located(feeder_run(stage_run->step, step_context_of(stage_run, at), error), at, error);
}

bool stage_run_step_checked(struct stage_run *stage_run, const struct training_state *at, struct error *error) {
  take(stage_run, stage_run->step, at);
  return feeder_run_checked(stage_run->step, step_context_of(stage_run, at), error);
}

bool stage_run_inspect(struct stage_run *stage_run, const struct training_state *at, double *norm,
                       struct error *error) {
  take(stage_run, stage_run->inspect, at);
  if (!feeder_run(stage_run->inspect, step_context_of(stage_run, at), error)) return located(false, at, error);
  for (size_t i = 0; i < stage_run->stage->terms; i++)
    norm[i] = feeder_number(stage_run->inspect, stage_run->stage->term[i].gradient);
  return true;
}

double stage_run_term(const struct stage_run *stage_run, size_t term) {
  return feeder_number(stage_run->step, stage_run->stage->term[term].value);
}

bool stage_run_term_is_empty(const struct stage_run *stage_run, size_t term) {
  const char *rows = stage_run->stage->term[term].rows;
  return rows && feeder_number(stage_run->step, rows) == 0;
}

double stage_run_rows_of(const struct stage_run *stage_run, size_t number) {
  return feeder_number(stage_run->step, stage_run->stage->need[number].root);
}

void stage_run_advance(const struct stage_run *stage_run, struct training_state *at) {
  at->updates++;
  at->step++;
  if (at->step < stage_run->steps) return;
  at->step = 0;
  at->epoch++;
}
