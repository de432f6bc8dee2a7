/* The image grids of `show`: the samples are the first of each class of the test split, so that a reader sees every
 * class once and always the same ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pass/pass.h"
#include "train/collect.h"
#include "train/evaluate.h"
#include "train/feeder.h"

enum { SAMPLES = 10, CLASS_LIMIT = 20 };

struct samples {
  int64_t n, row[CLASS_LIMIT];
  const char *label[CLASS_LIMIT]; /* [0] NULL where there are no labels */
};

static const struct data_column *label_column(const struct data_set *set, int *number) {
  for (*number = 0; *number < set->n_columns; ++*number) {
    const struct data_column *column = &set->column[*number];
    if (column->classes > 0 && column->classes <= CLASS_LIMIT && column->type == U8 && column->shape.rank == 0)
      return column;
  }
  return NULL;
}

static bool has_absent(const struct image_grid_show *show) {
  for (int k = 0; k < show->images; k++)
    if (show->present[k]) return true;
  return false;
}

/* How many of the images each row of the test split has; NULL where every row has all, and with an error. */
static int *count_images(struct model *model, const struct image_grid_show *show, struct arena *arena,
                         struct error *error) {
  if (!has_absent(show)) return NULL;
  struct graph only = *show->graph;
  memset(&only.roots, 0, sizeof only.roots);
  for (size_t i = 0; i < show->graph->roots.n; i++)
    if (!strncmp(show->graph->roots.at[i].name, "present:", strlen("present:")))
      vec_push(arena, &only.roots, show->graph->roots.at[i]);
  struct row_set of = {show->table, SPLIT_TEST};
  int64_t rows = model_rows(model, of), batch = rows < COLLECT_BATCH ? rows : COLLECT_BATCH;
  struct graph *asked = pass_run("prune", prune(arena, &only, NULL), error);
  struct feeder *feeder = asked ? feeder_of(model, asked, of, batch, IN_ORDER, error) : NULL;
  int *count = ARENA_ARRAY(arena, int, (size_t)rows + 1);
  for (int64_t first = 0; feeder && first < rows; first += batch) {
    int64_t n = rows - first < batch ? rows - first : batch;
    feeder_range(feeder, first, n);
    if (!feeder_run(feeder, step_context_fixed(model), error)) break;
    for (int k = 0; k < show->images; k++) {
      struct value_type type;
      const float *present = show->present[k] ? feeder_value(feeder, show->present[k], &type) : NULL;
      for (int64_t i = 0; i < n; i++) count[first + i] += !present || present[i] != 0;
    }
  }
  feeder_free(feeder);
  return error->kind ? NULL : count;
}

/* Whether row i is rather shown than another: it has all images, or at least one where the other has none. */
static bool is_better(const int *count, int images, int64_t i, int64_t other) {
  if (other < 0) return true;
  if (!count) return false;
  return (count[i] == images && count[other] < images) || (count[i] > 0 && count[other] == 0);
}

static void choose(struct samples *samples, const struct model *model, const struct image_grid_show *show,
                   const int *count, struct arena *arena) {
  int number = 0, images = show->images;
  int64_t rows = model_rows(model, (struct row_set){show->table, SPLIT_TEST});
  const struct table *table = model->program->tables.n ? model->table[show->table] : NULL;
  const struct data_column *schema = table ? label_column(table->set, &number) : NULL;
  const uint8_t *label = schema && schema->type == U8 ? table->column[SPLIT_TEST][number].data : NULL;
  samples->n = 0;
  for (int class = 0; label && class < schema->classes; class ++) {
    int64_t best = -1;
    for (int64_t i = 0; i < rows; i++)
      if (label[i] == class && is_better(count, images, i, best)) best = i;
    if (best < 0 || (count && !count[best])) continue;
    samples->label[samples->n] = schema->class_name ? schema->class_name[class] : arena_format(arena, "%d", class);
    samples->row[samples->n++] = best;
  }
  if (samples->n) return;
  samples->label[0] = NULL;
  for (int64_t i = 0; samples->n < SAMPLES && i < rows; i++)
    if (!count || count[i]) samples->row[samples->n++] = i;
  if (!samples->n) samples->row[samples->n++] = 0;
}

/* An absent image is left blank, with a line through it. */
static void strike_out(struct array *array, int64_t row) {
  int rank = array->shape.rank;
  int64_t w = array->shape.dim[rank - 1], h = array->shape.dim[rank - 2], size = shape_count(array->shape);
  float *image = (float *)array->data + row * size;
  for (int64_t i = 0; i < size; i++) {
    int64_t x = i % w, y = i / w % h;
    image[i] = x * h / w == y || y * w / h == x ? 0.5f : 0;
  }
}

/* A copy of a root's values as floats; bytes are 0..255. */
static struct array *floats(struct arena *arena, const struct value_type *type, const void *value, int64_t rows) {
  struct array *array = ARENA_NEW(arena, struct array);
  size_t one = (size_t)shape_count(type->shape), n = one * (size_t)rows;
  float *out = ARENA_ARRAY(arena, float, n);
  for (size_t i = 0; i < n; i++) {
    size_t from = type->rows ? i : i % one;
    out[i] = type->type == U8 ? (float)((const uint8_t *)value)[from] / 255 : ((const float *)value)[from];
  }
  *array = (struct array){NULL, F32, type->shape, rows, out, NULL};
  return array;
}

/* table: whose, where the model reads several; else NULL. */
static const char *caption_of(struct arena *arena, const char *table, bool labels, bool absent) {
  const char *of = table ? arena_format(arena, " of %s", table) : "";
  return arena_format(arena, "the first test sample%s%s%s%s", labels ? " of each class" : "s", of,
                      absent && labels ? " that has all images, or else any"
                      : absent         ? " that have any of the images"
                                       : "",
                      absent ? "; an absent image is blank, with a line through it" : "");
}

static bool show_one(struct model *model, const struct image_grid_show *show, struct results *results,
                     struct error *error) {
  struct arena *arena = results->arena;
  struct samples all, *samples = &all;
  const int *count = count_images(model, show, arena, error);
  if (error->kind) return false;
  choose(samples, model, show, count, arena);
  struct row_set of = {show->table, SPLIT_TEST};
  struct feeder *feeder = feeder_of(model, show->graph, of, samples->n, SCATTERED, error);
  struct grid_row *grid_row = ARENA_ARRAY(arena, struct grid_row, (size_t)show->images);
  if (!feeder) return false;
  feeder_take(feeder, samples->row, samples->n);
  bool ok = feeder_run(feeder, step_context_fixed(model), error);
  for (int k = 0; ok && k < show->images; k++) {
    struct value_type type;
    const void *value = feeder_value(feeder, arena_format(arena, "image:%d", k), &type);
    ok = value || error_set(error, ERROR_MODEL, "there is no image 'image:%d'", k);
    if (!ok) break;
    struct array *image = floats(arena, &type, value, samples->n);
    grid_row[k] = (struct grid_row){show->caption[k], {image}, 1};
    const float *present = show->present[k] ? feeder_value(feeder, show->present[k], &type) : NULL;
    for (int64_t i = 0; present && i < samples->n; i++)
      if (present[i] == 0) strike_out(image, i);
  }
  feeder_free(feeder);
  const char *const *labels = samples->label;
  if (!samples->label[0]) labels = NULL;
  const char **kept = ARENA_ARRAY(arena, const char *, CLASS_LIMIT);
  if (labels) memcpy(kept, labels, sizeof samples->label);
  size_t ordinal = results->image_grids.n + 1;
  bool several = model->program->tables.n > 1;
  vec_push(arena, &results->image_grids,
           (struct image_grid){
               .name = ordinal == 1 ? "images" : arena_format(arena, "images-%zu", ordinal),
               .caption = caption_of(arena, several ? model->program->tables.at[show->table]->name : NULL,
                                     labels != NULL, count != NULL),
               .grid_rows = grid_row,
               .n_grid_rows = show->images,
               .labels = labels ? kept : NULL,
               .samples = samples->n,
           });
  return ok;
}

bool show(struct model *model, struct results *results, struct error *error) {
  for (size_t i = 0; i < model->program->shows.n; i++)
    if (!show_one(model, &model->program->shows.at[i], results, error)) return false;
  return true;
}
