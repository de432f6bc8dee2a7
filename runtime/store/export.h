/* Values written for other programs: safetensors, npy, csv, png.  Every file appears whole or not at all.
 * Ownership: arrays stay the caller's; bytes returned by png_grid are released with free(). */
#ifndef STORE_EXPORT_H
#define STORE_EXPORT_H
#include "base/array.h"
#include "base/fault.h"

bool export_safetensors(const char *path, const struct array *arrays, size_t n, struct fault *fault);

/* NumPy's format, version 1.0; rows are the first axis. */
bool write_npy(const char *path, const struct array *array, struct fault *fault);

/* One line a row (one line in all without rows), numbers separated by commas, no heading; floats read back exactly. */
bool write_csv(const char *path, const struct array *array, struct fault *fault);

/* A grid of pictures.  Every array has the shape [h, w], [1, h, w] or [3, h, w] and at least `samples` rows; F32 and
 * F64 are clamped to 0..1, U8 is 0..255.  The pictures of one sample stand side by side in the order of the arrays, and
 * `columns` samples stand beside each other on a line. */
bool png_grid(const struct array *images, size_t n, int64_t samples, int columns, unsigned char **bytes, size_t *size,
              struct fault *fault);
bool write_png_grid(const char *path, const struct array *images, size_t n, int64_t samples, int columns,
                    struct fault *fault);

#endif
