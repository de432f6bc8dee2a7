/* The transfer protocol: does a classifier trained on one view's codes read the other view's?
 *
 * Five folds over the test samples in file order; a linear support vector machine (L2 penalty, squared hinge,
 * C = 1, one against the rest, the bias a regularised constant feature) learns the codes `from` of four folds and
 * is scored on the codes `to` of the fifth; the result is the mean of the five accuracies.  Chandar et al. 2016,
 * section 5.3; the settings are the defaults of the scikit-learn class that the published figures were made with.
 *
 * File order presumes that rows stand in no order of their own.  Where a class lies in one fold alone, or the folds'
 * classes differ beyond what chance gives, the rows of each class are dealt to the folds in turn (stratified).
 *
 * Ownership: nothing is kept. */
#ifndef EVAL_TRANSFER_H
#define EVAL_TRANSFER_H
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "base/pool.h"
#include "eval/watch.h"

enum { TRANSFER_FOLDS = 5 };

enum folding { IN_FILE_ORDER, STRATIFIED_ORDERED, STRATIFIED_LUMPED }; /* labels in order; a class in one fold alone */

struct folding_of {
  enum folding how;
  int rare; /* classes with fewer rows than folds */
};

struct transfer {
  double a_to_b, b_to_a; /* mean accuracies in [0, 1] */
  double chance;         /* the largest class's share of the labels */
  struct folding_of folding;
};

/* Whether there are rows enough for the folds. */
bool transfer_rows_suffice(int64_t rows, struct error *error);

/* Writes the fold of each of n rows, at least as many as there are folds. */
struct folding_of folds_of(const uint8_t *label, int64_t n, uint8_t *fold);

/* One direction.  Codes: F32, equal rows and widths.  Labels: U8, one a row, at least two classes.  With from == to it
 * is the ordinary cross-validated accuracy of one view.  The folds are learned on the threads of the pool; NULL: on the
 * caller's. */
bool transfer_accuracy(const struct array *from, const struct array *to, const struct array *labels, struct pool *pool,
                       struct watch watch, double *accuracy, struct folding_of *folding, struct error *error);

/* Both directions. */
bool transfer_measure(const struct array *a, const struct array *b, const struct array *labels, struct pool *pool,
                      struct watch watch, struct transfer *result, struct error *error);

#endif
