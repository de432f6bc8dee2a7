/* The maps of `show`: codes of test rows as points in the plane, by principal components and by t-SNE. */
#include <math.h>
#include <stdlib.h>

#include "eval/embed.h"
#include "train/collect.h"
#include "train/evaluate.h"
#include "train/feeder.h"

struct rows {
  int64_t n, most, width;
  double *code, *label; /* [most, width], [most]; label NULL where there is none */
};

/* Of the current rows, those that have a code and a label. */
static void take_rows(struct rows *rows, const struct map_show *show, const struct feeder *feeder, int64_t n) {
  struct value_type type;
  const float *code = feeder_value(feeder, "code", &type);
  const float *label = show->label ? feeder_value(feeder, show->label, &type) : NULL;
  const float *present = show->present ? feeder_value(feeder, show->present, &type) : NULL;
  for (int64_t i = 0; i < n && rows->n < rows->most; i++) {
    bool whole = !(present && present[i] == 0) && !(label && isnan(label[i]));
    for (int64_t k = 0; k < rows->width; k++) whole &= isfinite(code[i * rows->width + k]) != 0;
    if (!whole) continue;
    for (int64_t k = 0; k < rows->width; k++) rows->code[rows->n * rows->width + k] = code[i * rows->width + k];
    if (label) rows->label[rows->n] = label[i];
    rows->n++;
  }
}

/* The first of the test split, as they stand in the data. */
static bool read_rows(struct model *model, const struct map_show *show, struct rows *rows, struct error *error) {
  struct row_set of = {show->table, SPLIT_TEST};
  int64_t there = model_rows(model, of), batch = there < COLLECT_BATCH ? there : COLLECT_BATCH;
  struct feeder *feeder = feeder_of(model, show->graph, of, batch, IN_ORDER, error);
  bool ok = feeder != NULL;
  for (int64_t first = 0; ok && first < there && rows->n < rows->most; first += batch) {
    int64_t n = there - first < batch ? there - first : batch;
    feeder_range(feeder, first, n);
    ok = feeder_run(feeder, step_context_fixed(model), error);
    if (ok) take_rows(rows, show, feeder, n);
  }
  feeder_free(feeder);
  return ok;
}

static bool add_points(struct model *model, const struct map_show *show, const struct rows *rows,
                       struct results *results, struct error *error) {
  struct arena *arena = results->arena;
  struct tsne_settings settings = tsne_usual(rows->n);
  struct code_map map = {.name = show->name,
                         .caption = show->caption,
                         .rows = rows->n,
                         .label = rows->label,
                         .classes = show->classes,
                         .class_name = show->class_name};
  double *principal = ARENA_ARRAY(arena, double, 2 * (size_t)rows->n), divergence[2], share[2];
  double *neighbours = ARENA_ARRAY(arena, double, 2 * (size_t)rows->n);
  if (!principal_components(rows->code, rows->n, rows->width, principal, share, error)) return false;
  for (int64_t i = 0; i < 2 * rows->n; i++) neighbours[i] = principal[i];
  if (!tsne(rows->code, rows->n, rows->width, &settings, model->pool, neighbours, divergence, error)) return false;
  map.panel[0] = (struct map_panel){arena_format(arena, "principal components: %.1f %% of the variance, %.1f and %.1f",
                                                 100 * (share[0] + share[1]), 100 * share[0], 100 * share[1]),
                                    principal};
  map.panel[1] = (struct map_panel){arena_format(arena, "t-SNE, perplexity %.3g: divergence %.3f, at the start %.3f",
                                                 settings.perplexity, divergence[1], divergence[0]),
                                    neighbours};
  vec_push(arena, &results->maps, map);
  return true;
}

bool show_maps(struct model *model, struct results *results, struct error *error) {
  enum { LEAST = 4 }; /* fewer points have no neighbourhoods */
  for (size_t i = 0; i < model->program->maps.n; i++) {
    const struct map_show *show = &model->program->maps.at[i];
    struct rows rows = {.most = show->rows, .width = show->width};
    int64_t there = model_rows(model, (struct row_set){show->table, SPLIT_TEST});
    if (rows.most > there) rows.most = there;
    rows.code = ARENA_ARRAY(results->arena, double, (size_t)(rows.most * rows.width) + 1);
    if (show->label) rows.label = ARENA_ARRAY(results->arena, double, (size_t)rows.most + 1);
    if (!read_rows(model, show, &rows, error)) return false;
    if (rows.n >= LEAST && !add_points(model, show, &rows, results, error)) return false;
  }
  return true;
}
