#include "train/fit.h"

#include <string.h>

#include "train/gathered.h"
#include "train/runner.h"

static bool fit_one(struct model *model, const struct fit *fit, struct watch watch, struct fault *fault) {
  const struct array *variable = &model->variable[fit->variable];
  struct array value;
  struct gathered *gathered =
      gathered_new(model, &model->program->collections.at[fit->collection], watch, fault);
  bool ok = gathered && gathered_array(gathered, fit->root, &value, fault);
  if (ok) memcpy(variable->data, value.data, (size_t)shape_count(value.shape) * dtype_size(variable->type));
  gathered_free(gathered);
  return ok;
}

bool set_up(struct model *model, const struct stage *stage, struct watch watch, struct fault *fault) {
  for (size_t i = 0; i < stage->setup.n; i++) {
    const struct setup *setup = &stage->setup.at[i];
    if (setup->graph ? !run_once(model, setup->graph, fault)
                     : !fit_one(model, &model->program->fits.at[setup->fit], watch, fault))
      return false;
  }
  return true;
}

bool fit_for_measuring(struct model *model, struct watch watch, struct fault *fault) {
  for (size_t i = 0; i < model->program->fits.n; i++) {
    const struct fit *fit = &model->program->fits.at[i];
    if (fit->stage < 0 && !fit_one(model, fit, watch, fault)) return false;
  }
  return true;
}

bool fit_only(struct model *model, const bool *wanted, struct watch watch, struct fault *fault) {
  for (size_t i = 0; i < model->program->fits.n; i++)
    if (wanted[i] && !fit_one(model, &model->program->fits.at[i], watch, fault)) return false;
  return true;
}
