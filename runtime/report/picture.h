/* Images put side by side in one picture.
 *
 * A strip is one row of the picture: the images of all its samples, from left to right.  An image may be put
 * together from parts that stand side by side with no gap (the left half given, the right half rebuilt).
 * Arrays are F32 with rows; a row is [h, w] or [c, h, w] with c of 1 or 3; values in 0..1 are clamped, NaN is 0.
 *
 * Ownership: the arrays are the caller's; encoded bytes are the caller's, released with free(). */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H
#include "base/array.h"
#include "base/fault.h"
#include "base/png.h"

enum { MAX_PARTS = 4 };

struct strip {
  const char *caption; /* "right half, rebuilt from the left" */
  const struct array *part[MAX_PARTS];
  int parts;
};

struct picture {
  const char *name; /* of the group: a heading on the page, and the file's name */
  const char *caption;
  const struct strip *strips;
  int n_strips;
  const char *const *labels; /* one a sample ("0" .. "9"), or NULL */
  int64_t samples;           /* the first so many rows of every part */
};

/* All strips below each other.  Every pixel becomes scale x scale; gap pixels (not scaled) lie between images. */
bool picture_encode(struct png *png, const struct picture *picture, int scale, int gap, struct fault *fault);
bool picture_write(const char *path, const struct picture *picture, int scale, int gap, struct fault *fault);

/* One sample of one strip. */
bool picture_encode_one(struct png *png, const struct strip *strip, int64_t sample, struct fault *fault);

#endif
