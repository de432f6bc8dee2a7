/* Final metrics of several runs side by side, with what makes them unlike each other.
 *
 * Ownership: the arena's that is given. */
#ifndef REPORT_COMPARISON_H
#define REPORT_COMPARISON_H
#include "report/summary.h"

struct compared { /* a run, or the runs of one setting */
  const char *label;
  const char *model, *data; /* in words that differ where the model or the data do */
  struct summary summary;   /* of one setting */
  size_t runs, measured;    /* how many there are, and how many of them have metrics */
};

struct comparison {
  struct sheet sheet, raw; /* for people; with all digits, and in each line all that differs */
  VEC(const char *) notes; /* what differs, and in which runs; "[2] ..." of a metric that is marked so */
};

struct comparison compare(struct arena *arena, const struct compared *list, size_t n);

bool comparison_print(FILE *to, const struct comparison *comparison);
const char *comparison_csv(const struct comparison *comparison);
const char *comparison_tex(const struct comparison *comparison);

#endif
