#include "train/collect.h"

#include <stdlib.h>
#include <string.h>

#include "train/feeder.h"

/* Copies one root of the batch that has just run to its rows of the column; the first batch says what it is. */
static bool keep(struct feeder *feeder, struct model *model, enum data_split split, const struct root *root,
                 int64_t first, int64_t n, int64_t rows, struct error *error) {
  struct value_type type;
  const void *value = feeder_value(feeder, root->name, &type);
  bool kept = model->program->columns.at[root->target].kind == COLUMN_ROWS; /* and has its memory */
  if (kept) {
    feeder_store(feeder, root->name, root->target);
    return true;
  }
  if (first == 0 && !model_make_cut(model, split, root->target, &type, rows, error)) return false;
  const struct array *cut = &model->column[split][root->target];
  size_t row = (size_t)shape_count(cut->shape) * dtype_size(cut->type);
  if (cut->rows) memcpy((char *)cut->data + (size_t)first * row, value, (size_t)n * row);
  else memcpy(cut->data, value, row);
  return true;
}

/* A root without rows whose values for all batches are added, in double. */
static bool add_up(struct feeder *feeder, struct model *model, enum data_split split, const struct root *root,
                   double **sum, bool first, bool last, struct error *error) {
  struct value_type type;
  const void *value = feeder_value(feeder, root->name, &type);
  if (first && !model_make_cut(model, split, root->target, &type, 1, error)) return false;
  struct array *cut = &model->column[split][root->target];
  int64_t n = shape_count(cut->shape);
  if (first) memset(*sum = must_alloc((size_t)n * sizeof **sum + 1), 0, (size_t)n * sizeof **sum);
  for (int64_t i = 0; i < n; i++)
    (*sum)[i] += cut->type == F64 ? ((const double *)value)[i] : (double)((const float *)value)[i];
  for (int64_t i = 0; last && i < n; i++) {
    if (cut->type == F64) ((double *)cut->data)[i] = (*sum)[i];
    else ((float *)cut->data)[i] = (float)(*sum)[i];
  }
  return true;
}

bool collect(struct model *model, const struct graph *graph, struct row_set of, struct watch watch,
             struct error *error) {
  int64_t rows = model_rows(model, of) ? model_rows(model, of) : 1;
  int64_t batch = rows < COLLECT_BATCH ? rows : COLLECT_BATCH;
  struct feeder *feeder = feeder_of(model, graph, of, batch, IN_ORDER, error);
  bool ok = feeder != NULL;
  double **sum = memset(must_alloc((graph->roots.n + 1) * sizeof *sum), 0, (graph->roots.n + 1) * sizeof *sum);
  for (int64_t first = 0; ok && first < rows; first += batch) {
    int64_t n = rows - first < batch ? rows - first : batch;
    ok = watch_ask(watch, (double)first / (double)rows, error);
    if (!ok) break;
    feeder_range(feeder, first, n);
    ok = feeder_run(feeder, step_context_fixed(model), error);
    for (size_t k = 0; ok && k < graph->roots.n; k++) {
      const struct root *root = &graph->roots.at[k];
      if (model->program->columns.at[root->target].kind == COLUMN_SUM)
        ok = add_up(feeder, model, of.split, root, &sum[k], first == 0, first + n == rows, error);
      else ok = keep(feeder, model, of.split, root, first, n, rows, error);
    }
  }
  for (size_t k = 0; k < graph->roots.n; k++) free(sum[k]);
  free(sum);
  feeder_free(feeder);
  return ok;
}
