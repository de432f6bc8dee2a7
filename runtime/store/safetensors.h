/* Writing the safetensors layout: one writer for checkpoints and for exports.
 * Ownership: arrays and strings stay the caller's. */
#ifndef STORE_SAFETENSORS_H
#define STORE_SAFETENSORS_H
#include "store/checkpoint.h"

/* What the header begins with, up to the eight digits of the CRC-32, which is taken over the whole file with these
 * digits at zero. */
#define SAFETENSORS_START "{\"__metadata__\":{\"crc32\":\""
enum { CRC_DIGITS = 8 };

/* The type of a name in the header, "F32"; false when unknown. */
bool safetensors_type_named(const char *name, enum dtype *type);

/* Whether the arrays can be written: their names differ and are UTF-8. */
bool safetensors_fits(const struct array *arrays, size_t n, struct error *error);

/* Appears whole or not at all.  Rows become the first axis; arrays that have them are listed under "with_rows". */
bool safetensors_write(const char *path, const struct array *arrays, size_t n, const struct pair *metadata,
                       size_t n_metadata, struct error *error);

#endif
