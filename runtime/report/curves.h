/* The loss curves, read back from log.jsonl.
 *
 * Ownership: the arena's. */
#ifndef REPORT_CURVES_H
#define REPORT_CURVES_H
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct curve {
  const char *name; /* of the term; "stage: term" where the log has stages */
  size_t n;
  double *step, *epoch; /* epoch with its fraction, so that steps within an epoch spread over it */
  double *value;        /* NAN where the log has null */
};

struct curves {
  struct curve *at; /* in the order in which the terms first appear */
  size_t n;
};

/* A file that is not there gives no curves and no error. */
bool curves_read(struct curves *curves, struct arena *arena, const char *path, struct error *error);

#endif
