#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

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

/* The name is on disk only when its folder is.  Some file systems cannot sync a folder; the file is whole anyway. */
static void sync_folder(const char *path) {
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

/* mkstemp makes a file that only its owner reads; this one gets the permissions any new file would have. */
static bool open_to_others(int descriptor) {
  mode_t mask = umask(0);
  umask(mask);
  return fchmod(descriptor, 0666 & ~mask) == 0;
}

bool file_write_whole(const char *path, const void *bytes, size_t size, struct fault *fault) {
  size_t length = strlen(path) + sizeof ".XXXXXX";
  char *beside = must_alloc(length);
  snprintf(beside, length, "%s.XXXXXX", path);
  int descriptor = mkstemp(beside);
  bool made = descriptor >= 0;
  bool ok = made && open_to_others(descriptor) && file_write_all(descriptor, bytes, size) && fsync(descriptor) == 0;
  int reason = errno;
  if (made && close(descriptor) && ok) {
    ok = false;
    reason = errno;
  }
  if (ok && rename(beside, path)) {
    ok = false;
    reason = errno;
  }
  if (ok) sync_folder(path);
  else if (made) unlink(beside);
  free(beside);
  return ok || fault_set(fault, FAULT_DATA, "cannot write '%s': %s", path, strerror(reason));
}
