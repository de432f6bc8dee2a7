#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/draft.h"

bool file_write_all(int descriptor, const void *bytes, size_t size) {
  for (const char *at = bytes; size;) {
    ssize_t n = write(descriptor, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    at += n;
    size -= (size_t)n;
  }
  return true;
}

/* Some file systems cannot sync a folder; the file is whole anyway. */
void file_sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  size_t length = !slash ? 1 : slash == path ? 1 : (size_t)(slash - path);
  char *folder = must_alloc(length + 1);
  memcpy(folder, slash ? path : ".", length);
  folder[length] = 0;
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0) {
    fsync(descriptor);
    close(descriptor);
  }
  free(folder);
}

bool file_write_whole(const char *path, const void *bytes, size_t size, struct fault *fault) {
  struct draft draft;
  if (!draft_open(&draft, path, fault)) return false;
  draft_put(&draft, bytes, size);
  return draft_commit(&draft, fault);
}

bool folder_make(const char *path, struct fault *fault) {
  struct stat status;
  size_t length = strlen(path);
  char *part = must_alloc(length + 1);
  int error = 0;
  for (size_t i = 1; i <= length && !error; i++) {
    if (path[i] != '/' && path[i] != 0) continue;
    memcpy(part, path, i);
    part[i] = 0;
    if (mkdir(part, 0777) && errno != EEXIST && errno != EISDIR) error = errno;
  }
  free(part);
  if (!error && stat(path, &status)) error = errno;
  else if (!error && !S_ISDIR(status.st_mode)) error = ENOTDIR;
  return !error || fault_set(fault, FAULT_DATA, "cannot make the folder '%s': %s", path, strerror(error));
}
