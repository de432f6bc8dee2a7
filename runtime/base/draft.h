/* A file that is written piece by piece and appears whole or not at all: the bytes go to "<path>.part-<pid>", reach
 * the disk, and take the name in one step.  A full disk or a crash leaves what stood there before.
 *
 * Of "-" the bytes go to standard output as they come.
 *
 * Ownership: after draft_open has returned true the caller ends the draft by exactly one draft_commit or
 * draft_discard; the stream and the strings belong to the draft. */
#ifndef BASE_DRAFT_H
#define BASE_DRAFT_H
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct draft {
  FILE *stream;
  char *path, *temporary;
  int error; /* errno of the first write that failed, or 0 */
};

bool draft_open(struct draft *draft, const char *path, struct error *error);

/* A write that fails is remembered, so only the last result needs a look: draft_commit's. */
bool draft_put(struct draft *draft, const void *bytes, size_t size);

/* Hands everything so far to the system, so that the temporary file can be read. */
bool draft_flush(struct draft *draft);

/* On false the temporary file is gone and what stood under the name stands. */
bool draft_commit(struct draft *draft, struct error *error);
void draft_discard(struct draft *draft);

/* Makes a folder and those above it; one that is there already is fine. */
bool folder_make(const char *path, struct error *error);

#endif
