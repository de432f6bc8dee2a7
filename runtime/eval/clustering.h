/* How well clusters of codes are the classes: k-means, and three ways to compare clusters with labels.
 *
 * k-means (Lloyd 1982) with starts drawn by k-means++ (Arthur and Vassilvitskii 2007); of several starts, the one with
 * the least sum of squared distances.  Accuracy by the best one-to-one assignment of clusters to classes (Kuhn 1955),
 * normalised mutual information by the mean of both entropies (Strehl and Ghosh 2002), adjusted Rand index (Hubert and
 * Arabie 1985).
 *
 * Ownership: nothing is kept. */
#ifndef EVAL_CLUSTERING_H
#define EVAL_CLUSTERING_H
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "base/pool.h"
#include "eval/watch.h"

enum { CLUSTERING_STARTS = 10 };

struct agreement_of_classes {
  double accuracy, nmi, ari; /* in [0, 1]; ari may be below 0 */
};

/* Of n rows in clusters and classes from 0 to below `of`. */
void classes_agree(const uint8_t *cluster, const uint8_t *label, int64_t n, int of,
                   struct agreement_of_classes *result);

/* Writes the cluster of each row; the sum of squared distances to the means. */
bool k_means(const struct array *codes, int clusters, uint64_t seed, struct pool *pool, struct watch watch,
             uint8_t *cluster, double *spread, struct error *error);

/* chance: the same clusters against shuffled labels.  classes: as many clusters. */
bool clustering_measure(const struct array *codes, const struct array *labels, uint64_t seed, struct pool *pool,
                        struct watch watch, struct agreement_of_classes *result, struct agreement_of_classes *chance,
                        int *classes, struct error *error);

#endif
