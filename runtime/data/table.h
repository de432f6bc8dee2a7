/* A loaded data set: for each split, one array a column.
 *
 * Ownership: table_load's caller calls table_free, which also releases every column's data; the schema stays its
 * declarer's. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H
#include "base/arena.h"
#include "base/error.h"
#include "base/schema.h"
#include "base/sha256.h"
#include "base/vec.h"

struct table_file {
  const char *name, *path; /* as the catalogue or the model names it, and where it was found */
  char sha256[SHA256_HEX]; /* of its uncompressed bytes where the catalogue has it, else of its bytes */
};

struct table {
  struct arena *arena;
  const struct data_set *set;
  const char *folder;                /* where a known set was found; of one that is made, NULL */
  bool original;                     /* every file that was read has the digest that the catalogue expects */
  bool partial;                      /* some columns may not have been read */
  bool elsewhere;                    /* its rows are those of other files, and not those that were trained on */
  int64_t rows[DATA_SPLITS];         /* as found; may be fewer than the set's, and 0 where no column was read */
  struct array *column[DATA_SPLITS]; /* set->n_columns each, rows = rows[split]; data NULL where it was not read */
  VEC(struct table_file) files;      /* that were read */
  void *open;                        /* what readers of columns need until the table is freed; may be NULL */
  void (*close)(void *open);
  VEC(const char *) known; /* names of the known sets that these belong to */
};

/* Which columns of each split: bit k is the table's column k. */
struct column_set {
  uint64_t of[DATA_SPLITS];
};
static const struct column_set all_columns = {{UINT64_MAX, UINT64_MAX, UINT64_MAX}};
static inline bool column_wanted(struct column_set set, int split, int column) { return set.of[split] >> column & 1; }
static inline bool columns_none(struct column_set set) { return !(set.of[0] | set.of[1] | set.of[2]); }

/* folder: as data_find found it.  NULL with an error when a file lies. */
struct table *table_load(const struct data_set *set, const char *folder, struct error *error);
/* Only these columns, so that the files of the others may be missing. */
struct table *table_load_columns(const struct data_set *set, const char *folder, struct column_set wanted,
                                 struct error *error);
/* A table whose columns are still to be read; folder may be NULL. */
struct table *table_new(const struct data_set *set, const char *folder);
void table_free(struct table *table);

/* The first file of these columns that the folder does not have; NULL where it has them all. */
const char *table_lacks(const struct data_set *set, const char *folder, struct column_set wanted, struct arena *arena);

/* NULL when the set has no such column, or it was not read. */
const struct array *table_column(const struct table *table, enum data_split split, const char *name);

/* "original" or "unknown contents": for logs. */
const char *table_contents(const struct table *table);

#endif
