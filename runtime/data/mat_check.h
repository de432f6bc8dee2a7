/* Whether a MATLAB file of version 4 or 5 is all there.  matio takes what is missing of it for zeros, or leaves what was
 * in memory.
 * Ownership: nothing is kept. */
#ifndef DATA_MAT_CHECK_H
#define DATA_MAT_CHECK_H
#include "data/reader.h"

/* Holds every size against what contains it, and the numbers of an array against its axes; what is compressed is
 * decompressed to its end and its checksum.  False with an error. */
bool mat_check_4(const struct datafile *file, struct error *error);
bool mat_check_5(const struct datafile *file, struct error *error);

#endif
