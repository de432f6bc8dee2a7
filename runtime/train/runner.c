#include "train/runner.h"

#include <stdlib.h>
#include <string.h>

#include "data/batch.h"

struct fed { /* a column that the graph reads */
  uint32_t column;
  char *gathered; /* room for the largest batch of scattered rows, or NULL */
};

struct runner {
  struct model *model;
  enum data_split split;
  struct arena *arena; /* of its own plan, or NULL */
  struct slab own;     /* of one apart */
  struct exec *exec;
  int64_t most, n; /* rows: at most, and at hand */
  int64_t *row_id;
  struct fed *fed;
  size_t n_fed;
  struct fault unread; /* why rows at hand could not be read */
};

/* Rows of every split have ids of their own, after those of the splits before it, so that no draw is shared. */
static int64_t id_base(const struct runner *runner) {
  int64_t base = 0;
  for (int split = 0; split < (int)runner->split; split++) base += model_rows(runner->model, (enum data_split)split);
  return base;
}

static bool already_fed(const struct runner *runner, uint32_t column) {
  for (size_t i = 0; i < runner->n_fed; i++)
    if (runner->fed[i].column == column) return true;
  return false;
}

static size_t row_bytes(const struct array *column) {
  return (size_t)shape_count(column->shape) * dtype_size(column->type);
}

static bool bind_leaves(struct runner *runner, const struct graph *graph, struct fault *fault) {
  runner->fed = must_alloc(size_product(runner->model->program->columns.n + 1, sizeof *runner->fed));
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    uint32_t number = (uint32_t)node->attr.i[0];
    if (node->op == OP_variable) exec_bind_variable(runner->exec, number, runner->model->variable[number].data);
    if (node->op != OP_column || already_fed(runner, number)) continue;
    const struct array *column = &runner->model->column[runner->split][number];
    bool there = column->data || column->reader;
    if (!there && !model_rows(runner->model, runner->split))
      return fault_set(fault, FAULT_DATA, "the %s split has no rows", split_name(runner->split));
    if (!there)
      return fault_set(fault, FAULT_DATA, "'%s' of the %s split is read by '%s' before it is there", column->name,
                       split_name(runner->split), graph->name);
    if (column->rows == 0)
      exec_bind_column(runner->exec, number, column->data);
    else
      runner->fed[runner->n_fed++] = (struct fed){number, NULL};
  }
  for (size_t i = 0; i < graph->roots.n; i++) {
    const struct root *root = &graph->roots.at[i];
    if (root->kind == ROOT_WRITE)
      exec_bind_variable(runner->exec, root->target, runner->model->variable[root->target].data);
  }
  return true;
}

/* Rows in order are read where they lie, but for those that are in a file. */
static bool make_room(struct runner *runner, enum row_order order, struct fault *fault) {
  for (size_t i = 0; i < runner->n_fed; i++) {
    const struct array *column = &runner->model->column[runner->split][runner->fed[i].column];
    if (order == IN_ORDER && !column->reader) continue;
    size_t bytes = size_product((size_t)runner->most, row_bytes(column));
    runner->fed[i].gathered = block_alloc(bytes);
    if (!runner->fed[i].gathered)
      return fault_set(fault, FAULT_DATA, "there is no memory for a batch of '%s' (%zu bytes)", column->name,
                       bytes);
  }
  return true;
}

struct plan_settings runner_settings(const struct model *model, int64_t rows) {
  return (struct plan_settings){.rows = rows, .threads = model->pool ? pool_threads(model->pool) : 1};
}

static bool make_ready(struct runner *runner, const struct plan *plan, struct slab *slab, enum row_order order,
                       struct fault *fault) {
  struct model *model = runner->model;
  runner->most = plan->rows;
  runner->row_id = must_alloc(size_product((size_t)plan->rows, sizeof *runner->row_id));
  runner->exec = exec_new(plan, model->backend, model->pool, slab, fault);
  return runner->exec && bind_leaves(runner, plan->graph, fault) && make_room(runner, order, fault);
}

struct runner *runner_new(struct model *model, const struct plan *plan, enum data_split split, enum row_order order,
                          struct fault *fault) {
  struct runner *runner = must_alloc(sizeof *runner);
  *runner = (struct runner){.model = model, .split = split};
  if (make_ready(runner, plan, &model->slab, order, fault)) return runner;
  runner_free(runner);
  return NULL;
}

static struct runner *with_plan(struct model *model, const struct graph *graph, bool apart, enum data_split split,
                                int64_t rows, enum row_order order, struct fault *fault) {
  struct runner *runner = must_alloc(sizeof *runner);
  struct plan_settings settings = runner_settings(model, rows);
  *runner = (struct runner){.model = model, .split = split, .arena = arena_new()};
  const struct plan *plan = plan_make(runner->arena, graph, &settings, &model->backend->traits, fault);
  if (plan && make_ready(runner, plan, apart ? &runner->own : &model->slab, order, fault)) return runner;
  runner_free(runner);
  return NULL;
}

struct runner *runner_of(struct model *model, const struct graph *graph, enum data_split split, int64_t rows,
                         enum row_order order, struct fault *fault) {
  return with_plan(model, graph, false, split, rows, order, fault);
}

struct runner *runner_apart(struct model *model, const struct graph *graph, enum data_split split, int64_t rows,
                            enum row_order order, struct fault *fault) {
  return with_plan(model, graph, true, split, rows, order, fault);
}

void runner_free(struct runner *runner) {
  if (!runner) return;
  exec_free(runner->exec);
  for (size_t i = 0; i < runner->n_fed; i++) free(runner->fed[i].gathered);
  free(runner->fed);
  free(runner->row_id);
  slab_free(&runner->own);
  arena_free(runner->arena);
  free(runner);
}

void runner_take(struct runner *runner, const int64_t *row, int64_t n) {
  int64_t base = id_base(runner);
  runner->n = n;
  for (int64_t i = 0; i < n; i++) runner->row_id[i] = base + row[i];
  for (size_t i = 0; i < runner->n_fed; i++) {
    struct fed *fed = &runner->fed[i];
    const struct array *column = &runner->model->column[runner->split][fed->column];
    batch_gather(column, row, n, fed->gathered, &runner->unread);
    exec_bind_column(runner->exec, fed->column, fed->gathered);
  }
}

void runner_range(struct runner *runner, int64_t first, int64_t n) {
  int64_t base = id_base(runner);
  runner->n = n;
  for (size_t i = 0; i < runner->n_fed; i++) {
    const struct array *column = &runner->model->column[runner->split][runner->fed[i].column];
    const char *data = column->data;
    if (column->reader) {
      for (int64_t k = 0; k < n; k++) runner->row_id[k] = first + k;
      batch_gather(column, runner->row_id, n, runner->fed[i].gathered, &runner->unread);
      data = runner->fed[i].gathered;
    } else {
      data += (size_t)first * row_bytes(column);
    }
    exec_bind_column(runner->exec, runner->fed[i].column, data);
  }
  for (int64_t i = 0; i < n; i++) runner->row_id[i] = base + first + i;
}

bool runner_run(struct runner *runner, struct moment moment, struct fault *fault) {
  if (runner->unread.kind) return *fault = runner->unread, false;
  moment.row_ids = runner->row_id;
  return exec_run(runner->exec, runner->n, &moment, fault);
}

bool runner_run_checked(struct runner *runner, struct moment moment, struct fault *fault) {
  if (runner->unread.kind) return *fault = runner->unread, false;
  moment.row_ids = runner->row_id;
  return exec_run_checked(runner->exec, runner->n, &moment, fault);
}

struct exec *runner_exec(struct runner *runner) { return runner->exec; }

const void *runner_value(const struct runner *runner, const char *name, struct value_type *type) {
  return exec_value(runner->exec, name, type);
}

double runner_number(const struct runner *runner, const char *name) { return exec_number(runner->exec, name); }

struct moment moment_fixed(const struct model *model) {
  struct moment moment = {.seed = model->seed, .round = 0};
  memcpy(moment.clock, model->clock, sizeof moment.clock);
  return moment;
}

bool run_once(struct model *model, const struct graph *graph, struct fault *fault) {
  struct runner *runner = runner_of(model, graph, SPLIT_TRAIN, 1, IN_ORDER, fault);
  if (!runner) return false;
  runner_range(runner, 0, 1);
  bool good = runner_run(runner, moment_fixed(model), fault);
  runner_free(runner);
  return good;
}
