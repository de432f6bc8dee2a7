#include "train/gathered.h"

#include <stdlib.h>
#include <string.h>

#include "train/collect.h"
#include "train/feeder.h"

struct gathered {
  int64_t rows;
  struct feeder *second;
};

struct gathered *gathered_new(struct model *model, const struct collection *collection, struct watch watch,
                              struct error *error) {
  struct row_set of = {collection->table, split_named(collection->split)};
  if (collection->first && !collect(model, collection->first, of, watch, error)) return NULL;
  struct gathered *gathered = must_alloc(sizeof *gathered);
  gathered->rows = model_rows(model, of) ? model_rows(model, of) : 1;
  gathered->second = feeder_apart(model, collection->second, of, gathered->rows, IN_ORDER, error);
  if (!gathered->second) {
    gathered_free(gathered);
    return NULL;
  }
  feeder_range(gathered->second, 0, gathered->rows);
  if (feeder_run(gathered->second, step_context_fixed(model), error)) return gathered;
  gathered_free(gathered);
  return NULL;
}

void gathered_free(struct gathered *gathered) {
  if (!gathered) return;
  feeder_free(gathered->second);
  free(gathered);
}

int64_t gathered_rows(const struct gathered *gathered) { return gathered->rows; }

bool gathered_array(const struct gathered *gathered, const char *root, struct array *array, struct error *error) {
  struct value_type type;
  const void *value = feeder_value(gathered->second, root, &type);
  if (!value) return error_set(error, ERROR_MODEL, "there is no value '%s' to measure", root);
  *array = (struct array){root, type.type, type.shape, type.rows ? gathered->rows : 0, (void *)value, NULL};
  return true;
}

bool gathered_number(const struct gathered *gathered, const char *root, double *number, struct error *error) {
  struct array array;
  if (!gathered_array(gathered, root, &array, error)) return false;
  if (array.rows != 0 || shape_count(array.shape) != 1)
    return error_set(error, ERROR_MODEL, "the value '%s' is not one number", root);
  *number = feeder_number(gathered->second, root);
  return true;
}
