/* What a run is and what it measured: plain structs that the log, the console, metrics.json and the page share.
 *
 * Ownership: every pointer is the caller's and must live as long as the call it is given to. */
#ifndef REPORT_METRIC_H
#define REPORT_METRIC_H
#include <stddef.h>
#include <stdint.h>

#include "base/timings.h"

/* One measured number.  A metric without a protocol says nothing, so it must be given. */
struct metric {
  const char *name;     /* "transfer.left_to_right": dots group */
  double value;         /* NAN where there is none: then `reason` says why */
  const char *unit;     /* "%": value is in 0..100; "of 50": in at most 50; NULL or anything else: no known bound */
  const char *split;    /* "test"; NULL: made of no rows of either split */
  const char *protocol; /* one sentence on how it was measured */
  double chance;        /* in the same unit; NAN where chance has no meaning */
  uint64_t seed;        /* of the run that it belongs to */
  int64_t rows;         /* of how many rows it is; -1 where that is not known */
  const char *reason;   /* why there is no value; NULL where there is one */
  /* why a value has no chance level beside it; NULL where it has one, or none was asked for */
  const char *chance_reason;
  const char *table; /* whose split, where the model reads several tables; else NULL */
  const char *where; /* both for a reader: "test of small"; NULL where `split` says all */
};

/* Numbers beside the metrics of one measurement: a confusion matrix, scores by class. */
struct metric_table {
  const char *name, *corner; /* "classes.confusion"; what rows and columns are: "class \ taken for" */
  const char *split, *table, *protocol;
  uint64_t seed;
  int64_t samples; /* rows of the split that it is of */
  int64_t rows, columns;
  const char *const *row, *const *column; /* their heads */
  const double *value;                    /* [rows, columns]; NAN: there is none */
};

struct setting {
  const char *name, *value;
};

struct run {
  const char *model;      /* the file's name */
  const char *variant;    /* or NULL */
  const char *data;       /* name of the data set; NULL if none */
  const char *data_found; /* the folder it was found in; NULL if none */
  const char *version;    /* of the program */
  uint64_t seed;
  int64_t epochs, batch, steps, parameters;
  double seconds; /* wall clock of all sessions, training and evaluation */
  int threads;
  const struct setting *settings; /* options resolved, optimizer, and what else the caller finds worth telling */
  size_t n_settings;
  const char *begun, *ended;    /* of training: dates and times; NULL where unknown */
  const struct timing *timings; /* where those seconds went */
  size_t n_timings;
};

#endif
