/* What a model may read of a file, found in its headers: entries as columns of a table.
 *
 * Ownership: the result lives in the arena; no file stays open. */
#ifndef DATA_DESCRIBE_H
#define DATA_DESCRIBE_H
#include "base/arena.h"
#include "base/error.h"
#include "base/schema.h"

/* Integers of up to 8 and 32 bits are read as such, longer ones as 64 bits, other numbers in single precision;
 * strings are classes, in single precision where some are missing.  NULL with an error where the file cannot be read. */
const struct file_columns *file_describe(struct arena *arena, const char *path, struct file_options options,
                                         struct error *error);

#endif
