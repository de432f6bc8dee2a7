#include "base/file.h"

#include <errno.h>
#include <unistd.h>

#include "base/draft.h"

bool file_write_whole(const char *path, const void *bytes, size_t size, struct error *error) {
  struct draft draft;
  if (!draft_open(&draft, path, error)) return false;
  draft_put(&draft, bytes, size);
  return draft_commit(&draft, error);
}

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
