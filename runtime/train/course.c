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
    fault_hint(fault, "say a batch of at most %" PRId64 ", in the file or with --batch", rows);
    return false;
  }
  if (!stage->coupled || stage->drop_last || left == 0) return true;
  fault_set(fault, FAULT_MODEL,
            "the last batch of an epoch of '%s' would have %" PRId64 " rows, not %" PRId64
            ", and the loss term '%s' depends on the whole batch",
            stage->name, left, stage->batch, coupled_term(stage));
  fault_hint(fault, "say 'drop last', or choose a batch that divides %" PRId64, rows);
  return false;
}

static struct runner *make_ready(const struct course *course, const struct graph *graph, struct fault *fault) {
  return runner_new(course->model, graph, SPLIT_TRAIN, course->batch, SCATTERED, fault);
}

static const struct graph *step_graph(const struct course *course, struct fault *fault) {
  const struct model *model = course->model;
  struct exec_settings settings = {.rows = course->batch, .pool = model->pool, .reference = model->reference};
  if (!model->memory) return course->stage->step;
  return graph_within(course->arena, course->stage->step, &settings, model->memory, fault);
}

bool course_open(struct course *course, struct model *model, const struct stage *stage, struct fault *fault) {
  *course = (struct course){.model = model, .stage = stage, .rows = stage_rows(model, stage), .batch = stage->batch};
  if (!course_fits(model, stage, fault)) return false;
  course->steps = stage_steps(model, stage);
  course->shuffle = key_mix(model->seed, text_hash(stage->name));
  course->row = must_alloc(size_product((size_t)course->batch, sizeof *course->row));
  course->arena = arena_new();
  course->graph = step_graph(course, fault);
  if (course->graph) course->step = make_ready(course, course->graph, fault);
  if (course->step) return true;
  course_close(course);
  return false;
}

void course_close(struct course *course) {
  runner_free(course->step);
  free(course->row);
  if (course->arena) arena_free(course->arena);
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

int64_t course_step(struct course *course, const struct position *at) {
  int64_t n = take(course, course->step, at);
  runner_run(course->step, moment_of(course, at));
  return n;
}

bool course_step_checked(struct course *course, const struct position *at, struct fault *fault) {
  take(course, course->step, at);
  return runner_run_checked(course->step, moment_of(course, at), fault);
}

bool course_inspect(struct course *course, const struct position *at, double *norm, struct fault *fault) {
  runner_free(course->step);
  course->step = NULL;
  struct runner *inspect = make_ready(course, course->stage->inspect, fault);
  if (!inspect) return false;
  take(course, inspect, at);
  runner_run(inspect, moment_of(course, at));
  for (size_t i = 0; i < course->stage->terms; i++)
    norm[i] = runner_number(inspect, course->stage->term[i].gradient);
  runner_free(inspect);
  course->step = make_ready(course, course->graph, fault);
  return course->step != NULL;
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
