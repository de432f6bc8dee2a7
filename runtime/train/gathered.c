#include "train/gathered.h"

#include <stdlib.h>
#include <string.h>

#include "train/collect.h"
#include "train/runner.h"

struct gathered {
  int64_t rows;
  struct runner *second;
};

struct gathered *gathered_new(struct model *model, const struct collection *collection, struct watch watch,
                              struct fault *fault) {
  enum data_split split = split_named(collection->split);
  if (collection->first && !collect(model, collection->first, split, watch, fault)) return NULL;
  struct gathered *gathered = must_alloc(sizeof *gathered);
  gathered->rows = model_rows(model, split) ? model_rows(model, split) : 1;
  gathered->second = runner_apart(model, collection->second, split, gathered->rows, IN_ORDER, fault);
  if (!gathered->second) {
    gathered_free(gathered);
    return NULL;
  }
  runner_range(gathered->second, 0, gathered->rows);
  if (runner_run(gathered->second, moment_fixed(model), fault)) return gathered;
  gathered_free(gathered);
  return NULL;
}

void gathered_free(struct gathered *gathered) {
  if (!gathered) return;
  runner_free(gathered->second);
  free(gathered);
}

int64_t gathered_rows(const struct gathered *gathered) { return gathered->rows; }

bool gathered_array(const struct gathered *gathered, const char *root, struct array *array, struct fault *fault) {
  struct value_type type;
  const void *value = runner_value(gathered->second, root, &type);
  if (!value) return fault_set(fault, FAULT_MODEL, "there is no value '%s' to measure", root);
  *array = (struct array){root, type.type, type.shape, type.rows ? gathered->rows : 0, (void *)value, NULL};
  return true;
}

bool gathered_number(const struct gathered *gathered, const char *root, double *number, struct fault *fault) {
  struct array array;
  if (!gathered_array(gathered, root, &array, fault)) return false;
  if (array.rows != 0 || shape_count(array.shape) != 1)
    return fault_set(fault, FAULT_MODEL, "the value '%s' is not one number", root);
  *number = runner_number(gathered->second, root);
  return true;
}
