/* Trains in double precision, through the reference kernels, and prints the loss terms of every step as log.jsonl
 * has them:
 *
 *   terms_in_double MODEL DIR SEED BATCH STEPS [NAME=VALUE...]
 *
 * In single precision rounding alone moves a model with max pooling and correlations by percents within 20 steps;
 * in double two programs that are the same agree, and two that are not are told apart. */
#include <stdio.h>
#include <stdlib.h>

#include "data/catalogue.h"
#include "data/roots.h"
#include "dsl/lower/compile.h"
#include "dsl/syntax/diag.h"
#include "grammar/parse.h"
#include "kern/kern.h"
#include "train/fit.h"
#include "train/model.h"
#include "train/stage_run.h"

struct found { /* where the data is */
  struct arena *arena;
  const char *root, *folder;
};

static const struct data_set *choose_data(void *context, const char *const *names, size_t n, struct error *error) {
  struct found *found = context;
  struct data_roots roots = data_roots(found->arena, found->root);
  struct data_location location;
  const struct data_set *set = n ? catalogue_find(names[0]) : NULL;
  if (!set || !data_find(&set, 1, &roots, found->arena, &location, error)) return NULL;
  found->folder = location.folder;
  return set;
}

static bool print_steps(struct stage_run *stage_run, int64_t steps, struct error *error) {
  struct training_state at = {0};
  for (int64_t step = 0; step < steps; step++) {
    int64_t rows;
    if (!stage_run_step(stage_run, &at, &rows, error)) return false;
    printf("{\"terms\": {");
    for (size_t i = 0; i < stage_run->stage->terms; i++)
      printf("%s\"%s\": {\"value\": %.17g}", i ? ", " : "", stage_run->stage->term[i].name,
             stage_run_term(stage_run, i));
    if (puts("}}") == EOF || fflush(stdout)) return error_set(error, ERROR_DATA, "the terms could not be written");
    stage_run_advance(stage_run, &at);
  }
  return true;
}

static bool run(struct model *model, const struct stage *stage, int64_t steps, struct error *error) {
  struct stage_run stage_run;
  if (!set_up(model, stage, (struct watch){0}, error)) return false;
  if (!stage_run_open(&stage_run, model, stage, false, error)) return false;
  bool ok = print_steps(&stage_run, steps, error);
  stage_run_close(&stage_run);
  return ok;
}

static bool train(const struct compile_settings *settings, const char *path, uint64_t seed, int64_t steps,
                  struct error *error) {
  struct found *found = settings->context;
  struct compiled *compiled = compile_model(found->arena, path, settings, error);
  if (!compiled) return false;
  if (!compiled->program) return error_set(error, ERROR_MODEL, "'%s' has errors", path);
  struct table *table = table_load(compiled->program->tables.at[0], found->folder, error);
  if (!table) return false;
  struct model *model = model_new(compiled->program, &table, NULL, backend_reference(), error);
  if (model) model->seed = seed;
  bool ok = model && run(model, &compiled->program->stages.at[0], steps, error);
  model_free(model);
  table_free(table);
  return ok;
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  struct found found = {.arena = arena_new(), .root = argv[2]};
  struct compile_settings settings = {.set = (const char *const *)argv + 6,
                                      .n_set = (size_t)argc - 6,
                                      .batch = strtoll(argv[4], NULL, 10),
                                      .choose_data = choose_data,
                                      .context = &found,
                                      .parse = parse};
  struct error error = {0};
  bool ok = train(&settings, argv[1], strtoull(argv[3], NULL, 10), strtoll(argv[5], NULL, 10), &error);
  if (!ok) fprintf(stderr, "%s\n", error.message);
  arena_free(found.arena);
  return !ok;
}
