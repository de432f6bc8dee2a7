#include "train/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kern/kern.h"

static void *zeroed(size_t count, size_t size) {
  size_t bytes = size_product(count ? count : 1, size);
  return memset(must_alloc(bytes), 0, bytes);
}

static bool error_memory(struct error *error, const char *what, const char *name, size_t bytes) {
  error_set(error, ERROR_DATA, "there is no memory for the %s '%s' (%zu bytes)", what, name, bytes);
  error_hint(error, "use a smaller model, or a machine with more memory");
  return false;
}

static bool make_variables(struct model *model, struct error *error) {
  const struct program *program = model->program;
  enum dtype number = model->backend->traits.real;
  model->variable = zeroed(program->variables.n, sizeof *model->variable);
  for (size_t i = 0; i < program->variables.n; i++) {
    const struct variable *variable = &program->variables.at[i];
    size_t bytes = size_product((size_t)shape_count(variable->shape), dtype_size(number));
    void *data = block_alloc(bytes);
    if (!data) return error_memory(error, "variable", variable->name, bytes);
    model->variable[i] = (struct array){variable->name, number, variable->shape, 0, data, NULL};
  }
  return true;
}

static struct array state_array(struct model *model, const char *what, const char *stage, size_t n) {
  int64_t dim[] = {(int64_t)n};
  double *data = ARENA_ARRAY(model->arena, double, n);
  return (struct array){arena_format(model->arena, "%s:%s", what, stage), F64, shape_make(1, dim), 0, data, NULL};
}

static void make_states(struct model *model) {
  size_t n = model->program->stages.n;
  model->state = ARENA_ARRAY(model->arena, struct stage_state, n + 1);
  for (size_t i = 0; i < n; i++) {
    const struct stage *stage = &model->program->stages.at[i];
    if (stage->in_evaluation) continue;
    model->state[i].tally = state_array(model, "log", stage->name, TALLIES * tally_numbers(stage));
    if (stage->keep.metric || stage->stop.metric)
      model->state[i].goals = state_array(model, "goals", stage->name, GOALS * GOAL_NUMBERS);
  }
}

size_t model_states(const struct model *model, struct array *states) {
  size_t n = 0;
  for (size_t i = 0; i < model->program->stages.n; i++) {
    const struct array *all[] = {&model->state[i].tally, &model->state[i].goals};
    for (int k = 0; k < 2; k++) {
      if (!all[k]->data) continue;
      if (states) states[n] = *all[k];
      n++;
    }
  }
  return n;
}

/* A row variable begins as zeros until its stage is set up.  In a checkpoint it has the name of its split behind it, where
 * that is not the one to train on. */
static bool make_rows(struct model *model, uint32_t number, enum data_split split, struct error *error) {
  const struct column *column = &model->program->columns.at[number];
  struct value_type type = {F32, column->shape, true};
  int64_t rows = model_rows(model, (struct row_set){column->table, split});
  if (!rows) return true;
  if (!model_make_cut(model, split, number, &type, rows, error)) return false;
  struct array *made = &model->column[split][number];
  if (split != SPLIT_TRAIN) made->name = arena_format(model->arena, "%s@%s", column->name, split_name(split));
  memset(made->data, 0, (size_t)rows * (size_t)shape_count(made->shape) * dtype_size(made->type));
  return true;
}

static const struct table *table_of(const struct model *model, const struct column *column) {
  return (size_t)column->table < model->program->tables.n ? model->table[column->table] : NULL;
}

static bool make_columns(struct model *model, struct error *error) {
  const struct program *program = model->program;
  for (int split = 0; split < DATA_SPLITS; split++) {
    model->column[split] = zeroed(program->columns.n, sizeof **model->column);
    for (size_t i = 0; i < program->columns.n; i++) {
      const struct column *column = &program->columns.at[i];
      model->column[split][i] = (struct array){column->name, column->type, column->shape, 0, NULL, NULL};
      const struct table *table = table_of(model, column);
      bool rows = column->kind == COLUMN_ROWS && column->made_by[split] && table && !table->elsewhere;
      if (rows && !make_rows(model, (uint32_t)i, (enum data_split)split, error)) return false;
      if (column->kind != COLUMN_DATA || !table || !table->rows[split]) continue;
      const struct array *found = table_column(table, split, column->name);
      if (!found && table->partial) continue; /* who reads it says that it is not there */
      if (!found || found->type != column->type || !shape_equal(found->shape, column->shape))
        return error_set(error, ERROR_DATA, "the data set has no column '%s' of the model's type", column->name);
      model->column[split][i] = *found;
    }
  }
  return true;
}

struct model *model_new(const struct program *program, struct table *const *tables, struct pool *pool,
                        const struct backend *backend, struct error *error) {
  struct model *model = zeroed(1, sizeof *model);
  model->program = program;
  model->pool = pool;
  model->backend = backend;
  model->arena = arena_new();
  model->table = ARENA_ARRAY(model->arena, struct table *, program->tables.n + 1);
  for (size_t i = 0; tables && i < program->tables.n; i++) model->table[i] = tables[i];
  make_states(model);
  if (make_variables(model, error) && make_columns(model, error)) return model;
  model_free(model);
  return NULL;
}

void model_free(struct model *model) {
  if (!model) return;
  if (model->variable)
    for (size_t i = 0; i < model->program->variables.n; i++) free(model->variable[i].data);
  free(model->variable);
  slab_free(&model->slab);
  for (int split = 0; split < DATA_SPLITS; split++) {
    for (size_t i = 0; model->column[split] && i < model->program->columns.n; i++) {
      const struct column *column = &model->program->columns.at[i];
      if (column->kind != COLUMN_DATA || !table_of(model, column)) free(model->column[split][i].data);
    }
    free(model->column[split]);
  }
  arena_free(model->arena);
  free(model);
}

int64_t model_rows(const struct model *model, struct row_set rows) {
  bool read = (size_t)rows.table < model->program->tables.n && model->table[rows.table];
  return read ? model->table[rows.table]->rows[rows.split] : 0;
}

bool model_make_cut(struct model *model, enum data_split split, uint32_t column, const struct value_type *type,
                    int64_t rows, struct error *error) {
  struct array *cut = &model->column[split][column];
  free(cut->data);
  cut->type = type->type == F32 ? model->backend->traits.real : type->type;
  size_t row = size_product((size_t)shape_count(type->shape), dtype_size(cut->type));
  size_t bytes = size_product(type->rows ? (size_t)rows : 1, row);
  cut->shape = type->shape;
  cut->rows = type->rows ? rows : 0;
  cut->data = block_alloc(bytes);
  if (cut->data) return true;
  return error_memory(error, "values computed beforehand", cut->name, bytes);
}

const struct array *model_next_rows(const struct model *model, const struct array *last) {
  for (int split = 0; split < DATA_SPLITS; split++)
    for (size_t i = 0; i < model->program->columns.n; i++) {
      const struct array *rows = &model->column[split][i];
      if (model->program->columns.at[i].kind != COLUMN_ROWS || !rows->data) continue;
      if (!last) return rows;
      if (rows == last) last = NULL;
    }
  return NULL;
}

size_t model_kept(const struct model *model, bool weights_only, struct array *kept) {
  size_t n = 0;
  for (size_t i = 0; i < model->program->variables.n; i++) {
    const struct variable *variable = &model->program->variables.at[i];
    if (variable->stage < 0 || model->program->stages.at[variable->stage].in_evaluation) continue;
    if (weights_only && variable->kind == VARIABLE_OPTIMIZER) continue;
    if (kept) kept[n] = model->variable[i];
    n++;
  }
  const struct array *rows = NULL;
  while (!weights_only && (rows = model_next_rows(model, rows))) {
    if (kept) kept[n] = *rows;
    n++;
  }
  return n;
}

static bool is_finite(const struct array *array) {
  int64_t n = shape_count(array->shape) * (array->rows ? array->rows : 1);
  if (array->type == F32) return !count_not_finite(array->data, n);
  for (int64_t k = 0; k < n; k++)
    if (!isfinite(((const double *)array->data)[k])) return false;
  return true;
}

const struct array *model_not_finite(const struct model *model) {
  for (size_t i = 0; i < model->program->variables.n; i++)
    if (!is_finite(&model->variable[i])) return &model->variable[i];
  const struct array *rows = NULL;
  while ((rows = model_next_rows(model, rows)))
    if (!is_finite(rows)) return rows;
  return NULL;
}
