#include "data/idx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"

enum {
  IDX_U8 = 0x08,        /* the third byte of the magic number; the fourth is the number of axes */
  PIECE = 1 << 20,      /* gzread takes an unsigned, and bytes are digested while they are in cache */
  HEADER_AXES = MAX_RANK + 1,
};

struct source {
  const char *path;
  gzFile file;
  struct sha256 sha;
  struct fault *fault;
};

/* Returns how many bytes there were, fewer than size only at the end; negative with a fault. */
static int64_t take(struct source *source, void *bytes, int64_t size) {
  int64_t got = 0;
  while (got < size) {
    unsigned piece = size - got < PIECE ? (unsigned)(size - got) : PIECE;
    int n = gzread(source->file, (char *)bytes + got, piece);
    int code = Z_OK;
    const char *reason = gzerror(source->file, &code);
    if (n < 0 || (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)) {
      size_t path = strlen(source->path); /* zlib says "path: reason" */
      if (strncmp(reason, source->path, path) == 0 && strncmp(reason + path, ": ", 2) == 0) reason += path + 2;
      fault_set(source->fault, FAULT_DATA, "'%s' cannot be read: %s", source->path,
                code == Z_ERRNO ? strerror(errno) : reason);
      return -1;
    }
    if (n == 0) break;
    sha256_add(&source->sha, (char *)bytes + got, (size_t)n);
    got += n;
  }
  return got;
}

static bool truncated(const struct source *source, int64_t bytes, int64_t promised, const char *what) {
  return fault_set(source->fault, FAULT_DATA, "'%s' is truncated: %lld bytes of the %lld that %s", source->path,
                   (long long)bytes, (long long)promised, what);
}

static uint32_t big_endian(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The row's axes as the file has them. */
static struct shape axes_in_file(struct shape shape) {
  int skip = 0;
  while (skip < shape.rank && shape.dim[skip] == 1) skip++;
  return shape_make(shape.rank - skip, shape.dim + skip);
}

/* Reads and checks the header; *rows and *header (its length) are then safe to compute with. */
static bool take_header(struct source *source, const struct data_column *schema, int64_t max_rows, int64_t *rows,
                        int64_t *header) {
  unsigned char bytes[4 + 4 * HEADER_AXES];
  struct shape expected = axes_in_file(schema->shape), found = {.rank = expected.rank};
  uint32_t magic = (uint32_t)IDX_U8 << 8 | (uint32_t)(1 + expected.rank);
  *header = 4 + 4 * (1 + expected.rank);
  int64_t got = take(source, bytes, *header);
  if (got < 0) return false;
  if (got >= 4 && big_endian(bytes) != magic)
    return fault_set(source->fault, FAULT_DATA,
                     "'%s' begins with 0x%08lx where an IDX file of '%s' begins with 0x%08lx", source->path,
                     (unsigned long)big_endian(bytes), schema->name, (unsigned long)magic);
  if (got < *header) return truncated(source, got, *header, "a header takes");
  *rows = big_endian(bytes + 4);
  for (int i = 0; i < found.rank; i++) found.dim[i] = big_endian(bytes + 8 + 4 * i);
  if (!shape_equal(found, expected)) {
    char is[SHAPE_TEXT], should[SHAPE_TEXT];
    return fault_set(source->fault, FAULT_DATA, "'%s' has rows of %s where '%s' has %s", source->path,
                     shape_text(is, found, false), schema->name, shape_text(should, expected, false));
  }
  if (*rows < 1 || *rows > max_rows)
    return fault_set(source->fault, FAULT_DATA, "'%s' promises %lld rows where 1 to %lld are possible",
                     source->path, (long long)*rows, (long long)max_rows);
  return true;
}

static bool take_rows(struct source *source, const struct data_column *schema, int64_t rows, int64_t header,
                      struct array *column) {
  int64_t per_row = shape_count(schema->shape), size;
  char beyond;
  bool fits = per_row >= 0 && !__builtin_mul_overflow(rows, per_row, &size);
  if (!fits || !(column->data = block_alloc((size_t)size)))
    return fault_set(source->fault, FAULT_DATA, "no memory for the %lld rows of '%s'", (long long)rows,
                     source->path);
  int64_t got = take(source, column->data, size);
  if (got >= 0 && got < size) truncated(source, header + got, header + size, "its header promises");
  if (got < size) return false;
  got = take(source, &beyond, 1);
  if (got > 0)
    fault_set(source->fault, FAULT_DATA, "'%s' goes on after the %lld bytes that its header promises", source->path,
              (long long)(header + size));
  int code = Z_OK; /* the checksum that ends a gzip file may be what is missing */
  gzerror(source->file, &code);
  if (got == 0 && code == Z_BUF_ERROR)
    return fault_set(source->fault, FAULT_DATA, "'%s' is truncated: its compressed data has no end", source->path);
  return got == 0;
}

bool idx_read(const char *path, const struct data_column *schema, int64_t max_rows, struct array *column,
              char sha256[SHA256_TEXT], struct fault *fault) {
  struct source source = {.path = path, .fault = fault};
  int64_t rows = 0, header = 0;
  *column = (struct array){.name = schema->name, .type = schema->type, .shape = schema->shape};
  if (schema->type != U8)
    return fault_set(fault, FAULT_DATA, "'%s' is of type %s; IDX files are read as bytes", schema->name,
                     dtype_name(schema->type));
  errno = 0;
  source.file = gzopen(path, "rb");
  if (!source.file)
    return fault_set(fault, FAULT_DATA, "cannot open '%s': %s", path, strerror(errno ? errno : ENOMEM));
  gzbuffer(source.file, 1 << 17);
  sha256_start(&source.sha);
  bool ok = take_header(&source, schema, max_rows, &rows, &header) &&
            take_rows(&source, schema, rows, header, column);
  if (ok) {
    column->rows = rows;
    sha256_end(&source.sha, sha256);
  } else {
    free(column->data);
    column->data = NULL;
  }
  gzclose(source.file);
  return ok;
}
