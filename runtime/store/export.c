#include "store/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/draft.h"
#include "base/png.h"
#include "store/safetensors.h"

bool export_safetensors(const char *path, const struct array *arrays, size_t n, struct error *error) {
  return safetensors_write(path, arrays, n, NULL, 0, error);
}

static int64_t row_count(const struct array *array) { return array->rows ? array->rows : 1; }

/* "(10, 3)", "(10,)", "()": a Python tuple. */
static void tuple_string(char *string, size_t size, const struct array *array) {
  int at = snprintf(string, size, "("), axes = array->shape.rank + (array->rows != 0);
  for (int i = 0; i < axes; i++) {
    int64_t dim = array->rows == 0 ? array->shape.dim[i] : i ? array->shape.dim[i - 1] : array->rows;
    at += snprintf(string + at, size - (size_t)at, "%s%" PRId64, i ? ", " : "", dim);
  }
  snprintf(string + at, size - (size_t)at, axes == 1 ? ",)" : ")");
}

size_t npy_heading(char string[NPY_HEADER], const struct array *array) {
  enum { PREFIX = 10, ALIGNMENT = 64 }; /* magic, version and length; where the data begins */
  static const char *const type[] = {[F32] = "<f4", [F64] = "<f8", [U8] = "|u1", [I32] = "<i4", [I64] = "<i8"};
  char shape[192], dictionary[320];
  tuple_string(shape, sizeof shape, array);
  int length = snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                        type[array->type], shape);
  int total = (PREFIX + length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, rest = total - PREFIX;
  snprintf(string, NPY_HEADER, "\x93NUMPY\x01%c%c%c%-*s\n", 1, 1, 1, rest - 1, dictionary);
  string[7] = 0;
  string[8] = (char)(rest & 0xff);
  string[9] = (char)(rest >> 8);
  return (size_t)total;
}

size_t value_bytes(const struct array *array) {
  return (size_t)row_count(array) * (size_t)shape_count(array->shape) * dtype_size(array->type);
}

bool write_npy(const char *path, const struct array *array, struct error *error) {
  char header[NPY_HEADER];
  size_t length = npy_heading(header, array);
  struct draft draft;
  if (!draft_open(&draft, path, error)) return false;
  draft_put(&draft, header, length);
  draft_put(&draft, array->data, value_bytes(array));
  return draft_commit(&draft, error);
}

/* Enough digits that reading them gives the same number. */
static int number_string(char *string, size_t size, const struct array *array, int64_t i) {
  switch (array->type) {
  case F32: return snprintf(string, size, "%.9g", ((const float *)array->data)[i]);
  case F64: return snprintf(string, size, "%.17g", ((const double *)array->data)[i]);
  case U8: return snprintf(string, size, "%d", ((const uint8_t *)array->data)[i]);
  case I32: return snprintf(string, size, "%" PRId32, ((const int32_t *)array->data)[i]);
  case I64: return snprintf(string, size, "%" PRId64, ((const int64_t *)array->data)[i]);
  }
  return 0;
}

/* The name of each number in a row: "hx[3]", or the array's own where there is one. */
static void put_heading(struct draft *draft, const struct array *arrays, size_t n) {
  for (size_t k = 0; k < n; k++) {
    int64_t per_row = shape_count(arrays[k].shape);
    for (int64_t i = 0; i < per_row; i++) {
      char string[32] = "";
      if (per_row > 1) snprintf(string, sizeof string, "[%" PRId64 "]", i);
      draft_put(draft, arrays[k].name, strlen(arrays[k].name));
      draft_put(draft, string, strlen(string));
      draft_put(draft, k + 1 < n || i + 1 < per_row ? "," : "\n", 1);
    }
  }
}

/* An empty cell that is alone in its line is written as an empty string, since readers pass over empty lines. */
static void put_cells(struct draft *draft, const struct array *array, int64_t row, bool there, bool alone) {
  int64_t per_row = shape_count(array->shape);
  char string[64];
  for (int64_t i = 0; i < per_row; i++) {
    int length = there ? number_string(string, sizeof string - 1, array, (array->rows ? row : 0) * per_row + i)
                       : snprintf(string, sizeof string, "%s", alone && per_row == 1 ? "\"\"" : "");
    if (i + 1 < per_row) string[length++] = ',';
    draft_put(draft, string, (size_t)length);
  }
}

bool write_csv(const char *path, const struct array *arrays, const float *const *present, size_t n,
               struct error *error) {
  struct draft draft;
  int64_t rows = 1;
  for (size_t k = 0; k < n; k++)
    if (arrays[k].rows) rows = arrays[k].rows;
  if (!draft_open(&draft, path, error)) return false;
  if (n > 1) put_heading(&draft, arrays, n);
  for (int64_t row = 0; row < rows; row++)
    for (size_t k = 0; k < n; k++) {
      bool there = !present || !present[k] || present[k][row] != 0;
      put_cells(&draft, &arrays[k], row, there, n == 1);
      draft_put(&draft, k + 1 < n ? "," : "\n", 1);
    }
  return draft_commit(&draft, error);
}

static uint8_t level_of(double value) {
  if (!(value > 0)) return 0; /* NaN too */
  return value < 1 ? (uint8_t)(255 * value + 0.5) : 255;
}

static uint8_t pixel(const struct array *images, int64_t i) {
  if (images->type == U8) return ((const uint8_t *)images->data)[i];
  return level_of(images->type == F32 ? ((const float *)images->data)[i] : ((const double *)images->data)[i]);
}

bool write_png_grid(const char *path, const struct array *images, int columns, struct error *error) {
  enum { GAP = 1, LARGEST = 65535 };
  int rank = images->shape.rank;
  int64_t channels = rank == 3 ? images->shape.dim[0] : 1, rows = row_count(images);
  char shape[SHAPE_STRING];
  if (rank < 2 || rank > 3 || (channels != 1 && channels != 3) || images->type == I32 || images->type == I64)
    return error_set(error, ERROR_DATA, "'%s' is %s %s, which is not an image", images->name, dtype_name(images->type),
                     shape_string(shape, images->shape, images->rows != 0));
  int64_t h = images->shape.dim[rank - 2], w = images->shape.dim[rank - 1];
  int64_t across = columns < rows ? columns : rows, down = (rows + across - 1) / across;
  if (h > LARGEST || w > LARGEST || across * (w + GAP) > LARGEST || down > LARGEST || down * (h + GAP) > LARGEST)
    return error_set(error, ERROR_DATA, "'%s' makes an image larger than %d pixels a side", images->name, LARGEST);
  int64_t width = across * (w + GAP) - GAP, height = down * (h + GAP) - GAP;
  uint8_t *pixels = block_alloc((size_t)(width * height * channels));
  if (!pixels) return error_set(error, ERROR_DATA, "no memory for the image '%s'", path);
  for (int64_t i = 0; i < rows * channels * h * w; i++) {
    int64_t x = i % w, y = i / w % h, c = i / (w * h) % channels, row = i / (w * h * channels);
    int64_t left = row % across * (w + GAP) + x, top = row / across * (h + GAP) + y;
    pixels[(top * width + left) * channels + c] = pixel(images, i);
  }
  bool ok = png_write(path, pixels, (int)width, (int)height, (int)channels, error);
  free(pixels);
  return ok;
}
