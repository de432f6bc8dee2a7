/* A collection carried out: `second` has run over all rows of the split and its values can be read.
 *
 * Ownership: gathered_new's caller calls gathered_free; values live as long as it. */
#ifndef TRAIN_GATHERED_H
#define TRAIN_GATHERED_H
#include "eval/watch.h"
#include "train/model.h"

struct gathered;

struct gathered *gathered_new(struct model *model, const struct collection *collection, struct watch watch,
                              struct error *error);
void gathered_free(struct gathered *gathered);
int64_t gathered_rows(const struct gathered *gathered); /* of its split; 1 where there is no data */

/* A root as an array that borrows its values; an error where there is none. */
bool gathered_array(const struct gathered *gathered, const char *root, struct array *array, struct error *error);
bool gathered_number(const struct gathered *gathered, const char *root, double *number, struct error *error);

#endif
