/* Which rows are in a batch, and fetching them.  An epoch visits the rows in the order of a keyed permutation, so
 * the rows of step k of epoch e are a function of (seed, e, k): nothing is stored, a resumed run goes on exactly
 * where it stopped, and threads have no say.
 *
 * Ownership: everything is the caller's; nothing is allocated. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H
#include "base/array.h"
#include "base/error.h"

/* Steps in an epoch; without drop_last the last one may be smaller. */
int64_t batch_steps(int64_t rows, int64_t batch, bool drop_last);

/* Writes the row numbers of one step (step counts from 0 within the epoch) and returns how many there are: batch,
 * or fewer at the end of the epoch, 0 after it. */
int64_t batch_rows(uint64_t seed, int64_t epoch, int64_t rows, int64_t batch, int64_t step, int64_t *row_ids);

/* Copies rows of a column, in the order of row_ids, into out (n * one row's bytes); the type stays as it is.  False
 * with an error where they are to be read from a file and cannot be. */
bool batch_gather(const struct array *column, const int64_t *row_ids, int64_t n, void *out, struct error *error);

#endif
