/* Files of several arrays: NumPy's archives by libzip, MATLAB's by matio. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/export.h"

#ifdef HAVE_ZIP
#include <zip.h>

/* libzip writes a file of its own and renames it when the archive is closed; it frees the blocks that it was given. */
static bool add_member(zip_t *archive, const struct array *array, struct arena *arena) {
  char header[NPY_HEADER];
  size_t length = npy_heading(header, array), bytes = value_bytes(array);
  char *member = block_alloc(length + bytes + 1);
  if (!member) return false;
  memcpy(member, header, length);
  if (bytes) memcpy(member + length, array->data, bytes);
  zip_source_t *source = zip_source_buffer(archive, member, length + bytes, 1);
  if (!source) return free(member), false;
  if (zip_file_add(archive, arena_format(arena, "%s.npy", array->name), source, ZIP_FL_ENC_UTF_8) >= 0) return true;
  zip_source_free(source);
  return false;
}

bool write_npz(const char *path, const struct array *arrays, size_t n, struct error *error) {
  int code = 0;
  struct arena *arena = arena_new();
  zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
  bool ok = archive != NULL;
  for (size_t i = 0; ok && i < n; i++) ok = add_member(archive, &arrays[i], arena);
  ok = ok && zip_close(archive) == 0;
  if (!ok) {
    zip_error_t problem;
    zip_error_init_with_code(&problem, code);
    error_set(error, ERROR_DATA, "cannot write '%s': %s", path,
              archive ? zip_strerror(archive) : zip_error_strerror(&problem));
    zip_error_fini(&problem);
    if (archive) zip_discard(archive);
  }
  arena_free(arena);
  return ok;
}
#else
bool write_npz(const char *path, const struct array *arrays, size_t n, struct error *error) {
  (void)arrays, (void)n;
  error_set(error, ERROR_DATA, "cannot write '%s': this program was built without libzip", path);
  return error_hint(error, "install libzip-dev and build again, or write '.npy'");
}
#endif

#ifdef HAVE_MATIO
#include <matio.h>

/* MATLAB's arrays have columns first: element (r, i, ...) of a row-major array is put in its place. */
static void turn(const struct array *array, char *out) {
  int64_t width = shape_count(array->shape), rows = array->rows ? array->rows : 1;
  size_t size = dtype_size(array->type);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < width; i++) {
      int64_t rest = i, at = 0, place[MAX_RANK];
      for (int k = array->shape.rank - 1; k >= 0; k--)
        place[k] = rest % array->shape.dim[k], rest /= array->shape.dim[k];
      for (int k = array->shape.rank - 1; k >= 0; k--) at = at * array->shape.dim[k] + place[k];
      memcpy(out + (size_t)(at * rows + r) * size, (const char *)array->data + (size_t)(r * width + i) * size, size);
    }
}

static bool add_variable(mat_t *file, const struct array *array, struct arena *arena) {
  static const struct {
    enum matio_classes class;
    enum matio_types type;
  } of[] = {[F32] = {MAT_C_SINGLE, MAT_T_SINGLE},
            [F64] = {MAT_C_DOUBLE, MAT_T_DOUBLE},
            [U8] = {MAT_C_UINT8, MAT_T_UINT8},
            [I32] = {MAT_C_INT32, MAT_T_INT32},
            [I64] = {MAT_C_INT64, MAT_T_INT64}};
  size_t dims[MAX_RANK + 2] = {array->rows ? (size_t)array->rows : 1, 1};
  int rank = 1 + array->shape.rank;
  for (int k = 0; k < array->shape.rank; k++) dims[1 + k] = (size_t)array->shape.dim[k];
  char *name = arena_copy_string(arena, array->name, strlen(array->name)),
       *transposed = block_alloc(value_bytes(array) + 1);
  for (char *at = name; *at; at++)
    if (*at == '.') *at = '_';
  if (transposed) turn(array, transposed);
  matvar_t *variable = !transposed ? NULL
                                   : Mat_VarCreate(name, of[array->type].class, of[array->type].type,
                                                   rank < 2 ? 2 : rank, dims, transposed, 0);
  bool ok = variable && Mat_VarWrite(file, variable, MAT_COMPRESSION_NONE) == 0;
  Mat_VarFree(variable);
  free(transposed);
  return ok;
}

/* matio does not tell that a write has failed: the file is then shorter than its values with the least of headers. */
static bool is_whole(const char *path, const struct array *arrays, size_t n) {
  enum { HEADER = 128, VARIABLE = 56 };
  struct stat status;
  size_t least = HEADER;
  for (size_t i = 0; i < n; i++) least += VARIABLE + value_bytes(&arrays[i]);
  return stat(path, &status) == 0 && (size_t)status.st_size >= least;
}

bool write_mat(const char *path, const struct array *arrays, size_t n, struct error *error) {
  struct arena *arena = arena_new();
  const char *temporary = arena_format(arena, "%s.part-%ld", path, (long)getpid());
  mat_t *file = Mat_CreateVer(temporary, NULL, MAT_FT_MAT5);
  bool ok = file != NULL;
  for (size_t i = 0; ok && i < n; i++) ok = add_variable(file, &arrays[i], arena);
  if (file && Mat_Close(file)) ok = false;
  if (ok && !is_whole(temporary, arrays, n))
    ok = error_set(error, ERROR_DATA, "cannot write '%s': not all of it could be written", path);
  ok = ok && rename(temporary, path) == 0;
  if (!ok) {
    unlink(temporary);
    error_set(error, ERROR_DATA, "cannot write '%s'", path);
  }
  arena_free(arena);
  return ok;
}
#else
bool write_mat(const char *path, const struct array *arrays, size_t n, struct error *error) {
  (void)arrays, (void)n;
  error_set(error, ERROR_DATA, "cannot write '%s': this program was built without matio", path);
  return error_hint(error, "install libmatio-dev and build again, or write '.npz'");
}
#endif
