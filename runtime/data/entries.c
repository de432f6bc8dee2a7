/* What readers share: entries, the blocks that hold them, errors. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "data/reader.h"

const char *stored_name(enum stored type) {
  static const char *const name[STORED_TYPES] = {
      [STORED_BOOL] = "bool", [STORED_U8] = "u8",   [STORED_U16] = "u16",    [STORED_U32] = "u32", [STORED_U64] = "u64",
      [STORED_I8] = "i8",     [STORED_I16] = "i16", [STORED_I32] = "i32",    [STORED_I64] = "i64", [STORED_F16] = "f16",
      [STORED_F32] = "f32",   [STORED_F64] = "f64", [STORED_STRING] = "text"};
  return name[type];
}

size_t stored_size(enum stored type) {
  static const size_t size[STORED_TYPES] = {[STORED_BOOL] = 1,
                                            [STORED_U8] = 1,
                                            [STORED_U16] = 2,
                                            [STORED_U32] = 4,
                                            [STORED_U64] = 8,
                                            [STORED_I8] = 1,
                                            [STORED_I16] = 2,
                                            [STORED_I32] = 4,
                                            [STORED_I64] = 8,
                                            [STORED_F16] = 2,
                                            [STORED_F32] = 4,
                                            [STORED_F64] = 8,
                                            [STORED_STRING] = sizeof(int32_t)};
  return size[type];
}

/* ---- blocks ---- */

struct kept {
  struct kept *next;
  void *block;
  size_t mapped; /* its size, of one from mmap; 0: from malloc */
};

void datafile_keep_mapped(struct datafile *file, void *block, size_t size) {
  struct kept *kept = ARENA_NEW(file->inside->arena, struct kept);
  *kept = (struct kept){file->inside->kept, block, size};
  file->inside->kept = kept;
}

void datafile_keep(struct datafile *file, void *block) { datafile_keep_mapped(file, block, 0); }

bool datafile_charge(struct datafile *file, int64_t size, struct error *error) {
  struct datafile_inside *inside = file->inside;
  int64_t limit = inside->options.limit;
  if (size < 0 || size > limit - inside->decoded)
    return datafile_error(file, error, "its arrays take more than %lld bytes, the limit", (long long)limit);
  inside->decoded += size;
  return true;
}

void *datafile_block(struct datafile *file, int64_t size, struct error *error) {
  if (!datafile_charge(file, size, error)) return NULL;
  void *block = block_alloc(size ? (size_t)size : 1);
  if (block) datafile_keep(file, block);
  else datafile_error(file, error, "no memory for %lld bytes", (long long)size);
  return block;
}

bool datafile_error(const struct datafile *file, struct error *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const char *reason = arena_vformat(file->inside->arena, format, arguments);
  va_end(arguments);
  return error_set(error, ERROR_DATA, "'%s' cannot be read as %s: %s", file->path, file->format, reason);
}

void datafile_release(struct datafile *file) {
  for (struct kept *kept = file->inside->kept; kept; kept = kept->next) {
    if (kept->mapped) munmap(kept->block, kept->mapped);
    else free(kept->block);
  }
  file->inside->kept = NULL;
}

/* ---- entries ---- */

const char *length_problem(struct arena *arena, int64_t has, int64_t promised) {
  if (has < promised)
    return arena_format(arena, "it is truncated: %lld bytes of the %lld that its header promises", (long long)has,
                        (long long)promised);
  return arena_format(arena, "it goes on after the %lld bytes that its header promises", (long long)promised);
}

int64_t array_bytes(int rank, const int64_t *dim, size_t size) {
  int64_t bytes = (int64_t)size;
  for (int i = 0; i < rank; i++)
    if (dim[i] < 0 || __builtin_mul_overflow(bytes, dim[i], &bytes)) return -1;
  return bytes;
}

/* Memory for one entry more, in both lists. */
static void reserve(struct datafile *file) {
  struct datafile_inside *inside = file->inside;
  if (file->n < inside->capacity) return;
  size_t capacity = inside->capacity ? 2 * inside->capacity : 8;
  struct entry *entry = ARENA_ARRAY(inside->arena, struct entry, capacity);
  struct values *values = ARENA_ARRAY(inside->arena, struct values, capacity);
  if (file->n) memcpy(entry, file->entry, file->n * sizeof *entry);
  if (file->n) memcpy(values, inside->values, file->n * sizeof *values);
  file->entry = entry;
  inside->values = values;
  inside->capacity = capacity;
}

void values_lay_out(struct values *values, const int64_t *dim, size_t size, bool columns_first) {
  int64_t stride = (int64_t)size;
  for (int i = 0; i < values->rank; i++) {
    int axis = columns_first ? i : values->rank - 1 - i;
    values->stride[axis] = stride;
    stride *= dim[axis];
  }
}

struct entry *array_add(struct datafile *file, const struct found *found) {
  struct arena *arena = file->inside->arena;
  reserve(file);
  struct entry *entry = &file->entry[file->n];
  struct values *values = &file->inside->values[file->n++];
  bool number = found->type == STORED_F16 || found->type == STORED_F32 || found->type == STORED_F64;
  *entry = (struct entry){.name = arena_copy_string(arena, found->name, strlen(found->name)),
                          .refused = found->refused,
                          .type = found->type,
                          .missing = number ? -1 : 0};
  *values = (struct values){.at = found->at, .swapped = found->swapped, .rank = found->rank};
  if (found->rank > FILE_AXES) {
    entry->refused = arena_format(arena, "it has %d axes, more than %d", found->rank, FILE_AXES);
    values->rank = 0;
  }
  for (int i = 0; i < values->rank; i++) {
    values->dim[i] = found->dim[i];
    if (found->dim[i] < 1) entry->refused = "it is empty";
  }
  if (values->rank == 0) values->dim[values->rank++] = 1; /* one number is one row */
  if (array_bytes(values->rank, values->dim, stored_size(entry->type)) < 0) entry->refused = "it has an absurd size";
  if (entry->refused) return entry;
  values_lay_out(values, values->dim, stored_size(entry->type), found->columns_first);
  return entry;
}

const char *file_stem(struct datafile *file) {
  const char *slash = strrchr(file->path, '/'), *name = slash ? slash + 1 : file->path, *dot = strchr(name + 1, '.');
  return arena_copy_string(file->inside->arena, name, dot ? (size_t)(dot - name) : strlen(name));
}
