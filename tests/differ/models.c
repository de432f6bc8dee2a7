/* The first training stage of model files, carried out in several ways:
 *
 *   models DIR BATCH TERMS STATES FILE[:VARIANT]...
 *
 *   - the first step in single precision and in double: its terms to a relative error of TERMS; each state that it
 *     leaves, among them the optimiser's, which are the gradients and their squares, to STATES of its size
 *   - the terms of the first steps and all variables after them are the same bits on 1, 2, 3, 4 and 8 threads
 *
 * The data in DIR is made up; models.sh calls this. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/catalogue.h"
#include "data/roots.h"
#include "dsl/lower/compile.h"
#include "grammar/parse.h"
#include "kern/kern.h"
#include "train/fit.h"
#include "train/model.h"
#include "train/stage_run.h"

enum { POOLS = 5, FIRST_STEPS = 2, MOST_TERMS = 32 };
static const int threads[POOLS] = {1, 2, 3, 4, 8};
static struct pool *pools[POOLS];
static int passed, failed;
static double term_bound, state_bound;

struct origin { /* a model file, and where the data is */
  struct arena *arena;
  const char *root, *folder, *path, *variant;
  int64_t batch;
};

struct figures {
  const struct program *program;
  size_t terms, n;
  double term[FIRST_STEPS][MOST_TERMS];
  double *variable; /* all of them after the steps, n numbers */
};

static void check(bool good, const struct origin *origin, const char *what) {
  good ? passed++ : failed++;
  if (!good)
    printf("FAIL %s%s%s: %s\n", origin->path, origin->variant ? ":" : "", origin->variant ? origin->variant : "", what);
}

static const struct data_set *choose_data(void *context, const char *const *names, size_t n, struct error *error) {
  struct origin *origin = context;
  struct data_roots roots = data_roots(origin->arena, origin->root);
  struct data_location location;
  const struct data_set *set = n ? catalogue_find(names[0]) : NULL;
  if (!set || !data_find(&set, 1, &roots, origin->arena, &location, error)) return NULL;
  origin->folder = location.folder;
  return set;
}

static const struct program *compile(struct origin *origin, struct error *error) {
  struct compile_settings settings = {.variant = origin->variant,
                                      .batch = origin->batch,
                                      .choose_data = choose_data,
                                      .context = origin,
                                      .parse = parse};
  struct compiled *compiled = compile_model(origin->arena, origin->path, &settings, error);
  if (compiled && !compiled->program) error_set(error, ERROR_MODEL, "the file has errors");
  return compiled ? compiled->program : NULL;
}

/* ---- steps ---- */

static void read_variables(const struct model *model, struct arena *arena, struct figures *out) {
  for (int fill = 0; fill < 2; fill++) {
    out->n = 0;
    for (size_t v = 0; v < model->program->variables.n; v++) {
      const struct array *a = &model->variable[v];
      for (int64_t i = 0; i < shape_count(a->shape); i++, out->n++)
        if (fill) out->variable[out->n] = a->type == F64 ? ((double *)a->data)[i] : ((float *)a->data)[i];
    }
    if (!fill) out->variable = ARENA_ARRAY(arena, double, out->n);
  }
}

static bool run_steps(struct model *model, int steps, struct arena *arena, struct figures *out, struct error *error) {
  const struct stage *stage = &model->program->stages.at[0];
  struct stage_run stage_run;
  struct training_state at = {0};
  if (!set_up(model, stage, (struct watch){0}, error)) return false;
  if (!stage_run_open(&stage_run, model, stage, false, error)) return false;
  *out = (struct figures){.program = model->program, .terms = stage->terms};
  bool good = true;
  for (int s = 0; s < steps && good; s++) {
    int64_t rows;
    good = stage_run_step(&stage_run, &at, &rows, error);
    for (size_t k = 0; k < stage->terms; k++) out->term[s][k] = stage_run_term(&stage_run, k);
    stage_run_advance(&stage_run, &at);
  }
  stage_run_close(&stage_run);
  read_variables(model, arena, out);
  return good;
}

static bool figures_of(struct origin *origin, const struct program *program, struct pool *pool, bool reference,
                       int steps, struct figures *out) {
  struct error error = {0};
  struct table *table = table_load(program->tables.at[0], origin->folder, &error);
  const struct backend *backend = reference ? backend_reference() : backend_fast();
  struct model *model = table ? model_new(program, &table, pool, backend, &error) : NULL;
  if (model) model->seed = 3;
  bool good = model && run_steps(model, steps, origin->arena, out, &error);
  if (!good) printf("%s\n", error.message);
  check(good, origin, "it cannot be run");
  model_free(model);
  table_free(table);
  return good;
}

/* ---- comparing ---- */

static void compare_terms(const struct origin *origin, const struct figures *fast, const struct figures *exact) {
  bool good = fast->terms > 0;
  double worst = 0;
  for (size_t k = 0; k < fast->terms; k++) {
    double difference = fabs(fast->term[0][k] - exact->term[0][k]) / (fabs(exact->term[0][k]) + 1e-6);
    good &= difference <= term_bound;
    worst = fmax(worst, difference);
  }
  printf("%s: terms in single precision to %.1e\n", origin->path, worst);
  check(good, origin, "its terms in single precision");
}

static const char *last_name(const struct variable *variable) {
  const char *dot = strrchr(variable->name, '.');
  return dot ? dot : variable->name;
}

/* The root mean square of variable v, whose first element is `at`, or of how far it is from another. */
static double size_of(const struct figures *exact, const struct figures *from, size_t v, size_t at) {
  const struct variable *variable = &exact->program->variables.at[v];
  double squares = 0;
  for (int64_t i = 0; i < shape_count(variable->shape); i++, at++)
    squares += pow(exact->variable[at] - (from ? from->variable[at] : 0), 2);
  return sqrt(squares / (double)shape_count(variable->shape));
}

/* The largest of the states that are called the same: a gradient of nearly zero, as that of a bias before a batch
 * normalisation, is only as exact as others are large. */
static double largest_like(const struct figures *exact, const char *name) {
  double largest = 0;
  size_t at = 0;
  for (size_t v = 0; v < exact->program->variables.n; v++) {
    const struct variable *variable = &exact->program->variables.at[v];
    if (!strcmp(last_name(variable), name)) largest = fmax(largest, size_of(exact, NULL, v, at));
    at += (size_t)shape_count(variable->shape);
  }
  return largest;
}

/* What Adam does with a gradient of nearly zero is a matter of sign, so the weights themselves say little. */
static void compare_states(const struct origin *origin, const struct figures *fast, const struct figures *exact) {
  size_t at = 0, compared = 0;
  double worst = 0;
  for (size_t v = 0; v < exact->program->variables.n; v++) {
    const struct variable *variable = &exact->program->variables.at[v];
    if (variable->kind == VARIABLE_STATE || variable->kind == VARIABLE_OPTIMIZER) {
      double size = size_of(exact, NULL, v, at) + 0.01 * largest_like(exact, last_name(variable));
      double difference = size > 0 ? size_of(exact, fast, v, at) / size : size_of(exact, fast, v, at);
      compared++;
      worst = fmax(worst, difference);
      if (!(difference <= state_bound)) {
        printf("'%s' differs by %.1e of its size\n", variable->name, difference);
        check(false, origin, "its states in single precision");
      }
    }
    at += (size_t)shape_count(variable->shape);
  }
  printf("%s: states in single precision to %.1e\n", origin->path, worst);
  check(compared > 0, origin, "it has no states");
}

static void check_model(struct origin *origin) {
  struct error error = {0};
  const struct program *program = compile(origin, &error);
  struct figures exact, once, fast, again;
  check(program && program->stages.n, origin, error.message);
  if (!program || !program->stages.n) return;
  if (!figures_of(origin, program, NULL, true, 1, &exact) || !figures_of(origin, program, NULL, false, 1, &once))
    return;
  compare_terms(origin, &once, &exact);
  compare_states(origin, &once, &exact);
  for (int p = 0; p < POOLS; p++) {
    if (!figures_of(origin, program, pools[p], false, FIRST_STEPS, p ? &again : &fast)) return;
    if (p)
      check(!memcmp(fast.term, again.term, sizeof fast.term) &&
                !memcmp(fast.variable, again.variable, fast.n * sizeof(double)),
            origin, "other bits on other threads");
  }
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  term_bound = atof(argv[3]);
  state_bound = atof(argv[4]);
  kernels_start();
  for (int i = 0; i < POOLS; i++)
    if (!(pools[i] = pool_new(threads[i]))) return 1;
  for (int i = 5; i < argc; i++) {
    struct origin origin = {.arena = arena_new(), .root = argv[1], .path = argv[i]};
    origin.batch = strtoll(argv[2], NULL, 10);
    char *colon = strchr(argv[i], ':');
    if (colon) *colon = '\0', origin.variant = colon + 1;
    check_model(&origin);
    arena_free(origin.arena);
  }
  for (int i = 0; i < POOLS; i++) pool_free(pools[i]);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
