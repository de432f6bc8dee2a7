/* Images put side by side in one grid.
 *
 * A grid row is one row of the image grid: the images of all its samples, from left to right.  An image may be put
 * together from parts that stand side by side with no gap (the left half given, the right half rebuilt).
 * Arrays are F32 with rows; a row is [h, w] or [c, h, w] with c of 1 or 3; values in 0..1 are clamped, NaN is 0.
 *
 * Ownership: the arrays are the caller's; encoded bytes are the caller's, released with free(). */
#ifndef REPORT_IMAGE_GRID_H
#define REPORT_IMAGE_GRID_H
#include "base/array.h"
#include "base/error.h"
#include "base/png.h"

enum { MAX_PARTS = 4 };

struct grid_row {
  const char *caption; /* "right half, rebuilt from the left" */
  const struct array *part[MAX_PARTS];
  int parts;
};

struct image_grid {
  const char *name; /* of the group: a heading on the page, and the file's name */
  const char *caption;
  const struct grid_row *grid_rows;
  int n_grid_rows;
  const char *const *labels; /* one a sample ("0" .. "9"), or NULL */
  int64_t samples;           /* the first so many rows of every part */
};

/* All grid rows below each other.  Every pixel becomes scale x scale; gap pixels (not scaled) lie between images. */
bool image_grid_encode(struct png *png, const struct image_grid *image_grid, int scale, int gap, struct error *error);
bool image_grid_write(const char *path, const struct image_grid *image_grid, int scale, int gap, struct error *error);

/* One sample of one grid row. */
bool image_grid_encode_one(struct png *png, const struct grid_row *grid_row, int64_t sample, struct error *error);

#endif
