#include "train/gradcheck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/random.h"
#include "train/feeder.h"

enum { ROWS = GRADCHECK_ROWS, DIRECTIONS = 2, ELEMENTS = 2, SHRINKS = 4 };
static const double first_step = 1e-5, noise = 0.02;

struct check {
  struct model *model;
  const struct gradient_check *of;
  struct feeder *gradients, *loss; /* the loss alone: without the gradients it is several times faster */
  struct step_context step_context;
  uint64_t seed;
};

struct checked { /* what the gradient is by */
  const char *name;
  double *value;
  const double *gradient;
  int64_t n;
  double *direction, *kept;
  bool flat; /* the loss has been the same wherever it was looked at */
};

struct counts {
  size_t names, wrong, zero;
};

/* ---- made-up rows ---- */

static const struct row_set any_rows = {0, SPLIT_TRAIN};

static int classes_of(const struct data_set *set, const char *column) {
  for (int i = 0; i < set->n_columns; i++)
    if (strcmp(set->column[i].name, column) == 0) return set->column[i].classes;
  return 0;
}

static bool make_up_column(struct model *model, uint32_t number, uint64_t seed, struct error *error) {
  const struct column *column = &model->program->columns.at[number];
  struct value_type type = {column->type, column->shape, true};
  if (!model_make_cut(model, SPLIT_TRAIN, number, &type, ROWS, error)) return false;
  struct array *made = &model->column[SPLIT_TRAIN][number];
  const struct data_set *set = column->kind == COLUMN_DATA ? model->program->tables.at[column->table] : NULL;
  int classes = set ? classes_of(set, column->name) : 0;
  int64_t n = ROWS * shape_count(made->shape);
  uint64_t key = key_mix(seed, string_hash(column->name));
  for (int64_t i = 0; i < n; i++) {
    double unit = random_unit(random_bits(key, (uint64_t)i));
    switch (made->type) {
    case U8: ((uint8_t *)made->data)[i] = (uint8_t)(unit * (classes ? classes : 256)); break;
    case I32: ((int32_t *)made->data)[i] = (int32_t)(unit * (classes ? classes : 256)); break;
    case I64: ((int64_t *)made->data)[i] = (int64_t)(unit * (classes ? classes : 256)); break;
    case F32: ((float *)made->data)[i] = (float)(classes ? floor(unit * classes) : unit); break;
    case F64: ((double *)made->data)[i] = classes ? floor(unit * classes) : unit; break;
    }
  }
  return true;
}

static bool make_up_rows(struct model *model, const struct graph *graph, uint64_t seed, struct error *error) {
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    uint32_t number = (uint32_t)node->attr.i[0];
    if (node->op == OP_column && !model->column[SPLIT_TRAIN][number].data &&
        !make_up_column(model, number, seed, error))
      return false;
  }
  return true;
}

/* Of values over the training split any will do that makes no pole, also for initial values made of them. */
static void make_up_fits(struct model *model) {
  for (size_t i = 0; i < model->program->variables.n; i++) {
    const struct variable *variable = &model->program->variables.at[i];
    int64_t n = shape_count(variable->shape);
    for (int64_t k = 0; variable->kind == VARIABLE_FIT && k < n; k++) ((double *)model->variable[i].data)[k] = 1;
  }
}

static bool make_up_weights(struct model *model, uint64_t seed, struct error *error) {
  make_up_fits(model);
  for (size_t i = 0; i < model->program->stages.n; i++) {
    const struct stage *stage = &model->program->stages.at[i];
    for (size_t k = 0; !stage->in_evaluation && k < stage->setup.n; k++)
      if (stage->setup.at[k].graph && !run_once(model, stage->setup.at[k].graph, error)) return false;
  }
  for (size_t i = 0; i < model->program->variables.n; i++) {
    const struct variable *variable = &model->program->variables.at[i];
    double *value = model->variable[i].data;
    int64_t n = shape_count(variable->shape);
    uint64_t key = key_mix(seed, string_hash(variable->name));
    for (int64_t k = 0; variable->kind == VARIABLE_WEIGHT && k < n; k++)
      value[k] += noise * random_normal(random_bits(key, (uint64_t)k));
  }
  return true;
}

/* ---- differences ---- */

/* Not a number where the loss has no value there. */
static double loss_at(const struct check *check, const struct checked *checked, double h) {
  struct error error = {0};
  for (int64_t i = 0; i < checked->n; i++) checked->value[i] = checked->kept[i] + h * checked->direction[i];
  return feeder_run(check->loss, check->step_context, &error) ? feeder_number(check->loss, "loss") : NAN;
}

/* The smallest relative error that any step size reaches. */
static double direction_error(const struct check *check, struct checked *checked) {
  double slope = 0, best = INFINITY, before = NAN;
  for (int64_t i = 0; i < checked->n; i++) slope += checked->gradient[i] * checked->direction[i];
  double h = first_step, size = 0;
  for (int k = 0; k < SHRINKS && best > GRADCHECK_LIMIT; k++, h /= 10) {
    double up = loss_at(check, checked, h), down = loss_at(check, checked, -h), now = (up - down) / (2 * h);
    checked->flat = checked->flat && up == down;
    double estimate[2] = {now, (100 * now - before) / 99};
    size = 1e-3 * (fabs(up) + fabs(down)) / 2; /* what rounding of the loss can do; smaller slopes count as zero */
    for (int e = 0; e < 2; e++) {
      double scale = fmax(fmax(fabs(slope), fabs(estimate[e])), fmax(size, 1e-12));
      double difference = fabs(slope - estimate[e]) / scale;
      if (difference < best) best = difference;
    }
    before = now;
  }
  memcpy(checked->value, checked->kept, (size_t)checked->n * sizeof *checked->value);
  return best;
}

static void random_direction(const struct check *check, struct checked *checked, int number) {
  double norm = 0;
  uint64_t key = key_mix(key_mix(check->seed, string_hash(checked->name)), 1 + (uint64_t)number);
  for (int64_t i = 0; i < checked->n; i++) {
    checked->direction[i] = random_normal(random_bits(key, (uint64_t)i));
    norm += checked->direction[i] * checked->direction[i];
  }
  for (int64_t i = 0; i < checked->n; i++) checked->direction[i] /= sqrt(norm);
}

/* The element with the largest gradient, and then ones drawn. */
static void one_element(const struct check *check, struct checked *checked, int number) {
  uint64_t key = key_mix(key_mix(check->seed, string_hash(checked->name)), 100);
  int64_t at = (int64_t)(random_bits(key, (uint64_t)number) % (uint64_t)checked->n);
  for (int64_t i = 0; number == 0 && i < checked->n; i++)
    if (fabs(checked->gradient[i]) > fabs(checked->gradient[at])) at = i;
  memset(checked->direction, 0, (size_t)checked->n * sizeof *checked->direction);
  checked->direction[at] = 1;
}

static double largest_error(const struct check *check, struct checked *checked) {
  double worst = 0;
  for (int i = 0; i < DIRECTIONS + ELEMENTS; i++) {
    if (i < DIRECTIONS) random_direction(check, checked, i);
    else one_element(check, checked, i - DIRECTIONS);
    worst = fmax(worst, direction_error(check, checked));
  }
  return worst;
}

/* ---- one name after the other ---- */

/* Finds the weight or view of this name. */
static const struct array *find(const struct model *model, const char *name) {
  for (size_t i = 0; i < model->program->variables.n; i++)
    if (strcmp(model->program->variables.at[i].name, name) == 0) return &model->variable[i];
  for (size_t i = 0; i < model->program->columns.n; i++)
    if ((model->program->columns.at[i].kind == COLUMN_VIEW || model->program->columns.at[i].kind == COLUMN_ROWS) &&
        strcmp(model->program->columns.at[i].name, name) == 0)
      return &model->column[SPLIT_TRAIN][i];
  return NULL;
}

static bool is_zero(const struct checked *checked) {
  for (int64_t i = 0; i < checked->n; i++)
    if (checked->gradient[i] != 0) return false;
  return checked->flat;
}

static bool check_name(const struct check *check, const char *root, FILE *results, struct counts *counts,
                       struct error *error) {
  const char *name = strchr(root, ':') + 1;
  const struct array *array = find(check->model, name);
  const double *gradient = feeder_value(check->gradients, root, NULL);
  if (!array || !array->data || !gradient) return error_set(error, ERROR_MODEL, "'%s' has no place in the model", root);
  struct checked checked = {name, array->data, gradient, shape_count(array->shape) * (array->rows ? array->rows : 1),
                            NULL, NULL,        true};
  checked.direction = block_alloc(size_product(2 * (size_t)checked.n, sizeof(double)));
  if (!checked.direction) return error_set(error, ERROR_DATA, "there is no memory for a direction of '%s'", name);
  checked.kept = checked.direction + checked.n;
  memcpy(checked.kept, checked.value, (size_t)checked.n * sizeof(double));
  double difference = largest_error(check, &checked);
  free(checked.direction);
  char shape[SHAPE_STRING];
  bool passed = difference <= GRADCHECK_LIMIT, zero = is_zero(&checked);
  fprintf(results, "%-40s %-24s %9.1e  %s\n", name, shape_string(shape, array->shape, array->rows > 0), difference,
          zero     ? "zero: the loss does not depend on it"
          : passed ? "ok"
                   : "FAIL");
  fflush(results);
  counts->names++;
  counts->wrong += !passed;
  counts->zero += zero;
  return true;
}

/* What a stage's check comes to: a check of nothing is not a success. */
static bool conclude(const struct check *check, const struct counts *counts, FILE *results, struct error *error) {
  const char *stage = check->of->stage;
  fprintf(results, "%zu gradients, %zu wrong", counts->names, counts->wrong);
  if (counts->zero) fprintf(results, ", %zu zero", counts->zero);
  fprintf(results, "\n");
  if (counts->wrong)
    return error_set(error, ERROR_MODEL, "%zu of %zu gradients of '%s' differ from differences of the loss",
                     counts->wrong, counts->names, stage);
  if (counts->zero < counts->names) return true;
  error_set(error, ERROR_MODEL, "nothing was checked in '%s': %s", stage,
            counts->names ? "the loss depends on no weight or view"
                          : "there is no weight or view to take a gradient by");
  return error_hint(error, "let a loss term depend on what is trained, by a way that is not stopped");
}

static bool check_all(const struct check *check, FILE *results, struct error *error) {
  const struct graph *graph = check->of->gradients;
  struct counts counts = {0};
  fprintf(results, "%-40s %-24s %9s\n", "gradient of the loss by", "shape", "error");
  if (!feeder_run(check->gradients, check->step_context, error)) return false;
  double loss = feeder_number(check->gradients, "loss");
  if (!isfinite(loss)) return error_set(error, ERROR_NUMBER, "the loss of the made-up rows is %g", loss);
  for (size_t i = 0; i < graph->roots.n; i++) {
    const char *root = graph->roots.at[i].name;
    if (root && strncmp(root, "gradient:", 9) == 0 && !check_name(check, root, results, &counts, error)) return false;
  }
  return conclude(check, &counts, results, error);
}

/* ---- a stage ---- */

/* Computes what is stopped, at the point where gradients are taken, and keeps it for the differences. */
static bool hold(const struct check *check, struct error *error) {
  const struct graph *values = check->of->values;
  struct model *model = check->model;
  if (!values) return true;
  struct feeder *feeder = feeder_of(model, values, any_rows, ROWS, IN_ORDER, error);
  if (!feeder) return false;
  feeder_range(feeder, 0, ROWS);
  bool ok = feeder_run(feeder, check->step_context, error);
  for (size_t i = 0; ok && i < values->roots.n; i++) {
    const struct root *root = &values->roots.at[i];
    struct value_type type = graph_node(values, root->node)->type;
    ok = !type.rows || model_make_cut(model, SPLIT_TRAIN, root->target, &type, ROWS, error);
    if (!ok) break;
    struct array *to = type.rows ? &model->column[SPLIT_TRAIN][root->target] : &model->variable[root->target];
    size_t n = (size_t)(shape_count(type.shape) * (type.rows ? ROWS : 1));
    memcpy(to->data, feeder_value(feeder, root->name, NULL), n * sizeof(double));
  }
  feeder_free(feeder);
  return ok;
}

static bool check_stage(struct check *check, FILE *results, struct error *error) {
  const struct gradient_check *of = check->of;
  if (!make_up_rows(check->model, of->gradients, check->seed, error) || !hold(check, error)) return false;
  check->gradients = feeder_apart(check->model, of->gradients, any_rows, ROWS, IN_ORDER, error);
  check->loss = check->gradients ? feeder_of(check->model, of->loss, any_rows, ROWS, IN_ORDER, error) : NULL;
  bool ok = check->loss != NULL;
  if (ok) {
    feeder_range(check->gradients, 0, ROWS);
    feeder_range(check->loss, 0, ROWS);
    ok = check_all(check, results, error);
  }
  feeder_free(check->gradients);
  feeder_free(check->loss);
  check->gradients = check->loss = NULL;
  return ok;
}

bool gradcheck(const struct program *program, uint64_t seed, FILE *results, struct error *error) {
  struct check check = {.seed = key_mix(seed, string_hash("gradcheck"))};
  struct error first = {0}; /* the other stages are checked all the same */
  check.model = model_new(program, NULL, NULL, backend_reference(), error);
  bool ok = check.model != NULL;
  if (ok) {
    check.model->seed = seed;
    check.step_context = step_context_fixed(check.model);
    check.step_context.step = 1;
    for (int k = CLOCK_UPDATES; k < CLOCKS; k++) check.step_context.clock[k] = 1;
    ok = make_up_weights(check.model, check.seed, error);
  }
  for (size_t i = 0; check.model && !error->kind && i < program->checks.n; i++) {
    struct error one = {0};
    check.of = &program->checks.at[i];
    if (program->checks.n > 1) fprintf(results, "%sstage %s\n", i ? "\n" : "", check.of->stage);
    if (check_stage(&check, results, &one)) continue;
    if (ok) first = one;
    ok = false;
  }
  if (first.kind) *error = first;
  model_free(check.model);
  return ok;
}
