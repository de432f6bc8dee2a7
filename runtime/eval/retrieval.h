/* Finding one view by the other: each row of one code asks among all rows of the other, ordered by cosine.
 *
 * Recall at k is the share of rows whose partner is among the first k; the median rank is that of partners; mean
 * average precision counts the rows of the same class as found (Manning, Raghavan and Schuetze 2008, chapter 8).  Rows
 * that are exactly as near as a partner, or as one of the class, come before it: equal codes find nothing.
 *
 * Ownership: nothing is kept. */
#ifndef EVAL_RETRIEVAL_H
#define EVAL_RETRIEVAL_H
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "base/pool.h"
#include "eval/watch.h"

enum { RETRIEVAL_CUTS = 3 };
extern const int retrieval_cut[RETRIEVAL_CUTS]; /* 1, 5, 10 */

struct retrieval {
  double recall[RETRIEVAL_CUTS], median, map;
};

/* Codes of `from` ask among those of `among`, row by row each other's partners.  Without labels (NULL) map is 0. */
bool retrieval_measure(const struct array *from, const struct array *among, const struct array *labels,
                       struct pool *pool, struct watch watch, struct retrieval *result, struct retrieval *chance,
                       struct error *error);

#endif
