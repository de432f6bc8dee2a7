/* Codes as points in the plane, to be looked at: principal components, and t-SNE (van der Maaten and Hinton 2008,
 * "Visualizing data using t-SNE"), with all pairs of rows and nothing approximated.  All is in double; results are the
 * same bits on any number of threads.
 *
 * Ownership: arrays are the caller's.  x is [n, d], y and gradients are [n, 2], p is [n, n]. */
#ifndef EVAL_EMBED_H
#define EVAL_EMBED_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/pool.h"

struct tsne_settings {
  double perplexity; /* how many neighbours a row has, about */
  int early, steps;  /* steps with the affinities exaggerated, and in all */
  uint64_t seed;
};

/* The usual ones for so many rows. */
struct tsne_settings tsne_usual(int64_t n);

/* The two principal components of every row, and the share of the variance that each has.  The sign is such that the
 * score that is furthest from zero is positive. */
bool principal_components(const double *x, int64_t n, int64_t d, double *y, double share[2], struct error *error);

/* p[i, j]: how likely row i and row j are neighbours; symmetric, of sum 1. */
bool tsne_affinities(const double *x, int64_t n, int64_t d, double perplexity, struct pool *pool, double *p,
                     struct error *error);

/* The divergence of Kullback and Leibler between the affinities and those of the points y, and its gradient.
 * exaggeration multiplies p in the gradient. */
double tsne_divergence(const double *p, const double *y, int64_t n, struct pool *pool);
bool tsne_gradient(const double *p, const double *y, int64_t n, double exaggeration, struct pool *pool,
                   double *gradient, struct error *error);

/* From the principal components y to the points of t-SNE, in place.  divergence: at the start and at the end. */
bool tsne(const double *x, int64_t n, int64_t d, const struct tsne_settings *settings, struct pool *pool, double *y,
          double divergence[2], struct error *error);

#endif
