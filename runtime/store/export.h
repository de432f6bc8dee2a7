/* Values written for other programs: safetensors, npy, npz, mat, csv, png; of "-" to standard output.  Every file
 * appears whole or not at all. Ownership: arrays stay the caller's; nothing is kept. */
#ifndef STORE_EXPORT_H
#define STORE_EXPORT_H
#include "base/array.h"
#include "base/error.h"

bool export_safetensors(const char *path, const struct array *arrays, size_t n, struct error *error);

/* NumPy's format, version 1.0; rows are the first axis. */
bool write_npy(const char *path, const struct array *array, struct error *error);

enum { NPY_HEADER = 448 };
/* The bytes in front of the data; how many there are. */
size_t npy_heading(char string[NPY_HEADER], const struct array *array);
size_t value_bytes(const struct array *array);

/* One line a row (one line in all without rows), numbers separated by commas, of several arrays side by side with a
 * heading; floats read back exactly.  present[k]: for each row of array k, 0 where it is absent and its fields stay
 * empty; it, or present, NULL: all rows are there. */
bool write_csv(const char *path, const struct array *arrays, const float *const *present, size_t n,
               struct error *error);

/* archive.c: arrays by name, which may have points in it (in MATLAB's files they become '_').  An error where the
 * program was built without the library. */
bool write_npz(const char *path, const struct array *arrays, size_t n, struct error *error);
bool write_mat(const char *path, const struct array *arrays, size_t n, struct error *error);

/* A grid of images, `columns` of them on a line.  The shape is [h, w], [1, h, w] or [3, h, w]; F32 and F64 are
 * clamped to 0..1, NaN is 0, U8 is 0..255. */
bool write_png_grid(const char *path, const struct array *images, int columns, struct error *error);

#endif
