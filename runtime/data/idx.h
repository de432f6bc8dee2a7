/* The files of the known data sets: IDX (LeCun's format for MNIST), plain or gzip, held against what is declared.
 *
 * Ownership: on success column->data is a block of its own, to be released with free(). */
#ifndef DATA_IDX_H
#define DATA_IDX_H
#include "base/error.h"
#include "base/schema.h"
#include "base/sha256.h"

/* At most max_rows rows.  sha256 receives the digest of the uncompressed file.  Leading axes of length 1 in the
 * row's shape (the one channel of a grey image) have no axis in the file. */
bool idx_read(const char *path, const struct data_column *schema, int64_t max_rows, struct array *column,
              char sha256[SHA256_HEX], struct error *error);

#endif
