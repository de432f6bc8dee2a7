/* The public library: a run's model over rows that the caller holds.
 *
 * The model is compiled once, with the values that are asked for; each call of crl_compute puts the caller's rows in
 * the place of the training split. */
#include "config.h"

#include "crl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/processors.h"
#include "data/catalogue.h"
#include "dsl/lower/compile.h"
#include "exec/exec.h"
#include "grammar/parse.h"
#include "session/manifest.h"
#include "session/run.h"
#include "store/checkpoint.h"
#include "train/gathered.h"
#include "train/reads.h"
#include "train/training_state.h"

struct crl_model {
  struct arena *arena;
  struct manifest *manifest;
  struct pool *pool;
  struct table table;
  struct model *model;
  const struct program *program;
};

static bool give(struct crl_error *report, const struct error *error) {
  if (!report) return false;
  report->status = (int)error->kind;
  snprintf(report->message, sizeof report->message, "%s", error->message);
  snprintf(report->hint, sizeof report->hint, "%s", error->hint);
  return false;
}

const char *crl_version(void) { return PACKAGE_VERSION; }

/* ---- opening ---- */

static const struct data_set *choose_data(void *context, const char *const *names, size_t n, struct error *error) {
  (void)context;
  for (size_t i = 0; i < n; i++)
    if (catalogue_find(names[i])) return catalogue_find(names[i]);
  error_set(error, ERROR_MODEL, "there is no data set '%s'", names[0]);
  return NULL;
}

static const struct file_columns *describe_file(void *context, const char *name, struct file_options options,
                                                struct error *error) {
  crl_model *model = context;
  const struct file_columns *columns = manifest_described(model->manifest, name, options, model->arena);
  if (!columns) error_set(error, ERROR_DATA, "the run does not say what '%s' held", name);
  return columns;
}

static bool compile(crl_model *model, const char *run, const char *values, struct error *error) {
  struct compile_settings settings = {.name = model->manifest->model,
                                      .merged = model->manifest->variant,
                                      .compute = arena_copy_string(model->arena, values, strlen(values)),
                                      .compute_split = "train",
                                      .direct = !model->manifest->winograd,
                                      .choose_data = choose_data,
                                      .describe_file = describe_file,
                                      .context = model,
                                      .parse = parse};
  struct compiled *compiled = compile_model(model->arena, arena_format(model->arena, "%s/model.crl", run), &settings,
                                            error);
  if (!compiled) return false;
  if (diag_errors(compiled->diags)) return error_set(error, ERROR_MODEL, "%s", diag_text(compiled->diags));
  model->program = compiled->program;
  const struct collection *collection = &model->program->collections.at[model->program->compute];
  struct reads reads = reads_of(model->arena, model->program, collection);
  for (size_t i = 0; i < model->program->fits.n; i++)
    if (reads.fit[i])
      return error_set(error, ERROR_USAGE, "'%s' needs a value over the training split that the run does not hold",
                       values);
  return true;
}

static bool load(crl_model *model, const char *run, int threads, struct error *error) {
  char notice[NOTICE_STRING];
  if (!threads) threads = processors_allowed();
  if (threads > 1 && !(model->pool = pool_new(threads)))
    return error_set(error, ERROR_DATA, "%d threads could not be started", threads);
  kernels_start();
  model->model = model_new(model->program, NULL, model->pool, backend_fast(), error);
  return model->model && training_state_load(run, model->model, NULL, NULL, notice, error);
}

crl_model *crl_open(const char *run, const char *values, int threads, struct crl_error *report) {
  struct error error = {0};
  struct arena *arena = arena_new();
  crl_model *model = ARENA_NEW(arena, crl_model);
  model->arena = arena;
  model->manifest = run_find(run, NULL, &error);
  if (model->manifest && compile(model, run, values, &error) && load(model, run, threads, &error)) return model;
  give(report, &error);
  crl_close(model);
  return NULL;
}

void crl_close(crl_model *model) {
  if (!model) return;
  for (int split = 0; model->model && split < DATA_SPLITS; split++)
    for (size_t i = 0; i < model->program->columns.n; i++)
      if (model->program->columns.at[i].kind == COLUMN_DATA) model->model->column[split][i].data = NULL;
  model_free(model->model);
  pool_free(model->pool);
  manifest_free(model->manifest);
  arena_free(model->arena);
}

/* ---- values ---- */

static const struct computed *find_value(const crl_model *model, const char *name, struct error *error) {
  for (size_t k = 0; k < model->program->computed.n; k++)
    if (!strcmp(model->program->computed.at[k].name, name)) return &model->program->computed.at[k];
  error_set(error, ERROR_USAGE, "the value '%s' was not asked for when the run was opened", name);
  return NULL;
}

int64_t crl_size(const crl_model *model, const char *value, struct crl_error *report) {
  struct error error = {0};
  const struct computed *computed = find_value(model, value, &error);
  const struct graph *graph = model->program->collections.at[model->program->compute].second;
  for (size_t k = 0; computed && k < graph->roots.n; k++)
    if (!strcmp(graph->roots.at[k].name, computed->root))
      return shape_count(graph_node(graph, graph->roots.at[k].node)->type.shape);
  give(report, &error);
  return -1;
}

/* The caller's numbers as the type that the model reads; integers have to be whole. */
static bool convert(const struct crl_rows *from, int64_t rows, struct array *to, struct arena *arena,
                    struct error *error) {
  int64_t n = rows * from->size;
  if (to->type == F32) return to->data = (void *)(uintptr_t)from->number, true;
  uint8_t *bytes = to->data = arena_alloc(arena, (size_t)n * dtype_size(to->type) + 1);
  for (int64_t i = 0; i < n; i++) {
    double number = from->number[i];
    double most = to->type == U8 ? UINT8_MAX : to->type == I32 ? INT32_MAX : 0x1p53;
    if (!(fabs(number) <= most) || number != floor(number) || (to->type == U8 && number < 0))
      return error_set(error, ERROR_DATA, "'%s' is %g in row %" PRId64 ", and the model reads integers of type %s",
                       from->name, number, i / from->size, dtype_name(to->type));
    if (to->type == U8) bytes[i] = (uint8_t)number;
    else if (to->type == I32) ((int32_t *)(void *)bytes)[i] = (int32_t)number;
    else ((int64_t *)(void *)bytes)[i] = (int64_t)number;
  }
  return true;
}

/* "x?" is 1 in the rows that have "x". */
static void set_mask(struct array *mask, bool there, int64_t rows, struct arena *arena) {
  mask->data = arena_alloc(arena, (size_t)rows + 1);
  memset(mask->data, there, (size_t)rows);
}

static const struct crl_rows *given(const struct crl_rows *columns, int n, const char *name, size_t length) {
  for (int i = 0; i < n; i++)
    if (strlen(columns[i].name) == length && !strncmp(columns[i].name, name, length)) return &columns[i];
  return NULL;
}

static bool take_columns(crl_model *model, const struct crl_rows *columns, int n, int64_t rows, struct arena *arena,
                         struct error *error) {
  int table = model->program->collections.at[model->program->compute].table;
  for (size_t i = 0; i < model->program->columns.n; i++) {
    const struct column *column = &model->program->columns.at[i];
    struct array *to = &model->model->column[SPLIT_TRAIN][i];
    size_t length = strlen(column->name);
    bool mask = length && column->name[length - 1] == '?';
    if (column->kind != COLUMN_DATA || column->table != table) continue;
    const struct crl_rows *from = given(columns, n, column->name, length - mask);
    *to = (struct array){.name = column->name, .type = column->type, .shape = column->shape, .rows = rows};
    if (mask) set_mask(to, from != NULL, rows, arena);
    else if (from && from->size != shape_count(column->shape))
      return error_set(error, ERROR_USAGE, "'%s' has %" PRId64 " numbers in a row, and not %" PRId64, column->name,
                       shape_count(column->shape), from->size);
    else if (from && !convert(from, rows, to, arena, error)) return false;
  }
  return true;
}

static bool has_mask(const struct program *program, const char *column) {
  size_t length = strlen(column);
  for (size_t k = 0; k < program->columns.n; k++) {
    const char *name = program->columns.at[k].name;
    if (!strncmp(name, column, length) && !strcmp(name + length, "?")) return true;
  }
  return false;
}

/* A column that is absent everywhere still has to be something: zeros. */
static void fill_absent(crl_model *model, int64_t rows, struct arena *arena) {
  for (size_t i = 0; i < model->program->columns.n; i++) {
    struct array *to = &model->model->column[SPLIT_TRAIN][i];
    if (to->data || model->program->columns.at[i].kind != COLUMN_DATA || !has_mask(model->program, to->name)) continue;
    size_t row = size_product((size_t)shape_count(to->shape), dtype_size(to->type));
    to->data = arena_alloc(arena, size_product((size_t)rows, row) + 1);
  }
}

static bool read_value(const struct gathered *gathered, const struct computed *value, int64_t rows, float *out,
                       struct error *error) {
  struct array array, mask = {0};
  if (!gathered_array(gathered, value->root, &array, error) ||
      (value->present && !gathered_array(gathered, value->present, &mask, error)))
    return false;
  int64_t width = shape_count(array.shape);
  for (int64_t i = 0; i < rows * width; i++) {
    int64_t at = array.rows ? i : i % width;
    bool there = !mask.data || ((const float *)mask.data)[i / width] != 0;
    out[i] = !there ? NAN : array.type == U8 ? ((const uint8_t *)array.data)[at] : ((const float *)array.data)[at];
  }
  return true;
}

bool crl_compute(crl_model *model, const struct crl_rows *columns, int n, int64_t rows, const char *value, float *out,
                 struct crl_error *report) {
  struct error error = {0};
  struct arena *scratch = arena_new();
  const struct computed *computed = find_value(model, value, &error);
  bool ok = computed && (rows > 0 || error_set(&error, ERROR_USAGE, "there are no rows to compute for"));
  int table = model->program->collections.at[model->program->compute].table;
  model->table = (struct table){.partial = true, .elsewhere = true};
  model->table.rows[SPLIT_TRAIN] = rows;
  if (model->program->tables.n) model->table.set = model->program->tables.at[table];
  if (model->program->tables.n) model->model->table[table] = &model->table;
  ok = ok && take_columns(model, columns, n, rows, scratch, &error);
  if (ok) fill_absent(model, rows, scratch);
  struct gathered *gathered = ok ? gathered_new(model->model, &model->program->collections.at[model->program->compute],
                                                (struct watch){0}, &error)
                                 : NULL;
  ok = gathered && read_value(gathered, computed, rows, out, &error);
  gathered_free(gathered);
  for (size_t i = 0; i < model->program->columns.n; i++)
    if (model->program->columns.at[i].kind == COLUMN_DATA) model->model->column[SPLIT_TRAIN][i].data = NULL;
  arena_free(scratch);
  return ok || give(report, &error);
}
