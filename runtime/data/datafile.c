#include "data/datafile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "data/convert.h"
#include "data/reader.h"

/* In the order in which they are asked; the ones that know a format by its first bytes before those that guess. */
static const struct reader *const readers[] = {&npy_reader,     &npz_reader,    &mat_reader,
                                               &hdf5_reader,    &idx_reader,    &folder_reader,
                                               &archive_reader, &libsvm_reader, &csv_reader};
enum { READERS = sizeof readers / sizeof *readers };

/* ---- which axis counts the rows ---- */

/* The axis of a vector's elements; -1 for what is none. */
static int vector_axis(const struct values *values, bool matrices) {
  if (values->rank == 1) return 0;
  if (!matrices || values->rank != 2 || (values->dim[0] > 1 && values->dim[1] > 1)) return -1;
  return values->dim[0] > 1 ? 0 : 1;
}

/* Whether a vector of the file, of more than one number, has this length. */
static bool some_vector_has(const struct datafile *file, int64_t length) {
  for (size_t i = 0; i < file->n; i++) {
    const struct values *values = &file->inside->values[i];
    int axis = file->entry[i].refused ? -1 : vector_axis(values, true);
    if (axis >= 0 && length > 1 && values->dim[axis] == length) return true;
  }
  return false;
}

static int rows_axis(const struct datafile *file, const struct values *values) {
  bool agrees = file->inside->reader->agrees;
  int axis = vector_axis(values, agrees), last = values->rank - 1;
  if (axis >= 0) return axis;
  if (file->inside->options.by != BY_DEFAULT) return file->inside->options.by == BY_COLUMNS ? last : 0;
  return agrees && !some_vector_has(file, values->dim[0]) && some_vector_has(file, values->dim[last]) ? last : 0;
}

static void settle_rows(struct datafile *file) {
  bool agrees = file->inside->reader->agrees;
  for (size_t i = 0; i < file->n; i++) {
    struct values *values = &file->inside->values[i];
    struct entry *entry = &file->entry[i];
    bool vector = vector_axis(values, agrees) >= 0;
    values->rows_axis = rows_axis(file, values);
    entry->rows = values->dim[values->rows_axis];
    for (int k = 0; k < values->rank; k++)
      if (k != values->rows_axis && !vector) entry->shape.dim[entry->shape.rank++] = values->dim[k];
  }
}

/* ---- opening ---- */

/* Whether the path ends with one of the suffixes; ".gz" after it is none of its own. */
static bool has_suffix(const char *path, const char *suffixes) {
  size_t length = strlen(path);
  if (length > 3 && strcmp(path + length - 3, ".gz") == 0) length -= 3;
  for (size_t n; suffixes += strspn(suffixes, " "), (n = strcspn(suffixes, " ")) > 0; suffixes += n)
    if (length > n && strncmp(path + length - n, suffixes, n) == 0) return true;
  return false;
}

/* The reader, not of those that guess, whose files have such names. */
static const struct reader *named_reader(const char *path) {
  for (int i = 0; i < READERS; i++)
    if (!readers[i]->guesses && has_suffix(path, readers[i]->suffixes)) return readers[i];
  return NULL;
}

static const struct reader *find_reader(const struct contents *contents) {
  for (int i = 0; i < READERS; i++)
    if (readers[i]->knows(contents) && !(readers[i]->guesses && named_reader(contents->path))) return readers[i];
  return NULL;
}

static bool no_reader(const struct contents *contents, struct arena *arena, struct error *error) {
  const char *formats = "";
  for (int i = 0; i < READERS; i++) {
    formats = arena_format(arena, "%s%s%s", formats, *formats ? ", " : "", readers[i]->format);
    if (!contents->folder && has_suffix(contents->path, readers[i]->suffixes))
      return error_set(error, ERROR_DATA, "'%s' is named like %s files, and has other contents", contents->path,
                       readers[i]->format);
  }
  error_set(error, ERROR_DATA, "'%s' is of no format that is known", contents->path);
  return error_hint(error, "these are read: %s", formats);
}

static bool open_with(struct datafile *file, struct error *error) {
  const struct reader *reader = file->inside->reader;
  if (!reader->open) {
    error_set(error, ERROR_DATA, "'%s' is a %s file, and this program was built without %s", file->path, file->format,
              reader->library);
    return error_hint(error, "install %s and build again (./bootstrap does both)", reader->package);
  }
  if (!reader->open(file, error)) return false;
  if (file->n == 0) return datafile_error(file, error, "there is no array in it");
  settle_rows(file);
  return true;
}

struct datafile *datafile_open(const char *path, const struct datafile_options *options, struct arena *arena,
                               struct error *error) {
  struct datafile *file = ARENA_NEW(arena, struct datafile);
  struct datafile_inside *inside = file->inside = ARENA_NEW(arena, struct datafile_inside);
  file->path = arena_copy_string(arena, path, strlen(path));
  inside->arena = arena;
  if (options) inside->options = *options;
  if (!inside->options.limit) inside->options.limit = DATAFILE_LIMIT;
  bool ok = contents_open(&inside->contents, file->path, error);
  if (ok && !(inside->reader = find_reader(&inside->contents))) ok = no_reader(&inside->contents, arena, error);
  if (ok) {
    file->format = inside->reader->format;
    ok = open_with(file, error);
  }
  if (ok) return file;
  datafile_close(file);
  return NULL;
}

void datafile_close(struct datafile *file) {
  if (!file) return;
  struct datafile_inside *inside = file->inside;
  if (inside->reader && inside->reader->close) inside->reader->close(file);
  datafile_release(file);
  contents_close(&inside->contents);
}

const struct entry *datafile_entry(const struct datafile *file, const char *name, struct error *error) {
  enum { SHOWN = 12 };
  struct arena *arena = file->inside->arena;
  const char *names = "", **known = ARENA_ARRAY(arena, const char *, file->n + 1);
  for (size_t i = 0; i < file->n; i++)
    if (strcmp(file->entry[i].name, name) == 0) return &file->entry[i];
  for (size_t i = 0; i < file->n; i++) {
    known[i] = file->entry[i].name;
    if (i < SHOWN) names = arena_format(arena, "%s%s'%s'", names, i ? ", " : "", file->entry[i].name);
  }
  const char *near = nearest(name, known, file->n);
  error_set(error, ERROR_DATA, "'%s' has no '%s'", file->path, name);
  if (near) error_hint(error, "did you mean '%s'?", near);
  else error_hint(error, "it has %s%s", names, file->n > SHOWN ? " and more" : "");
  return NULL;
}

/* ---- reading ---- */

enum { PIECE = 4096 }; /* elements that are brought together at a time, in the cache */

struct copy {
  const struct datafile *file;
  const struct entry *entry;
  enum dtype as;
  bool swapped;
  int64_t first, per_row, done; /* done: elements that were written */
  char *out;
  struct error *error;
};

#define BRING(type, turned)                           \
  for (int64_t i = 0; i < n; i++) {                   \
    type bits;                                        \
    memcpy(&bits, at + i * stride, sizeof bits);      \
    ((type *)out)[i] = swapped ? turned(bits) : bits; \
  }                                                   \
  break;

/* Brings n elements together, in this machine's byte order; out may be `at` where they are together. */
static void bring(const unsigned char *at, int64_t stride, size_t size, bool swapped, int64_t n, void *out) {
  if (!swapped && stride == (int64_t)size) {
    memcpy(out, at, (size_t)n * size);
    return;
  }
  switch (size) {
  case 1: BRING(uint8_t, )
  case 2: BRING(uint16_t, __builtin_bswap16)
  case 4: BRING(uint32_t, __builtin_bswap32)
  default: BRING(uint64_t, __builtin_bswap64)
  }
}

static bool no_location(const struct copy *copy, const void *element, int64_t number) {
  char string[ELEMENT_STRING];
  return error_set(copy->error, ERROR_DATA, "'%s' of '%s' holds %s in row %lld, which has no place in %s",
                   copy->entry->name, copy->file->path, element_string(string, copy->entry->type, element),
                   (long long)(copy->first + number / copy->per_row), dtype_name(copy->as));
}

static bool copy_run(struct copy *copy, const unsigned char *at, int64_t stride, int64_t n) {
  _Alignas(8) unsigned char piece[PIECE * 8];
  size_t size = stored_size(copy->entry->type);
  for (int64_t from = 0, k; from < n; from += k) {
    k = n - from < PIECE ? n - from : PIECE;
    const unsigned char *next = at + from * stride;
    if (stride == (int64_t)size) {
      if (!contents_read(&copy->file->inside->contents, next, (size_t)k * size, piece, copy->error)) return false;
      next = piece;
    }
    if (next != piece || copy->swapped) bring(next, stride, size, copy->swapped, k, piece);
    void *out = copy->out + (size_t)copy->done * dtype_size(copy->as);
    int64_t good = convert(copy->entry->type, piece, k, copy->as, out);
    if (good < k) return no_location(copy, piece + (size_t)good * size, copy->done + good);
    copy->done += k;
  }
  return true;
}

/* The axes, rows first, with neighbours that lie evenly in memory taken as one; returns how many. */
static int even_axes(const struct values *values, int64_t n, int64_t dim[FILE_AXES], int64_t stride[FILE_AXES]) {
  int rank = 1;
  dim[0] = n;
  stride[0] = values->stride[values->rows_axis];
  for (int i = 0; i < values->rank; i++) {
    if (i == values->rows_axis || values->dim[i] == 1) continue;
    if (stride[rank - 1] == values->dim[i] * values->stride[i]) {
      dim[rank - 1] *= values->dim[i];
      stride[rank - 1] = values->stride[i];
    } else {
      dim[rank] = values->dim[i];
      stride[rank++] = values->stride[i];
    }
  }
  return rank;
}

static bool copy_rows(struct copy *copy, const struct values *values, int64_t n) {
  int64_t dim[FILE_AXES], stride[FILE_AXES], index[FILE_AXES] = {0};
  int last = even_axes(values, n, dim, stride) - 1;
  const unsigned char *at = values->at + (copy->first - values->first) * values->stride[values->rows_axis];
  for (;;) {
    if (!copy_run(copy, at, stride[last], dim[last])) return false;
    int axis = last - 1;
    for (; axis >= 0; axis--) {
      at += stride[axis];
      if (++index[axis] < dim[axis]) break;
      at -= dim[axis] * stride[axis];
      index[axis] = 0;
    }
    if (axis < 0) return true;
  }
}

struct datafile_options datafile_options(struct file_options options) {
  return (struct datafile_options){.by = options.by_columns ? BY_COLUMNS : BY_DEFAULT,
                                   .header = options.header      ? HEADER_THERE
                                             : options.no_header ? HEADER_ABSENT
                                                                 : HEADER_GUESSED,
                                   .delimiter = options.delimiter};
}

bool datafile_read(struct datafile *file, const struct entry *entry, int64_t first, int64_t n, enum dtype as, void *out,
                   struct error *error) {
  size_t i = (size_t)(entry - file->entry);
  const struct reader *reader = file->inside->reader;
  struct values *values = &file->inside->values[i];
  if (entry->refused)
    return error_set(error, ERROR_DATA, "'%s' of '%s' cannot be read: %s", entry->name, file->path, entry->refused);
  if (first < 0 || n < 0 || first > entry->rows || n > entry->rows - first)
    return error_set(error, ERROR_DATA, "'%s' of '%s' has %lld rows; rows %lld to %lld were asked for", entry->name,
                     file->path, (long long)entry->rows, (long long)first, (long long)(first + n - 1));
  if (n == 0) return true;
  if (reader->load && !reader->load(file, i, first, n, error)) return false;
  struct copy copy = {.file = file,
                      .entry = entry,
                      .as = as,
                      .swapped = values->swapped,
                      .first = first,
                      .per_row = shape_count(entry->shape),
                      .out = out,
                      .error = error};
  return copy_rows(&copy, values, n);
}

void datafile_forget(const struct datafile *file) { contents_forget(&file->inside->contents); }

/* A large file does not come to be in memory as a whole.  A folder has no bytes of its own. */
#define DIGEST_PIECE ((int64_t)64 << 20)

bool datafile_digest(const struct datafile *file, char hex[SHA256_HEX], struct error *error) {
  const struct contents *contents = &file->inside->contents;
  const struct reader *reader = file->inside->reader;
  struct sha256 sha;
  sha256_start(&sha);
  if (reader->digest && !reader->digest(file, &sha, error)) return false;
  for (int64_t at = 0; at < contents->disk_size; at += DIGEST_PIECE) {
    int64_t left = contents->disk_size - at;
    sha256_add(&sha, contents->on_disk + at, (size_t)(left < DIGEST_PIECE ? left : DIGEST_PIECE));
    contents_forget(contents);
  }
  sha256_end(&sha, hex);
  return true;
}
