#include "train/feeder.h"

#include <stdlib.h>
#include <string.h>

#include "data/batch.h"

struct fed { /* a column that the graph reads */
  uint32_t column;
  char *gathered; /* memory for the largest batch of scattered rows, or NULL */
};

struct feeder {
  struct model *model;
  struct row_set rows;
  struct arena *arena; /* of its own plan, or NULL */
  struct slab own;     /* of one apart */
  struct exec *exec;
  int64_t most, n; /* rows: at most, and now */
  int64_t *row_id;
  int64_t **beside; /* of rows of other tables, by table; NULL where there are none */
  struct fed *fed;
  size_t n_fed;
  struct error unread; /* why current rows could not be read */
};

/* Rows of every split of a table have ids of their own, so that no draw is shared; they do not depend on how many rows of
 * the others there are, or have been read. */
static int64_t id_base(const struct feeder *feeder, int table) {
  enum { ROW_BITS = 40 };
  return (int64_t)(table * (DATA_SPLITS + 1) + (int)feeder->rows.split) << ROW_BITS;
}

/* Ids of the current rows of a table: its own, where there are others beside the feeder's. */
static const int64_t *ids_of(const struct feeder *feeder, int table) {
  return feeder->beside && feeder->beside[table] ? feeder->beside[table] : feeder->row_id;
}

static bool already_fed(const struct feeder *feeder, uint32_t column) {
  for (size_t i = 0; i < feeder->n_fed; i++)
    if (feeder->fed[i].column == column) return true;
  return false;
}

static size_t row_bytes(const struct array *column) {
  return (size_t)shape_count(column->shape) * dtype_size(column->type);
}

static bool bind_leaves(struct feeder *feeder, const struct graph *graph, struct error *error) {
  feeder->fed = must_alloc(size_product(feeder->model->program->columns.n + 1, sizeof *feeder->fed));
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    uint32_t number = (uint32_t)node->attr.i[0];
    if (node->op == OP_variable) exec_bind_variable(feeder->exec, number, feeder->model->variable[number].data);
    if (node->op != OP_column || already_fed(feeder, number)) continue;
    const struct array *column = &feeder->model->column[feeder->rows.split][number];
    bool there = column->data || column->reader;
    if (!there && !model_rows(feeder->model, feeder->rows))
      return error_set(error, ERROR_DATA, "the %s split has no rows", split_name(feeder->rows.split));
    if (!there)
      return error_set(error, ERROR_DATA, "'%s' of the %s split is read by '%s' before it is there", column->name,
                       split_name(feeder->rows.split), graph->name);
    if (column->rows == 0) exec_bind_column(feeder->exec, number, column->data);
    else feeder->fed[feeder->n_fed++] = (struct fed){number, NULL};
  }
  for (size_t i = 0; i < graph->roots.n; i++) {
    const struct root *root = &graph->roots.at[i];
    if (root->kind == ROOT_WRITE)
      exec_bind_variable(feeder->exec, root->target, feeder->model->variable[root->target].data);
  }
  return true;
}

/* Rows in order are read where they lie, but for those that are in a file. */
static bool reserve(struct feeder *feeder, enum row_order order, struct error *error) {
  for (size_t i = 0; i < feeder->n_fed; i++) {
    const struct array *column = &feeder->model->column[feeder->rows.split][feeder->fed[i].column];
    if (order == IN_ORDER && !column->reader) continue;
    size_t bytes = size_product((size_t)feeder->most, row_bytes(column));
    feeder->fed[i].gathered = block_alloc(bytes);
    if (!feeder->fed[i].gathered)
      return error_set(error, ERROR_DATA, "there is no memory for a batch of '%s' (%zu bytes)", column->name, bytes);
  }
  return true;
}

struct plan_settings feeder_settings(const struct model *model, int64_t rows) {
  return (struct plan_settings){.rows = rows, .threads = model->pool ? pool_threads(model->pool) : 1};
}

static bool make_ready(struct feeder *feeder, const struct plan *plan, struct slab *slab, enum row_order order,
                       struct error *error) {
  struct model *model = feeder->model;
  feeder->most = plan->rows;
  feeder->row_id = must_alloc(size_product((size_t)plan->rows, sizeof *feeder->row_id));
  feeder->exec = exec_new(plan, model->backend, model->pool, slab, error);
  if (!feeder->exec) return false;
  exec_name_columns(feeder->exec, model->column[feeder->rows.split]);
  return bind_leaves(feeder, plan->graph, error) && reserve(feeder, order, error);
}

struct feeder *feeder_new(struct model *model, const struct plan *plan, struct row_set rows, enum row_order order,
                          struct error *error) {
  struct feeder *feeder = must_alloc(sizeof *feeder);
  *feeder = (struct feeder){.model = model, .rows = rows};
  if (make_ready(feeder, plan, &model->slab, order, error)) return feeder;
  feeder_free(feeder);
  return NULL;
}

static struct feeder *with_plan(struct model *model, const struct graph *graph, bool apart, struct row_set rows,
                                int64_t batch, enum row_order order, struct error *error) {
  struct feeder *feeder = must_alloc(sizeof *feeder);
  struct plan_settings settings = feeder_settings(model, batch);
  *feeder = (struct feeder){.model = model, .rows = rows, .arena = arena_new()};
  const struct plan *plan = plan_make(feeder->arena, graph, &settings, &model->backend->traits, error);
  if (plan && make_ready(feeder, plan, apart ? &feeder->own : &model->slab, order, error)) return feeder;
  feeder_free(feeder);
  return NULL;
}

struct feeder *feeder_of(struct model *model, const struct graph *graph, struct row_set rows, int64_t batch,
                         enum row_order order, struct error *error) {
  return with_plan(model, graph, false, rows, batch, order, error);
}

struct feeder *feeder_apart(struct model *model, const struct graph *graph, struct row_set rows, int64_t batch,
                            enum row_order order, struct error *error) {
  return with_plan(model, graph, true, rows, batch, order, error);
}

void feeder_free(struct feeder *feeder) {
  if (!feeder) return;
  exec_free(feeder->exec);
  for (size_t i = 0; i < feeder->n_fed; i++) free(feeder->fed[i].gathered);
  for (size_t i = 0; feeder->beside && i < feeder->model->program->tables.n; i++)
    if (feeder->beside[i] != feeder->row_id) free(feeder->beside[i]);
  free(feeder->beside);
  free(feeder->fed);
  free(feeder->row_id);
  slab_free(&feeder->own);
  arena_free(feeder->arena);
  free(feeder);
}

static void take(struct feeder *feeder, int table, int64_t *id, const int64_t *row, int64_t n) {
  int64_t base = id_base(feeder, table);
  for (int64_t i = 0; i < n; i++) id[i] = base + row[i];
  for (size_t i = 0; i < feeder->n_fed; i++) {
    struct fed *fed = &feeder->fed[i];
    const struct array *column = &feeder->model->column[feeder->rows.split][fed->column];
    if (feeder->beside && feeder->model->program->columns.at[fed->column].table != table) continue;
    batch_gather(column, row, n, fed->gathered, &feeder->unread);
    exec_bind_column(feeder->exec, fed->column, fed->gathered);
  }
}

void feeder_take(struct feeder *feeder, const int64_t *row, int64_t n) {
  feeder->n = n;
  take(feeder, feeder->rows.table, feeder->row_id, row, n);
}

void feeder_take_beside(struct feeder *feeder, int table, const int64_t *row, int64_t n) {
  size_t tables = feeder->model->program->tables.n;
  if (!feeder->beside) {
    feeder->beside = memset(must_alloc(tables * sizeof *feeder->beside), 0, tables * sizeof *feeder->beside);
    feeder->beside[feeder->rows.table] = feeder->row_id;
  }
  if (!feeder->beside[table])
    feeder->beside[table] = must_alloc(size_product((size_t)feeder->most, sizeof **feeder->beside));
  take(feeder, table, feeder->beside[table], row, n);
}

void feeder_range(struct feeder *feeder, int64_t first, int64_t n) {
  int64_t base = id_base(feeder, feeder->rows.table);
  feeder->n = n;
  for (size_t i = 0; i < feeder->n_fed; i++) {
    const struct array *column = &feeder->model->column[feeder->rows.split][feeder->fed[i].column];
    const char *data = column->data;
    if (column->reader) {
      for (int64_t k = 0; k < n; k++) feeder->row_id[k] = first + k;
      batch_gather(column, feeder->row_id, n, feeder->fed[i].gathered, &feeder->unread);
      data = feeder->fed[i].gathered;
    } else {
      data += (size_t)first * row_bytes(column);
    }
    exec_bind_column(feeder->exec, feeder->fed[i].column, data);
  }
  for (int64_t i = 0; i < n; i++) feeder->row_id[i] = base + first + i;
}

bool feeder_run(struct feeder *feeder, struct step_context step_context, struct error *error) {
  if (feeder->unread.kind) return *error = feeder->unread, false;
  step_context.row_ids = feeder->row_id;
  step_context.row_ids_of = (const int64_t *const *)feeder->beside;
  return exec_run(feeder->exec, feeder->n, &step_context, error);
}

bool feeder_run_checked(struct feeder *feeder, struct step_context step_context, struct error *error) {
  if (feeder->unread.kind) return *error = feeder->unread, false;
  step_context.row_ids = feeder->row_id;
  step_context.row_ids_of = (const int64_t *const *)feeder->beside;
  return exec_run_checked(feeder->exec, feeder->n, &step_context, error);
}

void feeder_store(struct feeder *feeder, const char *name, uint32_t column) {
  struct value_type type;
  const char *value = exec_value(feeder->exec, name, &type);
  struct array *to = &feeder->model->column[feeder->rows.split][column];
  size_t size = row_bytes(to);
  int table = feeder->model->program->columns.at[column].table;
  const int64_t *id = ids_of(feeder, table);
  int64_t base = id_base(feeder, feeder->beside ? table : feeder->rows.table);
  for (int64_t i = 0; i < feeder->n; i++)
    memcpy((char *)to->data + (size_t)(id[i] - base) * size, value + (type.rows ? (size_t)i * size : 0), size);
}

struct exec *feeder_exec(struct feeder *feeder) {
  return feeder->exec;
}

const void *feeder_value(const struct feeder *feeder, const char *name, struct value_type *type) {
  return exec_value(feeder->exec, name, type);
}

double feeder_number(const struct feeder *feeder, const char *name) { return exec_number(feeder->exec, name); }

struct step_context step_context_fixed(const struct model *model) {
  struct step_context step_context = {.seed = model->seed, .step = 0};
  memcpy(step_context.clock, model->clock, sizeof step_context.clock);
  return step_context;
}

bool run_once(struct model *model, const struct graph *graph, struct error *error) {
  struct feeder *feeder = feeder_of(model, graph, (struct row_set){0, SPLIT_TRAIN}, 1, IN_ORDER, error);
  if (!feeder) return false;
  feeder_range(feeder, 0, 1);
  bool good = feeder_run(feeder, step_context_fixed(model), error);
  feeder_free(feeder);
  return good;
}
