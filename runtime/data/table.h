/* A loaded data set: for each split, one array a column.
 *
 * Ownership: table_load's caller calls table_free, which also releases every column's data; the schema stays its
 * declarer's. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H
#include "base/fault.h"
#include "base/schema.h"

struct table {
  const struct data_set *set;
  char *folder;                      /* where it was found */
  bool original;                     /* every file has the digest that the catalogue expects */
  int64_t rows[DATA_SPLITS];         /* as found; may be fewer than the set's */
  struct array *column[DATA_SPLITS]; /* set->n_columns each, rows = rows[split] */
};

/* folder: as data_find found it.  NULL with a fault when a file lies. */
struct table *table_load(const struct data_set *set, const char *folder, struct fault *fault);
void table_free(struct table *table);

/* NULL when the set has no such column. */
const struct array *table_column(const struct table *table, enum data_split split, const char *name);

/* "original" or "unknown contents": for logs. */
const char *table_contents(const struct table *table);

#endif
