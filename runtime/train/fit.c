#include "train/fit.h"

#include <math.h>
#include <string.h>

#include "kern/kern.h"
#include "train/collect.h"
#include "train/feeder.h"
#include "train/gathered.h"

/* Why: no row that it is of, or what it computes. */
static bool check_finite(const struct fit *fit, const struct array *value, const struct gathered *gathered,
                         struct error *error) {
  int64_t n = shape_count(value->shape), bad = 0;
  if (value->type == F32) bad = count_not_finite(value->data, n);
  for (int64_t i = 0; value->type == F64 && i < n; i++) bad += !isfinite(((const double *)value->data)[i]);
  double rows = -1;
  if (!bad) return true;
  if (fit->rows && !gathered_number(gathered, fit->rows, &rows, error)) return false;
  const char *words = fit->words ? fit->words : "on train", *location = fit->location ? fit->location : "the model";
  if (rows == 0)
    return error_set(error, ERROR_NUMBER, "'%s' (%s) has no value: no row of the training split has what it is of",
                     words, location);
  return error_set(error, ERROR_NUMBER,
                   "'%s' (%s) is not finite over the training split: %lld of %lld number%s are NaN or "
                   "infinite",
                   words, location, (long long)bad, (long long)n, n == 1 ? "" : "s");
}

/* False with ERROR_NUMBER where the value is there, but not finite. */
static bool fit_one(struct model *model, const struct fit *fit, struct watch watch, struct error *error) {
  const struct array *variable = &model->variable[fit->variable];
  struct array value;
  struct gathered *gathered = gathered_new(model, &model->program->collections.at[fit->collection], watch, error);
  bool ok = gathered && gathered_array(gathered, fit->root, &value, error);
  if (ok) memcpy(variable->data, value.data, (size_t)shape_count(value.shape) * dtype_size(variable->type));
  ok = ok && check_finite(fit, variable, gathered, error);
  gathered_free(gathered);
  return ok;
}

static bool fit_or_tell(struct model *model, const struct fit *fit, struct progress *progress, struct watch watch,
                        struct error *error) {
  if (fit_one(model, fit, watch, error)) return true;
  if (error->kind != ERROR_NUMBER) return false;
  if (progress) progress_warning(progress, "warning: %s", error->message);
  *error = (struct error){0};
  return true;
}

static struct row_set rows_of_setup(const struct model *model, const struct stage *stage, const struct setup *setup) {
  uint32_t column = setup->graph->roots.at[0].target;
  return (struct row_set){model->program->columns.at[column].table, stage->split};
}

bool set_up(struct model *model, const struct stage *stage, struct watch watch, struct error *error) {
  for (size_t i = 0; i < stage->setup.n; i++) {
    const struct setup *setup = &stage->setup.at[i];
    if (setup->rows && !collect(model, setup->graph, rows_of_setup(model, stage, setup), watch, error)) return false;
    if (setup->rows) continue;
    if (setup->graph ? !run_once(model, setup->graph, error)
                     : !fit_one(model, &model->program->fits.at[setup->fit], watch, error))
      return false;
  }
  return true;
}

bool fit_only(struct model *model, const bool *wanted, struct progress *progress, struct watch watch,
              struct error *error) {
  for (size_t i = 0; i < model->program->fits.n; i++)
    if (wanted[i] && !fit_or_tell(model, &model->program->fits.at[i], progress, watch, error)) return false;
  return true;
}
