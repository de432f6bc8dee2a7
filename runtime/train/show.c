/* The pictures of `show`: the samples are the first of each class of the test split, so that a reader sees every
 * class once and always the same ones. */
#include <stdlib.h>
#include <string.h>

#include "train/evaluate.h"
#include "train/runner.h"

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

static void choose(struct samples *samples, const struct model *model, struct arena *arena) {
  int number = 0;
  int64_t rows = model_rows(model, SPLIT_TEST);
  const struct data_column *schema = model->table ? label_column(model->table->set, &number) : NULL;
  const uint8_t *label = schema ? model->table->column[SPLIT_TEST][number].data : NULL;
  samples->n = 0;
  for (int class = 0; label && class < schema->classes; class ++)
    for (int64_t i = 0; i < rows; i++) {
      if (label[i] != class) continue;
      samples->label[samples->n] = arena_format(arena, "%d", class);
      samples->row[samples->n++] = i;
      break;
    }
  if (samples->n) return;
  samples->label[0] = NULL;
  for (samples->n = 0; samples->n < SAMPLES && samples->n < rows; samples->n++)
    samples->row[samples->n] = samples->n;
  if (!samples->n) samples->row[samples->n++] = 0;
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
  *array = (struct array){NULL, F32, type->shape, rows, out};
  return array;
}

static bool show_one(struct model *model, const struct picture_show *show, const struct samples *samples,
                     struct results *results, struct fault *fault) {
  struct arena *arena = results->arena;
  struct runner *runner = runner_new(model, show->graph, SPLIT_TEST, samples->n, SCATTERED, fault);
  struct strip *strip = ARENA_ARRAY(arena, struct strip, (size_t)show->images);
  if (!runner) return false;
  runner_take(runner, samples->row, samples->n);
  runner_run(runner, moment_fixed(model));
  bool ok = true;
  for (int k = 0; ok && k < show->images; k++) {
    struct value_type type;
    const void *value = runner_value(runner, arena_format(arena, "image:%d", k), &type);
    ok = value || fault_set(fault, FAULT_MODEL, "there is no picture 'image:%d'", k);
    if (ok) strip[k] = (struct strip){show->caption[k], {floats(arena, &type, value, samples->n)}, 1};
  }
  runner_free(runner);
  const char *const *labels = samples->label;
  if (!samples->label[0]) labels = NULL;
  const char **kept = ARENA_ARRAY(arena, const char *, CLASS_LIMIT);
  if (labels) memcpy(kept, labels, sizeof samples->label);
  size_t ordinal = results->pictures.n + 1;
  vec_push(arena, &results->pictures,
           (struct picture){
               .name = ordinal == 1 ? "images" : arena_format(arena, "images-%zu", ordinal),
               .caption = labels ? "the first test sample of each class" : "the first test samples",
               .strips = strip,
               .n_strips = show->images,
               .labels = labels ? kept : NULL,
               .samples = samples->n,
           });
  return ok;
}

bool show(struct model *model, struct results *results, struct fault *fault) {
  struct samples samples;
  choose(&samples, model, results->arena);
  for (size_t i = 0; i < model->program->shows.n; i++)
    if (!show_one(model, &model->program->shows.at[i], &samples, results, fault)) return false;
  return true;
}
