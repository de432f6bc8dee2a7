/* The training loop on a program made by hand: learning, stopping and going on bit for bit, measuring, and saying
 * where a number went wrong. */
#include <signal.h>
#include <unistd.h>

#include "../data/scratch.h"
#include "exec/exec.h"
#include "pass/pass.h"
#include "report/log.h"
#include "small.h"
#include "train/compute.h"
#include "train/evaluate.h"
#include "train/gradcheck.h"
#include "train/signals.h"
#include "train/snapshot.h"
#include "train/train.h"

static FILE *nowhere(void) {
  FILE *file = fopen("messages", "w");
  ck_assert_ptr_nonnull(file);
  return file;
}

static struct model *model_of(struct small *small, uint64_t seed) {
  struct error error = {0};
  struct model *model = model_new(small->program, &(struct table *){&small->table}, NULL, backend_fast(), &error);
  ck_assert_ptr_nonnull(model);
  model->seed = seed;
  return model;
}

/* Trains from a position, keeping log and checkpoints in the working directory. */
static bool train_saving(struct model *model, struct training_state *at, int64_t every, double seconds,
                         struct error *error) {
  struct log *log = log_open("log.jsonl", at->updates, error);
  FILE *messages = nowhere();
  struct progress *progress = progress_new(messages, false);
  struct training_log *training_log = training_log_new(log, progress, every);
  struct training training = {".", NULL, training_log, progress, seconds};
  bool ok = train_program(model, &training, at, error);
  training_log_free(training_log);
  progress_free(progress);
  fclose(messages);
  ck_assert(log_close(log, error));
  return ok;
}

static bool train_here(struct model *model, struct training_state *at, int64_t every, struct error *error) {
  return train_saving(model, at, every, INFINITY, error);
}

static double error_of(const struct model *model) {
  const float *w = model->variable[0].data;
  double worst = 0;
  for (int k = 0; k < SMALL_WIDE; k++) worst = fmax(worst, fabs(w[k] - (k + 1)));
  return worst;
}

START_TEST(learns) {
  struct small *small = small_new(0.05, 40, 10);
  struct model *model = model_of(small, 1);
  struct training_state at = {0};
  struct error error = {0};
  ck_assert_msg(train_here(model, &at, 0, &error), "%s", error.message);
  ck_assert_int_eq(at.updates, 200);
  ck_assert_double_lt(error_of(model), 0.1);
  model_free(model);
  arena_free(small->arena);
}
END_TEST

/* The log has a line for the first step and one for each epoch, with gradient norms. */
START_TEST(logs) {
  struct small *small = small_new(0.05, 3, 10);
  struct model *model = model_of(small, 1);
  struct training_state at = {0};
  struct error error = {0};
  size_t size, lines = 0;
  ck_assert(train_here(model, &at, 0, &error));
  char *log = scratch_read("log.jsonl", &size);
  for (size_t i = 0; i < size; i++) lines += log[i] == '\n';
  ck_assert_uint_eq(lines, 4);
  ck_assert_ptr_nonnull(strstr(log, "{\"step\": 1, \"epoch\": 1, \"terms\": {\"fit\": {\"value\": "));
  ck_assert_ptr_nonnull(strstr(log, "{\"step\": 15, \"epoch\": 3, "));
  ck_assert_ptr_null(strstr(log, "null"));
  ck_assert_double_gt(atof(strstr(log, "\"step_seconds\": ") + strlen("\"step_seconds\": ")), 0);
  free(log);
  log = scratch_read("messages", &size);
  ck_assert_ptr_nonnull(strstr(log, "epoch 3/3  step 15/15"));
  free(log);
  model_free(model);
  arena_free(small->arena);
}
END_TEST

static char *final_checkpoint(const char *name, size_t *size) {
  char *bytes = scratch_read(name, size);
  ck_assert_uint_gt(*size, 100);
  return bytes;
}

/* The last checkpoint of a run that went on is what a run without a stop had written, which is freed. */
static void check_final(const char *name, char *whole, size_t size) {
  size_t resumed_size;
  char *resumed = final_checkpoint(name, &resumed_size);
  ck_assert_uint_eq(size, resumed_size);
  ck_assert_int_eq(memcmp(whole, resumed, size), 0);
  free(whole);
  free(resumed);
}

/* Two epochs, and one epoch that another process goes on with: the same bytes. */
START_TEST(resumes) {
  struct error error = {0};
  struct training_state at = {0};
  char notice[1024];
  size_t size;
  struct small *two = small_new(0.05, 2, 10), *one = small_new(0.05, 1, 10);
  struct model *model = model_of(two, 5);
  ck_assert(train_here(model, &at, 0, &error));
  char *whole = final_checkpoint("checkpoint-10.crlk", &size);
  model_free(model);
  scratch_shell("rm checkpoint-*");

  at = (struct training_state){0};
  model = model_of(one, 5);
  ck_assert(train_here(model, &at, 0, &error));
  model_free(model);
  model = model_of(two, 1);
  ck_assert_msg(training_state_load(".", model, &at, NULL, notice, &error), "%s", error.message);
  ck_assert_int_eq(at.updates, 5);
  ck_assert_uint_eq(model->seed, 5);
  ck_assert(train_here(model, &at, 0, &error));
  check_final("checkpoint-10.crlk", whole, size);
  model_free(model);
  arena_free(one->arena);
  arena_free(two->arena);
}
END_TEST

/* What an evaluation reads: epochs and updates done, and how many there are. */
static void check_clocks(const struct model *model, double epoch, double updates, double epochs, double steps) {
  const double expected[] = {epoch, updates, epochs, steps};
  for (int k = 0; k < CLOCKS; k++) ck_assert_double_eq_tol(model->clock[k], expected[k], 1e-12);
}

static struct training_state training_state_of(int64_t updates) {
  return (struct training_state){.epoch = updates / 8, .step = updates % 8, .updates = updates};
}

/* A signal stops after the current step; what goes on from its checkpoint ends with the same bytes. */
START_TEST(stops) {
  struct error error = {0};
  struct training_state at = {0};
  char notice[1024];
  size_t size;
  struct small *small = small_new(0.05, 2, 7);
  struct model *model = model_of(small, 5);
  ck_assert(train_here(model, &at, 0, &error));
  check_clocks(model, 2, 16, 2, 16);
  char *whole = final_checkpoint("checkpoint-16.crlk", &size);
  model_free(model);
  scratch_shell("rm checkpoint-*");

  for (int stops = 0; stops < 16; stops++) {
    bool first = stops == 0;
    at = (struct training_state){0};
    model = model_of(small, first ? 5 : 1);
    if (!first) ck_assert(training_state_load(".", model, stops % 3 ? &at : NULL, NULL, notice, &error));
    if (stops % 3 == 0) at = training_state_of(stops);
    ck_assert_int_eq(at.updates, stops);
    if (!first) check_clocks(model, stops / 8.0, stops, 2, 16);
    signals_watch();
    raise(stops % 2 ? SIGTERM : SIGINT);
    struct error stopped = {0};
    ck_assert(!train_here(model, &at, 0, &stopped));
    ck_assert_int_eq(stopped.kind, stops % 2 ? ERROR_TERMINATE : ERROR_INTERRUPT);
    ck_assert_int_eq(at.updates, stops + 1);
    model_free(model);
  }
  signals_watch();
  check_final("checkpoint-16.crlk", whole, size);
  arena_free(small->arena);
}
END_TEST

/* Also one that comes before the first step, while what the stage reads is computed. */
START_TEST(stops_before) {
  struct error error = {0}, stopped = {0};
  struct training_state at = {0};
  char notice[1024];
  size_t size;
  struct small *small = small_new(0.05, 2, 7);
  struct model *model = model_of(small, 5);
  small->program->stages.at[0].prepare = small->program->stages.at[1].prepare;
  signals_watch();
  ck_assert(train_here(model, &at, 0, &error));
  char *whole = final_checkpoint("checkpoint-16.crlk", &size);
  model_free(model);
  scratch_shell("rm checkpoint-*");
  model = model_of(small, 5);
  at = (struct training_state){0};
  signals_watch();
  raise(SIGTERM);
  ck_assert(!train_here(model, &at, 0, &stopped));
  ck_assert_int_eq(stopped.kind, ERROR_TERMINATE);
  ck_assert_int_eq(at.updates, 0);
  model_free(model);
  model = model_of(small, 1);
  signals_watch();
  ck_assert_msg(training_state_load(".", model, &at, NULL, notice, &error), "%s", error.message);
  ck_assert(train_here(model, &at, 0, &error));
  check_final("checkpoint-16.crlk", whole, size);
  model_free(model);
  arena_free(small->arena);
}
END_TEST

/* Within an epoch a checkpoint is written when the last one is old enough; here every one is. */
START_TEST(saves_by_time) {
  struct error error = {0};
  struct training_state at = {0};
  struct small *small = small_new(0.05, 2, 7);
  struct model *model = model_of(small, 5);
  ck_assert(train_saving(model, &at, 0, 0, &error));
  ck_assert_int_eq(access("checkpoint-15.crlk", F_OK), 0);
  scratch_shell("rm checkpoint-*");
  at = (struct training_state){0};
  model_free(model);
  model = model_of(small, 5);
  ck_assert(train_saving(model, &at, 0, INFINITY, &error));
  ck_assert_int_ne(access("checkpoint-15.crlk", F_OK), 0);
  ck_assert_int_eq(access("checkpoint-8.crlk", F_OK), 0);
  model_free(model);
  arena_free(small->arena);
}
END_TEST

/* Going on with something else is refused. */
START_TEST(refuses_to_resume) {
  static const struct {
    double rate;
    int64_t batch;
    uint64_t seed;
    const char *text;
  } other[] = {
      {0.05, 10, 6, "'./checkpoint-5.crlk' was trained with seed 5, not 6"},
      {0.05, 25, 5, "'./checkpoint-5.crlk' was trained with batch 10, not 25"},
      {0.04, 10, 5, "the model is not the one whose training './checkpoint-5.crlk' holds"},
  };
  struct error error = {0};
  struct training_state at = {0};
  char notice[1024];
  struct small *small = small_new(0.05, 1, 10), *changed = small_new(other[_i].rate, 2, other[_i].batch);
  struct model *model = model_of(small, 5);
  ck_assert(train_here(model, &at, 0, &error));
  model_free(model);
  model = model_of(changed, 5);
  ck_assert(!training_state_load(".", model, &at, &other[_i].seed, notice, &error));
  ck_assert_str_eq(error.message, other[_i].text);
  ck_assert_int_eq(error.kind, ERROR_USAGE);
  model_free(model);
  arena_free(small->arena);
  arena_free(changed->arena);
}
END_TEST

START_TEST(batches) {
  struct error error = {0};
  struct training_state at = {0};
  struct small *small = small_new(0.05, 1, 51);
  struct model *model = model_of(small, 1);
  ck_assert(!train_here(model, &at, 0, &error));
  ck_assert_str_eq(error.message, "the batch of 51 in 'train' is larger than the 50 rows of training data");
  ck_assert_int_eq(error.kind, ERROR_USAGE);
  small->program->stages.at[0].batch = 40;
  small->program->stages.at[0].coupled = small->program->stages.at[0].term[0].coupled = true;
  error = (struct error){0};
  ck_assert(!train_here(model, &at, 0, &error));
  ck_assert_str_eq(error.message, "the last batch of an epoch of 'train' would have 10 rows, not 40, and the loss term "
                                  "'fit' depends on the whole batch");
  ck_assert_int_eq(error.kind, ERROR_MODEL);
  small->program->stages.at[0].drop_last = true;
  ck_assert_msg(train_here(model, &at, 0, &error), "%s", error.message);
  ck_assert_int_eq(at.updates, 1);
  model_free(model);
  arena_free(small->arena);
}
END_TEST

/* A learning rate that makes the weights infinite: the operation and its place are named, no checkpoint is left. */
START_TEST(explains) {
  struct error error = {0};
  struct training_state at = {0};
  struct small *small = small_new(1e12, 9, 10);
  struct model *model = model_of(small, 1);
  ck_assert(!train_here(model, &at, 0, &error));
  ck_assert_int_eq(error.kind, ERROR_NUMBER);
  ck_assert_msg(strstr(error.message, "the loss term 'fit' is no longer finite in epoch 1, step ") &&
                    strstr(error.message, "' in 'left' gave "),
                "%s", error.message);
  model_free(model);
  arena_free(small->arena);
}
END_TEST

/* The same when the weights grow slowly: the steps since the last copy are run again up to the first bad result. */
START_TEST(explains_late) {
  struct error error = {0};
  struct training_state at = {0};
  struct small *small = small_new(1.9, 60, 10);
  struct model *model = model_of(small, 1);
  ck_assert(!train_here(model, &at, 0, &error));
  ck_assert_int_gt(at.updates, SNAPSHOT_STEPS);
  ck_assert_int_ne(at.updates % SNAPSHOT_STEPS, 0);
  ck_assert_msg(strstr(error.message, "the loss term 'fit' is no longer finite") &&
                    strstr(error.message, "' in 'left' gave "),
                "%s", error.message);
  const float *w = model->variable[0].data;
  for (int k = 0; k < SMALL_WIDE; k++) ck_assert(isfinite(w[k]));
  ck_assert_double_gt(error_of(model), 1e10); /* of just before, not of the copy */
  model_free(model);
  arena_free(small->arena);
}
END_TEST

/* Weights that turn infinite without the loss knowing are not saved. */
START_TEST(keeps_bad_weights_out) {
  struct error error = {0};
  struct training_state at = {0};
  struct small *small = small_new(0.05, 1, 10);
  struct model *model = model_of(small, 1);
  ((float *)model->variable[1].data)[2] = INFINITY;
  ck_assert(!training_state_save(".", model, &at, &error));
  ck_assert_str_eq(error.message, "'W.m' is no longer finite after 0 updates; no checkpoint was written");
  model_free(model);
  arena_free(small->arena);
}
END_TEST

/* The probe reads what was computed beforehand; its error is that of the weights, by hand. */
START_TEST(measures) {
  struct error error = {0};
  struct training_state at = {0};
  struct small *small = small_new(0.05, 40, 10);
  struct model *model = model_of(small, 1);
  FILE *messages = nowhere();
  struct progress *progress = progress_new(messages, false);
  struct results results = {.arena = small->arena};
  signals_watch();
  ck_assert(train_here(model, &at, 0, &error));
  ck_assert_msg(evaluate(model, progress, &results, &error), "%s", error.message);
  const float *w = model->variable[0].data, q = *(const float *)model->variable[2].data;
  const uint8_t *x = small->columns[SPLIT_TEST][0].data, *t = small->columns[SPLIT_TEST][1].data;
  double sum = 0;
  for (int64_t i = 0; i < SMALL_TEST; i++) {
    double code = 0;
    for (int k = 0; k < SMALL_WIDE; k++) code += w[k] * x[i * SMALL_WIDE + k] / 255.0;
    sum += pow(code * q - t[i] / 25.0, 2);
  }
  ck_assert_uint_eq(results.metrics.n, 1);
  ck_assert_str_eq(results.metrics.at[0].name, "error");
  ck_assert_str_eq(results.metrics.at[0].split, "test");
  ck_assert_double_eq_tol(results.metrics.at[0].value, 100 * sum / SMALL_TEST, 1e-3);
  ck_assert_double_lt(results.metrics.at[0].value, 5);
  ck_assert(isnan(results.metrics.at[0].chance));

  double before = results.metrics.at[0].value;
  results.metrics.n = 0;
  ck_assert(evaluate(model, progress, &results, &error)); /* nothing that the first left behind matters */
  ck_assert_double_eq(results.metrics.at[0].value, before);
  progress_free(progress);
  fclose(messages);
  model_free(model);
  arena_free(small->arena);
}
END_TEST

START_TEST(computes) {
  struct error error = {0};
  struct small *small = small_new(0.05, 1, 10);
  struct model *model = model_of(small, 1);
  FILE *messages = nowhere();
  struct progress *progress = progress_new(messages, true);
  small->program->compute = 0;
  vec_push(small->arena, &small->program->computed, (struct computed){"r", "r", NULL});
  signals_watch();
  ck_assert(!compute_can_write("r.txt", "r", &error));
  ck_assert_int_eq(error.kind, ERROR_USAGE);
  error = (struct error){0};
  ck_assert_msg(compute(model, "r.csv", progress, &error), "%s", error.message);
  size_t size, lines = 0;
  char *csv = scratch_read("r.csv", &size);
  for (size_t i = 0; i < size; i++) lines += csv[i] == '\n';
  ck_assert_uint_eq(lines, SMALL_TEST);
  const uint8_t *t = small->columns[SPLIT_TEST][1].data; /* the weights are zero: minus the target is left */
  ck_assert_double_eq_tol(atof(csv), -t[0] / 25.0, 1e-6);
  free(csv);
  progress_free(progress);
  fclose(messages);
  model_free(model);
  arena_free(small->arena);
}
END_TEST

/* A right gradient passes; one that is a thousandth too large does not. */
START_TEST(checks_gradients) {
  struct error error = {0};
  struct small *small = small_new(0.05, 1, 10);
  struct graph *g = small_graph(small, "check", "left");
  struct column view = {COLUMN_VIEW, "v", F32, small_vector(SMALL_WIDE), 0, {0}};
  vec_push(small->arena, &small->program->columns, view);
  node_id x = small_column(g, 4, F32, view.shape), w = small_variable(g, 0, small_matrix(SMALL_WIDE, 1));
  node_id r = small_residual(g, x, w, true), gradient = small_gradient(g, x, r);
  node_id by_view = graph_op2(g, OP_matmul, &(struct attr){.i = {1}}, r, w); /* times 2 / rows */
  by_view = graph_op2(g, OP_div, &small_none, graph_op2(g, OP_mul, &small_none, by_view, graph_number(g, 2)),
                      graph_op0(g, OP_rows, &small_none));
  if (_i) gradient = graph_op2(g, OP_mul, &small_none, gradient, graph_number(g, 1.001));
  graph_root(g, ROOT_VALUE, "loss", 0, small_mean_square(g, r));
  struct held held = hold_stopped(small->arena, g, 5, 1); /* nothing is stopped */
  graph_root(g, ROOT_VALUE, "gradient:W", 0, gradient);
  graph_root(g, ROOT_VALUE, "gradient:v", 0, by_view);
  struct gradient_check check = {"train", g, held.values, held.rest};
  vec_push(small->arena, &small->program->checks, check);
  FILE *table = fopen("table", "w+");
  bool ok = gradcheck(small->program, 1, table, &error);
  char text[4096] = "";
  rewind(table);
  ck_assert_uint_gt(fread(text, 1, sizeof text - 1, table), 0);
  fclose(table);
  ck_assert_msg(ok == !_i, "%s%s", text, error.message);
  ck_assert_ptr_nonnull(strstr(text, _i ? "2 gradients, 1 wrong" : "2 gradients, 0 wrong"));
  ck_assert_int_eq(error.kind, _i ? ERROR_MODEL : ERROR_NONE);
  arena_free(small->arena);
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("train");
  kernels_start();
  scratch_add(tests);
  tcase_add_test(tests, learns);
  tcase_add_test(tests, logs);
  tcase_add_test(tests, resumes);
  tcase_add_test(tests, stops);
  tcase_add_test(tests, stops_before);
  tcase_add_test(tests, saves_by_time);
  tcase_add_loop_test(tests, refuses_to_resume, 0, 3);
  tcase_add_test(tests, batches);
  tcase_add_test(tests, explains);
  tcase_add_test(tests, explains_late);
  tcase_add_test(tests, keeps_bad_weights_out);
  tcase_add_test(tests, measures);
  tcase_add_test(tests, computes);
  tcase_add_loop_test(tests, checks_gradients, 0, 2);
  return scratch_main("train", tests);
}
