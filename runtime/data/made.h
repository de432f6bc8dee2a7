/* Inside of deriving: tables under construction, and which rows each kind of table has.
 *
 * Ownership: tables live in the arena of the deriving, keys and chosen rows in its scratch. */
#ifndef DATA_MADE_H
#define DATA_MADE_H
#include "base/vec.h"
#include "data/stores.h"

struct made {
  const struct data_set *set;
  uint64_t wanted;
  bool ready;
  int64_t rows[DATA_SPLITS];
  row_reference **column[DATA_SPLITS]; /* [column][row]; NULL for one that is not wanted, and for masks */
};

struct deriving {
  struct arena *arena;
  struct arena *scratch; /* of the rows of one split while they are chosen */
  struct stores *stores;
  VEC(struct made *) tables;
  struct error *error;
};

/* The rows of one split: row[k][i] is the row of the k-th table that row i is of, or -1. */
struct chosen {
  int64_t n, *row[2];
};

/* A number that rows go by: `rest` is what a double leaves of an integer beyond 2^53, so that ids are never confused. */
struct key {
  double number;
  int64_t rest;
};

/* The column's number of every row of a split, of a string its class in the column `as`; NaN where it is absent.  NULL
 * with an error. */
struct key *made_keys(struct deriving *d, const struct made *made, enum data_split split, int column,
                      const struct data_column *as);

/* Which rows of `of` the split of this table has.  False with an error. */
bool choose_rows(struct deriving *d, const struct data_set *set, struct made *const *of, enum data_split split,
                 struct chosen *chosen);

/* An error at the derivation's place in the model file; always false. */
bool derivation_error(struct deriving *d, const struct derivation *how, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
