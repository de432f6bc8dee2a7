/* Files that are written whole or not at all: the bytes go to a new file beside the target, reach the disk, and take
 * the target's name in one step, so that a crash leaves either the old content or the new.
 *
 * Ownership: nothing is kept. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

bool file_write_whole(const char *path, const void *bytes, size_t size, struct fault *fault);

/* A name is on disk only when its folder is: syncs the folder that path lies in, where the file system can. */
void file_sync_folder(const char *path);

/* Makes a folder and those above it; one that is there already is fine. */
bool folder_make(const char *path, struct fault *fault);

/* write(2) until everything is out; false with errno set. */
bool file_write_all(int descriptor, const void *bytes, size_t size);

#endif
