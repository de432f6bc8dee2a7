/* Reading a checkpoint, which may be anybody's file: every number of the header is held against the file's real
 * size before it is used, the arrays must fill the data exactly (no overlap, no gap, nothing left over), and the
 * CRC-32 covers header and data. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "store/checkpoint.h"
#include "store/safetensors.h"

enum { HEADER_LIMIT = 1 << 26, PREFIX = 8 };

struct entry {
  const char *name;
  enum dtype type;
  int rank;
  int64_t dim[MAX_RANK + 1], begin, end; /* dim: rows, if any, are still the first axis */
  bool with_rows;
};

struct reader {
  const char *path;
  FILE *file;
  int64_t size; /* of the data */
  char *header;
  size_t length; /* of the header */
  struct entry *entry;
  size_t n;
  struct checkpoint *out;
  struct error *error;
};

static bool damaged(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool damaged(struct reader *reader, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const char *reason = arena_vformat(reader->out->arena, format, arguments);
  va_end(arguments);
  return error_set(reader->error, ERROR_DATA, "'%s' is damaged: %s", reader->path, reason);
}

static bool read_header(struct reader *reader) {
  struct stat status;
  unsigned char prefix[PREFIX];
  uint64_t length = 0;
  if (fstat(fileno(reader->file), &status) || !S_ISREG(status.st_mode))
    return error_set(reader->error, ERROR_DATA, "'%s' is not a file", reader->path);
  if (fread(prefix, 1, PREFIX, reader->file) != PREFIX)
    return damaged(reader, "%lld bytes are not a checkpoint", (long long)status.st_size);
  for (int i = 0; i < PREFIX; i++) length |= (uint64_t)prefix[i] << 8 * i;
  if (length > HEADER_LIMIT || (int64_t)length > status.st_size - PREFIX)
    return damaged(reader, "a header of %llu bytes in a file of %lld", (unsigned long long)length,
                   (long long)status.st_size);
  reader->length = (size_t)length;
  reader->size = status.st_size - PREFIX - (int64_t)length;
  reader->header = arena_alloc(reader->out->arena, reader->length + 1);
  if (fread(reader->header, 1, reader->length, reader->file) != reader->length)
    return error_set(reader->error, ERROR_DATA, "cannot read '%s': %s", reader->path, strerror(errno));
  size_t digits = strlen(SAFETENSORS_START), beyond = digits + CRC_DIGITS;
  if (strncmp(reader->header, SAFETENSORS_START, digits) != 0 || length <= beyond || reader->header[beyond] != '"')
    return error_set(reader->error, ERROR_DATA, "'%s' is not a checkpoint: its header begins otherwise", reader->path);
  return true;
}

static bool take_shape(struct reader *reader, const json_t *shape, struct entry *entry, int64_t *bytes) {
  size_t rank = json_array_size(shape);
  *bytes = (int64_t)dtype_size(entry->type);
  if (!json_is_array(shape) || rank > MAX_RANK + 1) return damaged(reader, "the shape of '%s'", entry->name);
  entry->rank = (int)rank;
  for (size_t i = 0; i < rank; i++) {
    const json_t *dim = json_array_get(shape, i);
    entry->dim[i] = json_integer_value(dim);
    if (entry->dim[i] < 1 || __builtin_mul_overflow(*bytes, entry->dim[i], bytes))
      return damaged(reader, "the shape of '%s'", entry->name);
  }
  return true;
}

static bool take_entry(struct reader *reader, const char *name, const json_t *json, struct entry *entry) {
  const char *type = json_string_at(json, "dtype");
  const json_t *offsets = json_object_get(json, "data_offsets");
  const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
  int64_t bytes;
  entry->name = arena_copy_string(reader->out->arena, name, strlen(name));
  if (!type || !safetensors_type_named(type, &entry->type))
    return damaged(reader, "the type '%s' of '%s' is unknown", type ? type : "", name);
  if (!take_shape(reader, json_object_get(json, "shape"), entry, &bytes)) return false;
  if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
    return damaged(reader, "the offsets of '%s'", name);
  entry->begin = json_integer_value(begin);
  entry->end = json_integer_value(end);
  if (entry->begin < 0 || entry->end < entry->begin || entry->end > reader->size)
    return damaged(reader, "'%s' lies at bytes %lld to %lld of %lld", name, (long long)entry->begin,
                   (long long)entry->end, (long long)reader->size);
  if (entry->end - entry->begin != bytes)
    return damaged(reader, "'%s' has %lld bytes where its shape takes %lld", name,
                   (long long)(entry->end - entry->begin), (long long)bytes);
  if (entry->begin % (int64_t)dtype_size(entry->type))
    return damaged(reader, "'%s' lies at byte %lld, which is not aligned", name, (long long)entry->begin);
  return true;
}

static bool take_entries(struct reader *reader, json_t *header) {
  const char *name;
  json_t *json;
  reader->entry = ARENA_ARRAY(reader->out->arena, struct entry, json_object_size(header));
  json_object_foreach (header, name, json) {
    if (strcmp(name, "__metadata__") == 0) continue;
    if (!take_entry(reader, name, json, &reader->entry[reader->n])) return false;
    reader->n++;
  }
  return true;
}

static int by_begin(const void *a, const void *b) {
  int64_t x = ((const struct entry *)a)->begin, y = ((const struct entry *)b)->begin;
  return (x > y) - (x < y);
}

static bool check_cover(struct reader *reader) {
  int64_t at = 0;
  if (reader->n) qsort(reader->entry, reader->n, sizeof *reader->entry, by_begin);
  for (size_t i = 0; i < reader->n; i++) {
    const struct entry *entry = &reader->entry[i];
    if (entry->begin < at) return damaged(reader, "'%s' overlaps '%s'", entry->name, entry[-1].name);
    if (entry->begin > at)
      return damaged(reader, "nothing fills bytes %lld to %lld", (long long)at, (long long)entry->begin);
    at = entry->end;
  }
  return at == reader->size ||
         damaged(reader, "it goes on for %lld bytes after its last array", (long long)(reader->size - at));
}

static bool take_metadata(struct reader *reader, json_t *metadata) {
  struct checkpoint *out = reader->out;
  const char *key;
  json_t *value;
  char *end = NULL;
  out->metadata = ARENA_ARRAY(out->arena, struct pair, json_object_size(metadata));
  json_object_foreach (metadata, key, value) {
    if (!json_is_string(value)) return damaged(reader, "'%s' is not a string", key);
    if (strcmp(key, "crc32") == 0 || strcmp(key, "with_rows") == 0) continue;
    out->metadata[out->n_metadata++] = (struct pair){
        .key = arena_copy_string(out->arena, key, strlen(key)),
        .value = arena_copy_string(out->arena, json_string_value(value), json_string_length(value))};
  }
  const char *step = checkpoint_value(out, "step");
  errno = 0;
  if (step) out->step = strtoll(step, &end, 10);
  if (!step || end == step || *end || errno || out->step < 0) return damaged(reader, "it does not say its step");
  return true;
}

static bool mark_rows(struct reader *reader, json_t *metadata) {
  const char *string = json_string_at(metadata, "with_rows");
  json_t *names = string ? json_loads(string, 0, NULL) : NULL;
  bool ok = !string || json_is_array(names);
  for (size_t i = 0; ok && i < json_array_size(names); i++) {
    const char *name = json_string_value(json_array_get(names, i));
    size_t at = 0;
    while (name && at < reader->n && strcmp(reader->entry[at].name, name) != 0) at++;
    ok = name && at < reader->n && reader->entry[at].rank > 0;
    if (ok) reader->entry[at].with_rows = true;
  }
  json_decref(names);
  return ok || damaged(reader, "which arrays have rows");
}

static bool read_data(struct reader *reader) {
  struct checkpoint *out = reader->out;
  unsigned char prefix[PREFIX];
  char said[CRC_DIGITS + 1], found[CRC_DIGITS + 1], *digits = reader->header + strlen(SAFETENSORS_START);
  size_t size = (size_t)reader->size;
  out->data = block_alloc(size ? size : 1);
  if (!out->data) return error_set(reader->error, ERROR_DATA, "no memory for '%s'", reader->path);
  if (fread(out->data, 1, size, reader->file) != size)
    return error_set(reader->error, ERROR_DATA, "cannot read '%s': %s", reader->path, strerror(errno));
  snprintf(said, sizeof said, "%.8s", digits);
  memcpy(digits, "00000000", CRC_DIGITS);
  for (int i = 0; i < PREFIX; i++) prefix[i] = (unsigned char)((uint64_t)reader->length >> 8 * i);
  uLong crc = crc32_z(crc32_z(0, prefix, PREFIX), (const Bytef *)reader->header, reader->length);
  if (size) crc = crc32_z(crc, out->data, size);
  snprintf(found, sizeof found, "%08lx", crc);
  return strcmp(said, found) == 0 || damaged(reader, "its CRC-32 is %s where it says %s", found, said);
}

static bool place_arrays(struct reader *reader) {
  struct checkpoint *out = reader->out;
  out->n = reader->n;
  out->array = ARENA_ARRAY(out->arena, struct array, reader->n);
  for (size_t i = 0; i < reader->n; i++) {
    const struct entry *entry = &reader->entry[i];
    int rank = entry->rank - entry->with_rows;
    if (rank > MAX_RANK) return damaged(reader, "the shape of '%s'", entry->name);
    out->array[i] = (struct array){.name = entry->name,
                                   .type = entry->type,
                                   .shape = shape_make(rank, entry->dim + entry->with_rows),
                                   .rows = entry->with_rows ? entry->dim[0] : 0,
                                   .data = (char *)out->data + entry->begin};
  }
  return true;
}

static bool read_all(struct reader *reader) {
  json_error_t problem;
  if (!read_header(reader)) return false;
  json_t *header = json_loadb(reader->header, reader->length, JSON_REJECT_DUPLICATES, &problem);
  if (!header) return damaged(reader, "its header is not JSON (%s)", problem.text);
  json_t *metadata = json_object_get(header, "__metadata__");
  bool ok = take_entries(reader, header) && check_cover(reader) && take_metadata(reader, metadata) &&
            mark_rows(reader, metadata);
  json_decref(header);
  return ok && read_data(reader) && place_arrays(reader);
}

struct checkpoint *checkpoint_read(const char *path, struct error *error) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    error_set(error, ERROR_DATA, "cannot open '%s': %s", path, strerror(errno));
    return NULL;
  }
  struct checkpoint *out = must_alloc(sizeof *out);
  struct arena *arena = arena_new();
  *out = (struct checkpoint){.arena = arena, .path = arena_copy_string(arena, path, strlen(path))};
  struct reader reader = {.path = path, .file = file, .out = out, .error = error};
  bool ok = read_all(&reader);
  fclose(file);
  if (ok) return out;
  checkpoint_free(out);
  return NULL;
}

void checkpoint_free(struct checkpoint *checkpoint) {
  if (!checkpoint) return;
  free(checkpoint->data);
  arena_free(checkpoint->arena);
  free(checkpoint);
}
