#include "train/course.h"

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

bool course_fits(const struct model *model, const struct stage *stage, struct fault *fault) {
  int64_t rows = stage_rows(model, stage), left = rows % stage->batch;
  if (rows < stage->batch && (stage->coupled || stage->drop_last || !stage->in_evaluation)) {
    fault_set(fault, FAULT_USAGE,
              "the batch of %" PRId64 " in '%s' is larger than the %" PRId64 " rows of training data", stage->batch,
              stage->name, rows);
    fault_hint(fault, "use a batch of at most %" PRId64 ", in the file or with --batch", rows);
    return false;
  }
  if (!stage->coupled || stage->drop_last || left == 0) return true;
  fault_set(fault, FAULT_MODEL,
            "the last batch of an epoch of '%s' would have %" PRId64 " rows, not %" PRId64
            ", and the loss term '%s' depends on the whole batch",
            stage->name, left, stage->batch, coupled_term(stage));
  fault_hint(fault, "add 'drop last', or choose a batch that divides %" PRId64, rows);
  return false;
}

/* A step's results are held to the model's memory, and its inspection's are brought near to it. */
static const struct plan *plan_of(const struct course *course, bool inspect, struct fault *fault) {
  const struct model *model = course->model;
  const struct graph *graph = inspect ? course->stage->inspect : course->stage->step;
  struct plan_settings settings = runner_settings(model, course->batch);
  const struct kernel_traits *traits = &model->backend->traits;
  if (!model->memory) return plan_make(course->arena, graph, &settings, traits, fault);
  return (inspect ? plan_toward : plan_within)(course->arena, graph, &settings, traits, model->memory, fault);
}

/* A step and its inspection share the model's slab, which is made large enough for both before either is ready. */
static bool make_ready(struct course *course, bool inspected, struct fault *fault) {
  struct model *model = course->model;
  const struct plan *step = plan_of(course, false, fault), *inspect = NULL;
  if (!step || (inspected && !(inspect = plan_of(course, true, fault)))) return false;
  int64_t most = inspect && inspect->peak > step->peak ? inspect->peak : step->peak;
  if (!slab_reserve(&model->slab, model->backend, most, fault)) return false;
  course->step = runner_new(model, step, SPLIT_TRAIN, SCATTERED, fault);
  if (course->step && inspect) course->inspect = runner_new(model, inspect, SPLIT_TRAIN, SCATTERED, fault);
  return course->step && (!inspect || course->inspect);
}

bool course_open(struct course *course, struct model *model, const struct stage *stage, bool inspected,
                 struct fault *fault) {
  *course = (struct course){.model = model, .stage = stage, .rows = stage_rows(model, stage), .batch = stage->batch};
  if (!course_fits(model, stage, fault)) return false;
  course->steps = stage_steps(model, stage);
  course->shuffle = key_mix(model->seed, text_hash(stage->name));
  course->row = must_alloc(size_product((size_t)course->batch, sizeof *course->row));
  course->arena = arena_new();
  if (make_ready(course, inspected, fault)) return true;
  course_close(course);
  return false;
}

void course_close(struct course *course) {
  runner_free(course->step);
  runner_free(course->inspect);
  free(course->row);
  arena_free(course->arena);
  memset(course, 0, sizeof *course);
}

static int64_t take(struct course *course, struct runner *runner, const struct position *at) {
  int64_t n = batch_rows(course->shuffle, at->epoch, course->rows, course->batch, at->step, course->row);
  runner_take(runner, course->row, n);
  return n;
}

static struct moment moment_of(const struct course *course, const struct position *at) {
  struct moment moment = {.seed = course->model->seed, .round = (uint64_t)at->updates + 1};
  stage_clock(course->model, course->stage, at, moment.clock);
  moment.clock[CLOCK_UPDATES]++; /* with the one that is being made */
  return moment;
}

/* Says when it was. */
static bool located(bool good, const struct position *at, struct fault *fault) {
  return good || fault_hint(fault, "it was in epoch %" PRId64 ", step %" PRId64, at->epoch + 1, at->step + 1);
}

bool course_step(struct course *course, const struct position *at, int64_t *rows, struct fault *fault) {
  *rows = take(course, course->step, at);
  return located(runner_run(course->step, moment_of(course, at), fault), at, fault);
}

bool course_step_checked(struct course *course, const struct position *at, struct fault *fault) {
  take(course, course->step, at);
  return runner_run_checked(course->step, moment_of(course, at), fault);
}

bool course_inspect(struct course *course, const struct position *at, double *norm, struct fault *fault) {
  take(course, course->inspect, at);
  if (!runner_run(course->inspect, moment_of(course, at), fault)) return located(false, at, fault);
  for (size_t i = 0; i < course->stage->terms; i++)
    norm[i] = runner_number(course->inspect, course->stage->term[i].gradient);
  return true;
}

double course_term(const struct course *course, size_t term) {
  return runner_number(course->step, course->stage->term[term].value);
}

bool course_term_is_empty(const struct course *course, size_t term) {
  const char *rows = course->stage->term[term].rows;
  return rows && runner_number(course->step, rows) == 0;
}

double course_rows_of(const struct course *course, size_t number) {
  return runner_number(course->step, course->stage->need[number].root);
}

void course_advance(const struct course *course, struct position *at) {
  at->updates++;
  at->step++;
  if (at->step < course->steps) return;
  at->step = 0;
  at->epoch++;
}
