/* Values of --compute, for all rows of their split, written for other programs.
 *
 * Ownership: nothing is kept. */
#ifndef TRAIN_COMPUTE_H
#define TRAIN_COMPUTE_H
#include "report/progress.h"
#include "train/model.h"

/* The arrays are written to `path` as its ending says (.npy, .npz, .mat, .csv, .png; "-" is text on standard output),
 * and progress says so.  Rows that do not have a value are NaN in npy, npz and mat, empty in csv and blank in png. */
bool compute(struct model *model, const char *path, struct progress *progress, struct error *error);

/* Whether the ending of path is one that so many values can be written to; `values` is what names them: "hx,hy". */
bool compute_can_write(const char *path, const char *values, struct error *error);

#endif
