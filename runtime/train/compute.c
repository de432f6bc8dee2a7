#include "train/compute.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "store/export.h"
#include "train/evaluate.h"
#include "train/fit.h"
#include "train/gathered.h"
#include "train/reads.h"

enum format { NPY, NPZ, MAT, CSV, PNG, FORMATS };
static const struct {
  const char *ending, *absent; /* what stands where a row lacks a value */
  bool several;
} formats[FORMATS] = {[NPY] = {".npy", "NaN", false},
                      [NPZ] = {".npz", "NaN", true},
                      [MAT] = {".mat", "NaN", true},
                      [CSV] = {".csv", "empty", true},
                      [PNG] = {".png", "blank", false}};

static enum format format_of(const char *path) {
  size_t n = strlen(path);
  int format = 0;
  if (!strcmp(path, "-")) return CSV;
  while (format < FORMATS && !(n > 4 && strcmp(path + n - 4, formats[format].ending) == 0)) format++;
  return (enum format)format;
}

bool compute_can_write(const char *path, const char *values, struct error *error) {
  enum format format = format_of(path);
  if (format == FORMATS) {
    error_set(error, ERROR_USAGE, "'%s' names no format that can be written", path);
    return error_hint(error, "end it in '.npy', '.npz', '.mat', '.csv' or '.png', or write '-' for standard output");
  }
  if (formats[format].several || !strchr(values, ',')) return true;
  error_set(error, ERROR_USAGE, "a '%s' file holds one value, not several", formats[format].ending);
  return error_hint(error, "write them to '.npz', '.mat' or '.csv'");
}

static bool write_arrays(const char *path, const struct array *arrays, const float *const *present, size_t n,
                         struct error *error) {
  enum { IMAGE_GRIDS_ON_A_LINE = 20 };
  switch (format_of(path)) {
  case NPY: return write_npy(path, arrays, error);
  case NPZ: return write_npz(path, arrays, n, error);
  case MAT: return write_mat(path, arrays, n, error);
  case PNG: return write_png_grid(path, arrays, IMAGE_GRIDS_ON_A_LINE, error);
  default: return write_csv(path, arrays, present, n, error);
  }
}

/* Makes absent rows NaN, in a copy of floats (bytes of an image become 0..1); returns how many rows there are. */
static int64_t leave_out_absent(struct array *array, const float *present, bool image_grid, struct arena *arena) {
  int64_t width = shape_count(array->shape), n = 0;
  float *out = ARENA_ARRAY(arena, float, (size_t)(array->rows * width) + 1);
  for (int64_t i = 0; i < array->rows * width; i++) {
    float value = array->type == U8 ? ((const uint8_t *)array->data)[i] : ((const float *)array->data)[i];
    out[i] = present[i / width] == 0 ? NAN : array->type == U8 && image_grid ? value / UINT8_MAX : value;
  }
  for (int64_t row = 0; row < array->rows; row++) n += present[row] != 0;
  array->type = F32;
  array->data = out;
  return n;
}

static int64_t count_bad(const struct array *array, const float *present) {
  int64_t width = shape_count(array->shape), n = (array->rows ? array->rows : 1) * width, bad = 0;
  for (int64_t i = 0; array->type == F32 && i < n; i++)
    bad += !isfinite(((const float *)array->data)[i]) && (!present || present[i / width] != 0);
  return bad;
}

/* What a reader of the file has to know: which rows are absent, and that numbers of the others may be NaN. */
static void say_absent(struct progress *progress, const char *path, const struct array *array, const char *name,
                       int64_t there, int64_t bad) {
  if (there < array->rows)
    progress_warning(progress, "wrote '%s': %" PRId64 " of %" PRId64 " rows have %s%s%s, the others are %s", path,
                     there, array->rows, name ? "'" : "it", name ? name : "", name ? "'" : "",
                     formats[format_of(path)].absent);
  if (bad)
    progress_warning(progress, "warning: %" PRId64 " of the numbers in '%s' are NaN or infinite", bad, array->name);
}

/* Reads the values, says what is absent, and writes them. */
static bool write_values(const struct program *program, const struct gathered *gathered, const char *path,
                         struct progress *progress, struct arena *arena, struct error *error) {
  size_t n = program->computed.n;
  struct array *arrays = ARENA_ARRAY(arena, struct array, n + 1);
  const float **present = ARENA_ARRAY(arena, const float *, n + 1);
  int64_t *there = ARENA_ARRAY(arena, int64_t, n + 1), *bad = ARENA_ARRAY(arena, int64_t, n + 1);
  bool whole = true;
  for (size_t k = 0; k < n; k++) {
    const struct computed *value = &program->computed.at[k];
    struct array mask = {0};
    if (!gathered_array(gathered, value->root, &arrays[k], error) ||
        (value->present && !gathered_array(gathered, value->present, &mask, error)))
      return false;
    present[k] = mask.data;
    arrays[k].name = value->name;
    bad[k] = count_bad(&arrays[k], present[k]);
    there[k] = present[k] ? leave_out_absent(&arrays[k], present[k], format_of(path) == PNG, arena) : arrays[k].rows;
    whole &= there[k] == arrays[k].rows;
  }
  if (!write_arrays(path, arrays, present, n, error)) return false;
  if (whole && strcmp(path, "-")) progress_note(progress, "wrote '%s'", path);
  for (size_t k = 0; k < n; k++)
    say_absent(progress, path, &arrays[k], n > 1 ? arrays[k].name : NULL, there[k], bad[k]);
  return true;
}

bool compute(struct model *model, const char *path, struct progress *progress, struct error *error) {
  const struct program *program = model->program;
  struct reporting reporting = {.progress = progress, .what = "computing", .error = error};
  const struct collection *collection = &program->collections.at[program->compute];
  struct watch watch = {report_progress, &reporting};
  struct arena *arena = arena_new();
  bool ready = fit_only(model, reads_of(arena, program, collection).fit, progress, watch, error);
  struct gathered *gathered = ready ? gathered_new(model, collection, watch, error) : NULL;
  bool ok = gathered && write_values(program, gathered, path, progress, arena, error);
  gathered_free(gathered);
  arena_free(arena);
  return ok;
}
