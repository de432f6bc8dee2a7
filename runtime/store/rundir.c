#include "store/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/draft.h"
#include "base/file.h"
#include "store/checkpoint.h"

enum { HOLDER = 512, HOST = 256 };

static char *join(const char *folder, const char *name) {
  size_t size = strlen(folder) + strlen(name) + 2;
  char *path = must_alloc(size);
  snprintf(path, size, "%s/%s", folder, name);
  return path;
}

const char *rundir_default(struct arena *arena, const char *model, const char *variant) {
  const char *slash = strrchr(model, '/'), *base = slash ? slash + 1 : model, *dot = strrchr(base, '.');
  int length = (int)(dot && strcmp(dot, ".crl") == 0 ? (size_t)(dot - base) : strlen(base));
  time_t now = time(NULL);
  struct tm local;
  char when[32];
  strftime(when, sizeof when, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
  return arena_format(arena, "runs/%.*s%s%s-%s", length, base, variant ? "-" : "", variant ? variant : "", when);
}

const char *rundir_make(struct arena *arena, const char *model, const char *variant, struct error *error) {
  const char *name = rundir_default(arena, model, variant), *path = name;
  if (!folder_make("runs", error)) return NULL;
  for (int i = 2; mkdir(path, 0777); i++) {
    if (errno != EEXIST) {
      error_set(error, ERROR_DATA, "the run directory '%s' cannot be made: %s", path, strerror(errno));
      return NULL;
    }
    path = arena_format(arena, "%s-%d", name, i);
  }
  return path;
}

static void host_name(char host[HOST]) {
  if (gethostname(host, HOST)) snprintf(host, HOST, "unnamed");
  host[HOST - 1] = 0;
}

static void write_holder(int lock) {
  char host[HOST], when[DATE_STRING], holder[HOLDER];
  host_name(host);
  int length = snprintf(holder, sizeof holder, "pid %ld on %s since %s\n", (long)getpid(), host, clock_date(when));
  if (ftruncate(lock, 0) == 0) file_write_all(lock, holder, (size_t)length); /* the name serves people only */
}

static void read_holder(int lock, char holder[HOLDER]) {
  ssize_t n = pread(lock, holder, HOLDER - 1, 0);
  holder[n > 0 ? n : 0] = 0;
  holder[strcspn(holder, "\n")] = 0;
}

static bool is_elsewhere(const char *holder) {
  char host[HOST], here[HOST];
  host_name(here);
  return sscanf(holder, "pid %*d on %255s", host) == 1 && strcmp(host, here) != 0;
}

/* Whether the open file is still the one under that name: its last holder may have removed it meanwhile. */
static bool is_current(int lock, const char *path) {
  struct stat mine, named;
  return fstat(lock, &mine) == 0 && stat(path, &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

static bool error_held(const char *folder, const char *holder, bool elsewhere, struct error *error) {
  if (!holder[0]) holder = "another process";
  error_set(error, ERROR_DATA, "the run directory '%s' is held by %s", folder, holder);
  if (elsewhere) error_hint(error, "if that process is gone, remove '%s/lock'", folder);
  else error_hint(error, "wait for it, or choose another directory with --out DIR");
  return false;
}

/* The descriptor of the locked file, or -1 with an error. */
static int take_lock(const char *folder, const char *path, struct error *error) {
  for (;;) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char holder[HOLDER] = "";
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    bool taken = lock >= 0 && fcntl(lock, F_SETLK, &whole) == 0;
    int reason = errno;
    if (taken && !is_current(lock, path)) {
      close(lock);
      continue;
    }
    if (lock >= 0) read_holder(lock, holder);
    bool elsewhere = taken && is_elsewhere(holder);
    if (taken && !elsewhere) {
      write_holder(lock);
      return lock;
    }
    if (elsewhere || (lock >= 0 && (reason == EACCES || reason == EAGAIN)))
      error_held(folder, holder, elsewhere, error);
    else error_set(error, ERROR_DATA, "the run directory '%s' cannot be written: %s", folder, strerror(reason));
    if (lock >= 0) close(lock);
    return -1;
  }
}

/* What a run is made of, besides its checkpoints. */
static const char *const own[] = {"run.json",  "model.crl",       "used",
                                  "log.jsonl", "metrics.json",    "report.html",
                                  "images",    "experiment.json", "metrics.csv"};
enum { OWN = sizeof own / sizeof *own };

/* Whether the file that is to get the name of `length` bytes is one that a run has. */
static bool is_own(const char *name, size_t length) {
  char *copy = must_alloc(length + 1);
  memcpy(copy, name, length);
  copy[length] = 0;
  bool found = checkpoint_is_named(copy);
  for (int i = 0; i < OWN; i++) found |= strcmp(copy, own[i]) == 0;
  free(copy);
  return found;
}

/* A lock that crlc made says who holds it, or nothing yet. */
static bool is_lock(const char *path) {
  char start[4] = "";
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = file < 0 ? 0 : read(file, start, sizeof start);
  if (file >= 0) close(file);
  return n <= 0 || (n == sizeof start && memcmp(start, "pid ", sizeof start) == 0);
}

bool rundir_is_free(const char *folder, struct error *error) {
  DIR *list = opendir(folder);
  bool free_of_others = true;
  for (struct dirent *entry; list && free_of_others && (entry = readdir(list));) {
    const char *name = entry->d_name;
    char *path = join(folder, name);
    bool lock = strcmp(name, "lock") == 0;
    free_of_others = lock ? is_lock(path) : !is_own(name, strlen(name));
    if (!free_of_others) {
      error_set(error, ERROR_DATA, "'%s' is in the way: the run would overwrite it, and '%s' is not a run of crlc",
                path, folder);
      error_hint(error, "pass another directory with --out DIR, or move it away");
    }
    free(path);
  }
  if (list) closedir(list);
  return free_of_others;
}

/* Only the holder writes here, so an unfinished file that is there at the start is a dead process's. */
static void remove_unfinished(const char *folder) {
  DIR *list = opendir(folder);
  if (!list) return;
  for (struct dirent *entry; (entry = readdir(list));) {
    const char *part = strstr(entry->d_name, ".part-");
    if (!part || !part[6] || part[6 + strspn(part + 6, "0123456789")]) continue;
    if (!is_own(entry->d_name, (size_t)(part - entry->d_name))) continue;
    char *path = join(folder, entry->d_name);
    unlink(path);
    free(path);
  }
  closedir(list);
}

struct rundir *rundir_open(const char *path, struct error *error) {
  if (!folder_make(path, error)) return NULL;
  char *lock_path = join(path, "lock");
  int lock = take_lock(path, lock_path, error);
  free(lock_path);
  if (lock < 0) return NULL;
  remove_unfinished(path);
  struct rundir *rundir = must_alloc(sizeof *rundir);
  *rundir = (struct rundir){.path = must_alloc(strlen(path) + 1), .lock = lock};
  strcpy(rundir->path, path);
  return rundir;
}

void rundir_close(struct rundir *rundir) {
  if (!rundir) return;
  char *lock_path = join(rundir->path, "lock");
  unlink(lock_path);
  close(rundir->lock);
  free(lock_path);
  free(rundir->path);
  free(rundir);
}
