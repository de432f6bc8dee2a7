#include "store/safetensors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/draft.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arrays are written as they lie in memory, which has to be little-endian"
#endif

enum { ALIGNMENT = 8 }; /* of the data within the file */

static const char *const type_name[] = {[F32] = "F32", [F64] = "F64", [U8] = "U8", [I32] = "I32", [I64] = "I64"};

bool safetensors_type_named(const char *name, enum dtype *type) {
  for (size_t i = 0; i < sizeof type_name / sizeof *type_name; i++)
    if (strcmp(type_name[i], name) == 0) {
      *type = (enum dtype)i;
      return true;
    }
  return false;
}

/* Negative where it would not fit. */
static int64_t bytes_of(const struct array *array) {
  int64_t size = shape_count(array->shape);
  if (size < 0 || __builtin_mul_overflow(size, array->rows ? array->rows : 1, &size) ||
      __builtin_mul_overflow(size, (int64_t)dtype_size(array->type), &size))
    return -1;
  return size;
}

/* Wide types first, so that every array is aligned for its type without a gap. */
static const struct array **in_file_order(struct arena *arena, const struct array *arrays, size_t n) {
  const struct array **order = ARENA_ARRAY(arena, const struct array *, n);
  size_t at = 0;
  for (size_t size = ALIGNMENT; size; size /= 2)
    for (size_t i = 0; i < n; i++)
      if (dtype_size(arrays[i].type) == size) order[at++] = &arrays[i];
  return order;
}

static bool add_entry(json_t *header, const struct array *array, int64_t *at, struct error *error) {
  int64_t size = bytes_of(array), from = *at;
  if (size < 0 || __builtin_add_overflow(from, size, at))
    return error_set(error, ERROR_DATA, "'%s' is too large for a file", array->name);
  if (json_object_get(header, array->name))
    return error_set(error, ERROR_DATA, "two arrays have the name '%s'", array->name);
  json_t *shape = json_array();
  if (array->rows) json_array_append_new(shape, json_integer(array->rows));
  for (int i = 0; i < array->shape.rank; i++) json_array_append_new(shape, json_integer(array->shape.dim[i]));
  json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", type_name[array->type], "shape", shape, "data_offsets",
                            (json_int_t)from, (json_int_t)*at);
  if (json_object_set_new(header, array->name, entry))
    return error_set(error, ERROR_DATA, "the name '%s' cannot be written: it is not UTF-8", array->name);
  return true;
}

static bool add_metadata(json_t *metadata, const struct pair *pairs, size_t n, struct error *error) {
  for (size_t i = 0; i < n; i++)
    if (json_object_get(metadata, pairs[i].key) ||
        json_object_set_new(metadata, pairs[i].key, json_string(pairs[i].value)))
      return error_set(error, ERROR_DATA, "'%s' cannot be written beside the arrays: it is %s", pairs[i].key,
                       json_object_get(metadata, pairs[i].key) ? "given twice" : "not UTF-8");
  return true;
}

/* Which arrays have rows cannot be seen in their entries, so it is kept beside them. */
static void add_with_rows(json_t *metadata, const struct array *arrays, size_t n) {
  json_t *names = json_array();
  for (size_t i = 0; i < n; i++)
    if (arrays[i].rows) json_array_append_new(names, json_string(arrays[i].name));
  char *list = json_array_size(names) ? json_dumps(names, JSON_COMPACT) : NULL;
  if (list) json_object_set_new(metadata, "with_rows", json_string(list));
  free(list);
  json_decref(names);
}

/* The header's text with the CRC's digits at zero, padded to the alignment with spaces; NULL with an error. */
static char *header_string(const struct array *const *order, const struct array *arrays, size_t n,
                           const struct pair *pairs, size_t n_pairs, struct arena *arena, struct error *error) {
  json_t *header = json_object(), *metadata = json_object();
  int64_t at = 0;
  char *padded = NULL;
  json_object_set_new(metadata, "crc32", json_string("00000000"));
  add_with_rows(metadata, arrays, n);
  json_object_set_new(header, "__metadata__", metadata);
  bool ok = add_metadata(metadata, pairs, n_pairs, error);
  for (size_t i = 0; i < n && ok; i++) ok = add_entry(header, order[i], &at, error);
  char *compact = ok ? json_dumps(header, JSON_COMPACT) : NULL;
  if (compact) {
    int padding = (int)(-strlen(compact) % ALIGNMENT);
    padded = arena_format(arena, "%s%*s", compact, padding, "");
  } else if (ok) {
    error_set(error, ERROR_DATA, "no memory for the header of a file");
  }
  free(compact);
  json_decref(header);
  return padded;
}

bool safetensors_fits(const struct array *arrays, size_t n, struct error *error) {
  json_t *header = json_object();
  int64_t at = 0;
  bool ok = true;
  for (size_t i = 0; i < n && ok; i++) ok = add_entry(header, &arrays[i], &at, error);
  json_decref(header);
  return ok;
}

static uLong add_crc(uLong crc, const void *bytes, size_t size) { return crc32_z(crc, bytes, size); }

bool safetensors_write(const char *path, const struct array *arrays, size_t n, const struct pair *metadata,
                       size_t n_metadata, struct error *error) {
  struct arena *arena = arena_new();
  struct draft draft;
  const struct array **order = in_file_order(arena, arrays, n);
  char *header = header_string(order, arrays, n, metadata, n_metadata, arena, error);
  bool ok = header && draft_open(&draft, path, error);
  if (ok) {
    size_t length = strlen(header);
    unsigned char prefix[8];
    char digits[CRC_DIGITS + 1];
    for (int i = 0; i < 8; i++) prefix[i] = (unsigned char)((uint64_t)length >> 8 * i);
    uLong crc = add_crc(add_crc(0, prefix, sizeof prefix), header, length);
    for (size_t i = 0; i < n; i++) crc = add_crc(crc, order[i]->data, (size_t)bytes_of(order[i]));
    snprintf(digits, sizeof digits, "%08lx", crc);
    memcpy(header + strlen(SAFETENSORS_START), digits, CRC_DIGITS);
    draft_put(&draft, prefix, sizeof prefix);
    draft_put(&draft, header, length);
    for (size_t i = 0; i < n; i++) draft_put(&draft, order[i]->data, (size_t)bytes_of(order[i]));
    ok = draft_commit(&draft, error);
  }
  arena_free(arena);
  return ok;
}
