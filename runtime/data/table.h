/* A loaded data set: for each split, one array a column.
 *
 * Ownership: table_load's caller calls table_free, which also releases every column's data; the schema stays its
 * declarer's. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H
#include "base/arena.h"
#include "base/fault.h"
#include "base/schema.h"
#include "base/sha256.h"

struct table {
  const struct data_set *set;
  char *folder;                      /* where it was found */
  bool original;                     /* every file that was read has the digest that the catalogue expects */
  bool partial;                      /* some columns may not have been read */
  int64_t rows[DATA_SPLITS];         /* as found; may be fewer than the set's, and 0 where no column was read */
  struct array *column[DATA_SPLITS]; /* set->n_columns each, rows = rows[split] */
  char (*sha256[DATA_SPLITS])[SHA256_TEXT]; /* of each column's uncompressed file; empty where it was not read */
};

/* Sets of columns of the two splits: a bit for each, of which a set has at most 32. */
#define TABLE_WHOLE UINT64_MAX
static inline uint64_t table_bit(enum data_split split, int column) {
  enum { COLUMNS_OF_A_SPLIT = 32 };
  return (uint64_t)1 << (split * COLUMNS_OF_A_SPLIT + column);
}

/* folder: as data_find found it.  NULL with a fault when a file lies. */
struct table *table_load(const struct data_set *set, const char *folder, struct fault *fault);
/* Only these columns, so that the files of the others may be missing. */
struct table *table_load_columns(const struct data_set *set, const char *folder, uint64_t wanted,
                                 struct fault *fault);
void table_free(struct table *table);

/* The first file of these columns that the folder does not have; NULL where it has them all. */
const char *table_lacks(const struct data_set *set, const char *folder, uint64_t wanted, struct arena *arena);

/* NULL when the set has no such column, or it was not read. */
const struct array *table_column(const struct table *table, enum data_split split, const char *name);

/* "original" or "unknown contents": for logs. */
const char *table_contents(const struct table *table);

#endif
