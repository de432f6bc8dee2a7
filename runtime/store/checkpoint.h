/* Checkpoints: <directory>/checkpoint-<step>.crlk, in the safetensors layout (8 bytes of little-endian header
 * length, a JSON header, raw little-endian data).  The header's first entry is a CRC-32 of everything else in the
 * file.
 *
 * Ownership: checkpoint_read's and checkpoint_latest's caller calls checkpoint_free, which releases the arrays,
 * the strings and the struct; what is written stays the caller's. */
#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H
#include "base/array.h"
#include "base/error.h"

struct pair {
  const char *key, *value;
};

struct checkpoint {
  char *path;
  int64_t step; /* as the file says */
  size_t n, n_metadata;
  struct array *array;   /* rows as they were written */
  struct pair *metadata; /* the caller's, and "step" */
  struct arena *arena;
  void *data;
};

/* Keeps the last two good checkpoints, this one included, and removes older ones.  The metadata must not use the
 * keys "crc32", "step" and "with_rows"; names must differ.  A failed write leaves what was there. */
bool checkpoint_write(const char *directory, int64_t step, const struct array *arrays, size_t n,
                      const struct pair *metadata, size_t n_metadata, struct error *error);

/* The weights of a stage that were best by a metric of the model: <directory>/best-<stage>.crlk, one a stage. */
bool checkpoint_write_best(const char *directory, const char *stage, int64_t step, const struct array *arrays, size_t n,
                           const struct pair *metadata, size_t n_metadata, struct error *error);
struct checkpoint *checkpoint_read_best(const char *directory, const char *stage, struct error *error);

/* Whether arrays of these names can be written: they differ, and are UTF-8. */
bool checkpoint_fits(const struct array *arrays, size_t n, struct error *error);

/* Whether a file's name is one that these give. */
bool checkpoint_is_named(const char *name);

/* NULL with an error that names the lie. */
struct checkpoint *checkpoint_read(const char *path, struct error *error);
void checkpoint_free(struct checkpoint *checkpoint);

/* The newest good one.  *out is NULL when there is none at all; it is an error when there are some and all are
 * damaged.  notice says which damaged ones were passed over, or is empty. */
enum { NOTICE_STRING = 1024 };
bool checkpoint_latest(const char *directory, struct checkpoint **out, char notice[NOTICE_STRING], struct error *error);

/* NULL when absent. */
const char *checkpoint_value(const struct checkpoint *checkpoint, const char *key);
const struct array *checkpoint_array(const struct checkpoint *checkpoint, const char *name);

/* Whether it holds an array of this name, type, shape and number of rows. */
bool checkpoint_holds(const struct checkpoint *checkpoint, const struct array *array);

/* Copies the checkpoint's arrays over arrays of the same names; a name that is missing, or a type, shape or number
 * of rows that differs, is an error, and then nothing was copied. */
bool checkpoint_restore(const struct checkpoint *checkpoint, const struct array *arrays, size_t n, struct error *error);

#endif
