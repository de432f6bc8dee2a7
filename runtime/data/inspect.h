/* What is in a file of arrays, as a table for people, and the lines of a model that read it.
 * Ownership: the text is the arena's. */
#ifndef DATA_INSPECT_H
#define DATA_INSPECT_H
#include "data/datafile.h"

/* Reads the whole file for the ranges.  The options are those that it was opened with, which the lines repeat.  NULL
 * with an error. */
const char *inspect_string(struct arena *arena, struct datafile *file, const struct datafile_options *options,
                           struct error *error);

#endif
