/* The data sets that are known, declared once in catalogue.def.
 * Ownership: all of it is constant and lives as long as the program. */
#ifndef DATA_CATALOGUE_H
#define DATA_CATALOGUE_H
#include "base/schema.h"

const struct data_set *catalogue_all(size_t *n);

/* NULL when no set has this name. */
const struct data_set *catalogue_find(const char *name);

#endif
