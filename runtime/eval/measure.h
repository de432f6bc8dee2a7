/* The measurements that a model file asks for by name (base/measures.def), carried out on plain arrays.
 *
 * Ownership: results hold their own numbers and strings, and names are static. */
#ifndef EVAL_MEASURE_H
#define EVAL_MEASURE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/measures.h"
#include "base/pool.h"
#include "eval/watch.h"

enum measure {
#define MEASURE(name, arguments, traits, metrics, doc) MEASURE_##name,
#include "base/measures.def"
#undef MEASURE
  MEASURES
};

enum { MEASURED_MOST = 10, TABLES_MOST = 2 };

struct measured_table { /* numbers beside the metrics */
  const char *name;     /* within its measurement: "confusion" */
  const char *corner;   /* what its rows are, and its columns: "class", "taken for" */
  int64_t rows, columns;
  const char *const *column; /* the columns' heads; NULL: they are classes */
  bool rows_are_classes;     /* else they are numbered from 1 */
  double *value;             /* [rows, columns]; NAN: there is none */
  const char *protocol;      /* one sentence */
};

struct measured_tables {
  struct arena *arena; /* of their numbers */
  int n;
  struct measured_table at[TABLES_MOST];
};

struct measured {
  const char *name;                     /* "canonical"; within its measurement; "" where there is only one metric */
  double value, chance;                 /* NAN where there is a reason; chance: also where it has no meaning */
  char unit[32];                        /* "%": in 0..100; "of 50": of so many numbers in the smaller code; "" */
  char protocol[256];                   /* one sentence */
  char reason[256], chance_reason[256]; /* why there is no value, and no chance level beside a value; "" otherwise */
};

/* MEASURES for a name that is none. */
enum measure measure_find(const char *name);
int measure_arguments(enum measure measure);
bool measure_fits(enum measure measure);        /* reads the training split too */
bool measure_is_labelled(enum measure measure); /* the last argument is a class */

/* argument: the arrays of the split that is measured, in the order of the call; fit: the same of the training
 * split, NULL where it is not read.  Fills out[0 .. *n - 1], and tables unless that is NULL; false
 * where all measuring must stop.  An error of kind
 * ERROR_NUMBER that is there already is why these arrays cannot be measured: it becomes every metric's reason. */
bool measure_run(enum measure measure, const struct array *const *argument, const struct array *const *fit,
                 uint64_t seed, struct pool *pool, struct watch watch, struct measured out[MEASURED_MOST], int *n,
                 struct measured_tables *tables, struct error *error);

/* What is known before there are values: false, and the reason, where so many rows of codes of these widths (of the
 * first two arguments) cannot be measured.  rows: of the split that is measured; fit: of the training split. */
bool measure_can(enum measure measure, int64_t rows, int64_t fit, const int64_t width[2], struct error *error);

#endif
