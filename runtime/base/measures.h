/* What the rows of measures.def say of a measure's arguments. */
#ifndef BASE_MEASURES_H
#define BASE_MEASURES_H

enum measure_traits {
  MEASURE_PLAIN = 0,
  MEASURE_FITS = 1,     /* reads the training split too */
  MEASURE_LABELLED = 2, /* the last argument is a class */
  MEASURE_ALIKE = 4,    /* the first two are of one size */
};

#endif
