#include "data/idx.h"

#include <stdlib.h>
#include <string.h>

#include "data/reader.h"

/* The row's axes as the file has them. */
static struct shape axes_in_file(struct shape shape) {
  int skip = 0;
  while (skip < shape.rank && shape.dim[skip] == 1) skip++;
  return shape_make(shape.rank - skip, shape.dim + skip);
}

static bool agrees(const struct datafile *file, const struct data_column *schema, int64_t max_rows,
                   struct error *error) {
  char is[SHAPE_STRING], should[SHAPE_STRING];
  const struct entry *entry = &file->entry[0];
  struct shape expected = axes_in_file(schema->shape);
  if (file->inside->reader != &idx_reader)
    return error_set(error, ERROR_DATA, "'%s' is a %s file, where '%s' is an IDX file", file->path, file->format,
                     schema->name);
  if (entry->refused) return error_set(error, ERROR_DATA, "'%s' cannot be read: %s", file->path, entry->refused);
  if (strcmp(stored_name(entry->type), dtype_name(schema->type)) != 0 || !shape_equal(entry->shape, expected))
    return error_set(error, ERROR_DATA, "'%s' has rows of %s %s where '%s' has %s %s", file->path,
                     stored_name(entry->type), shape_string(is, entry->shape, false), schema->name,
                     dtype_name(schema->type), shape_string(should, expected, false));
  if (entry->rows > max_rows)
    return error_set(error, ERROR_DATA, "'%s' has %lld rows where 1 to %lld are possible", file->path,
                     (long long)entry->rows, (long long)max_rows);
  return true;
}

/* A little more than the file can be; an error for the size then names the file's own. */
static int64_t limit_of(const struct data_column *schema, int64_t max_rows) {
  enum { LARGEST_HEADER = 4 + 4 * FILE_AXES };
  return 2 * (max_rows * shape_count(schema->shape) * (int64_t)dtype_size(schema->type) + LARGEST_HEADER);
}

static bool take(struct datafile *file, const struct data_column *schema, struct array *column, char sha256[SHA256_HEX],
                 struct error *error) {
  const struct contents *contents = &file->inside->contents;
  const struct entry *entry = &file->entry[0];
  size_t size = size_product((size_t)entry->rows, (size_t)shape_count(entry->shape) * dtype_size(schema->type));
  column->rows = entry->rows;
  if (!(column->data = block_alloc(size)))
    return error_set(error, ERROR_DATA, "no memory for the %lld rows of '%s'", (long long)entry->rows, file->path);
  struct sha256 sha;
  sha256_start(&sha);
  sha256_add(&sha, contents->bytes, (size_t)contents->size);
  sha256_end(&sha, sha256);
  return datafile_read(file, entry, 0, entry->rows, schema->type, column->data, error);
}

bool idx_read(const char *path, const struct data_column *schema, int64_t max_rows, struct array *column,
              char sha256[SHA256_HEX], struct error *error) {
  struct arena *arena = arena_new();
  struct datafile_options options = {.limit = limit_of(schema, max_rows)};
  *column = (struct array){.name = schema->name, .type = schema->type, .shape = schema->shape};
  struct datafile *file = datafile_open(path, &options, arena, error);
  bool ok = file && agrees(file, schema, max_rows, error) && take(file, schema, column, sha256, error);
  if (!ok) {
    free(column->data);
    column->data = NULL;
  }
  datafile_close(file);
  arena_free(arena);
  return ok;
}
