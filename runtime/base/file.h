/* Small files that are written in one go, whole or not at all (see draft.h), and writing to a descriptor.
 *
 * Ownership: nothing is kept. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

bool file_write_whole(const char *path, const void *bytes, size_t size, struct error *error);

/* write(2) until everything is out; false with errno set. */
bool file_write_all(int descriptor, const void *bytes, size_t size);

#endif
