/* Values written for other programs: safetensors, npy, csv, png.  Every file appears whole or not at all.
 * Ownership: arrays stay the caller's; nothing is kept. */
#ifndef STORE_EXPORT_H
#define STORE_EXPORT_H
#include "base/array.h"
#include "base/fault.h"

bool export_safetensors(const char *path, const struct array *arrays, size_t n, struct fault *fault);

/* NumPy's format, version 1.0; rows are the first axis. */
bool write_npy(const char *path, const struct array *array, struct fault *fault);

/* One line a row (one line in all without rows), numbers separated by commas, no heading; floats read back
 * exactly.  present: for each row, 0 where it is absent and its fields stay empty; NULL: all rows are there. */
bool write_csv(const char *path, const struct array *array, const float *present, struct fault *fault);

/* A grid of pictures, `columns` of them on a line.  The shape is [h, w], [1, h, w] or [3, h, w]; F32 and F64 are
 * clamped to 0..1, not-a-number is 0, U8 is 0..255. */
bool write_png_grid(const char *path, const struct array *images, int columns, struct fault *fault);

#endif
