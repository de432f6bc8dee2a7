/* A file that appears whole or not at all: it is written beside its place as "<path>.part-<pid>", flushed to the
 * disk and renamed.  A full disk or a crash leaves what stood there before.
 *
 * Ownership: after draft_open has returned true the caller ends the draft by exactly one draft_commit or
 * draft_discard; the stream belongs to the draft. */
#ifndef BASE_DRAFT_H
#define BASE_DRAFT_H
#include <stdio.h>

#include "base/fault.h"

struct draft {
  FILE *stream;
  char *path, *temporary;
};

bool draft_open(struct draft *draft, const char *path, struct fault *fault);

/* Flush, fsync, rename, fsync of the folder.  On false the temporary file is gone and the old file stands. */
bool draft_commit(struct draft *draft, struct fault *fault);
void draft_discard(struct draft *draft);

/* Writes bytes whole as the file at path. */
bool draft_write(const char *path, const void *bytes, size_t size, struct fault *fault);

/* Makes a folder and those above it; one that is there already is fine. */
bool folder_make(const char *path, struct fault *fault);

#endif
