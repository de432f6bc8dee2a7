#include "base/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

bool draft_open(struct draft *draft, const char *path, struct error *error) {
  if (strcmp(path, "-") == 0) {
    *draft = (struct draft){.stream = stdout};
    return true;
  }
  size_t size = strlen(path) + sizeof ".part-" + 3 * sizeof(long);
  *draft = (struct draft){.path = must_alloc(strlen(path) + 1), .temporary = must_alloc(size)};
  strcpy(draft->path, path);
  snprintf(draft->temporary, size, "%s.part-%ld", path, (long)getpid());
  int descriptor = open(draft->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  draft->stream = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
  if (draft->stream) return true;
  error_set(error, ERROR_DATA, "cannot write '%s': %s", path, strerror(errno));
  if (descriptor >= 0) {
    close(descriptor);
    unlink(draft->temporary);
  }
  free(draft->path);
  free(draft->temporary);
  return false;
}

bool draft_put(struct draft *draft, const void *bytes, size_t size) {
  if (!draft->error && size && fwrite(bytes, 1, size, draft->stream) != size) draft->error = errno ? errno : EIO;
  return !draft->error;
}

bool draft_flush(struct draft *draft) {
  if (!draft->error && fflush(draft->stream)) draft->error = errno;
  return !draft->error;
}

static void close_draft(struct draft *draft) {
  if (draft->stream && fclose(draft->stream) && !draft->error) draft->error = errno;
  draft->stream = NULL;
}

void draft_discard(struct draft *draft) {
  if (!draft->path) return;
  close_draft(draft);
  unlink(draft->temporary);
  free(draft->path);
  free(draft->temporary);
  *draft = (struct draft){0};
}

/* A name is on disk only when its folder is.  Some file systems cannot sync a folder; the file is whole anyway. */
static void sync_folder(const char *path) {
  char *folder = must_alloc(strlen(path) + 2), *slash;
  strcpy(folder, path);
  slash = strrchr(folder, '/');
  if (slash) slash[slash == folder] = 0; /* the root keeps its name */
  else strcpy(folder, ".");
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

bool draft_commit(struct draft *draft, struct error *error) {
  if (!draft->path)
    return draft_flush(draft) ||
           error_set(error, ERROR_DATA, "the results could not be written: %s", strerror(draft->error));
  if (draft_flush(draft) && fsync(fileno(draft->stream))) draft->error = errno;
  close_draft(draft);
  if (!draft->error && rename(draft->temporary, draft->path)) draft->error = errno;
  bool ok = !draft->error;
  if (ok) sync_folder(draft->path);
  else error_set(error, ERROR_DATA, "cannot write '%s': %s", draft->path, strerror(draft->error));
  draft_discard(draft);
  return ok;
}

bool folder_make(const char *path, struct error *error) {
  struct stat status;
  size_t length = strlen(path);
  char *part = must_alloc(length + 1);
  int code = 0;
  for (size_t i = 1; i <= length && !code; i++) {
    if (path[i] != '/' && path[i] != 0) continue;
    memcpy(part, path, i);
    part[i] = 0;
    if (mkdir(part, 0777) && errno != EEXIST && errno != EISDIR) code = errno;
  }
  free(part);
  if (!code && stat(path, &status)) code = errno;
  else if (!code && !S_ISDIR(status.st_mode)) code = ENOTDIR;
  return !code || error_set(error, ERROR_DATA, "cannot make the folder '%s': %s", path, strerror(code));
}
