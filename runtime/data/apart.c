#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "data/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the child ---- */

enum { SECONDS = 10, BYTES_A_SECOND = 1 << 20 }; /* far more time than any file takes that is not damaged */

/* Processor time in proportion to the file, memory by the limit (a sanitizer takes more for itself), no core file,
 * nothing on the terminal. */
static void confine(const struct datafile *file) {
  rlim_t seconds = SECONDS + (rlim_t)(file->inside->contents.disk_size / BYTES_A_SECOND);
  setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds + 1});
#ifndef __SANITIZE_ADDRESS__
  rlim_t bytes = (rlim_t)file->inside->options.limit + ((rlim_t)1 << 30);
  setrlimit(RLIMIT_DATA, &(struct rlimit){bytes, bytes});
#endif
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  int nowhere = open("/dev/null", O_RDWR);
  if (nowhere < 0) return;
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
}

static const int caught[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT, SIGALRM};

/* The answer is an error (of kind none where all went well), then what the work wrote. */
static void be_child(struct datafile *file, apart_work *work, void *context, int to) {
  struct error error = {0};
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) signal(caught[i], SIG_DFL);
  confine(file);
  char *bytes = NULL;
  size_t size = 0;
  FILE *answer = open_memstream(&bytes, &size);
  if (!answer) _exit(1);
  if (!work(file, context, answer, &error) && !error.kind) error_set(&error, ERROR_DATA, "'%s' is damaged", file->path);
  if (fclose(answer) != 0) _exit(1);
  FILE *out = fdopen(to, "wb");
  bool sent = out && fwrite(&error, sizeof error, 1, out) == 1 && fwrite(bytes, 1, size, out) == size;
  _exit(sent && fclose(out) == 0 ? 0 : 1);
}

/* ---- the parent ---- */

/* All that comes until the child closes its end; NULL for want of memory, or where there is more than the limit. */
static unsigned char *receive(int from, int64_t limit, size_t *size) {
  size_t capacity = 1 << 16;
  unsigned char *bytes = malloc(capacity);
  *size = 0;
  while (bytes) {
    ssize_t n = read(from, bytes + *size, capacity - *size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return bytes;
    *size += (size_t)n;
    if (*size < capacity) continue;
    unsigned char *larger = (int64_t)capacity > limit ? NULL : realloc(bytes, capacity *= 2);
    if (!larger) free(bytes);
    bytes = larger;
  }
  return NULL;
}

static int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

/* The error of a child that did not end by itself. */
static bool ended_badly(const struct datafile *file, int status, struct error *error) {
  const char *library = file->inside->reader->library;
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    return datafile_error(file, error, "%s does not come to an end with it, so it is damaged", library);
  return datafile_error(file, error, "%s crashes over it, so it is damaged", library);
}

bool apart_run(struct datafile *file, apart_work *work, void *context, struct answer *answer, struct error *error) {
  int ends[2];
  if (pipe(ends) != 0) return datafile_error(file, error, "no pipe to a process of its own: %s", strerror(errno));
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    be_child(file, work, context, ends[1]);
  }
  close(ends[1]);
  size_t size = 0;
  unsigned char *bytes = child < 0 ? NULL : receive(ends[0], file->inside->options.limit, &size);
  close(ends[0]);
  if (child < 0) return datafile_error(file, error, "no process of its own: %s", strerror(errno));
  int status = wait_for(child);
  struct error reported;
  if (bytes) datafile_keep(file, bytes);
  if (!bytes) return datafile_error(file, error, "no memory for what is in it");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || size < sizeof reported) return ended_badly(file, status, error);
  memcpy(&reported, bytes, sizeof reported);
  reported.message[sizeof reported.message - 1] = reported.hint[sizeof reported.hint - 1] = 0;
  if (reported.kind != ERROR_NONE) {
    error_set(error, ERROR_DATA, "%s", reported.message);
    return reported.hint[0] ? error_hint(error, "%s", reported.hint) : false;
  }
  if (answer) *answer = (struct answer){bytes + sizeof reported, bytes + size};
  return true;
}

void *apart_block(struct datafile *file, int64_t size, struct error *error) {
  if (!datafile_charge(file, size, error)) return NULL;
  size_t bytes = size ? (size_t)size : 1;
  void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) {
    datafile_error(file, error, "no memory for %lld bytes", (long long)size);
    return NULL;
  }
  datafile_keep_mapped(file, block, bytes);
  return block;
}

/* ---- answers ---- */

void answer_number(FILE *answer, int64_t number) { fwrite(&number, sizeof number, 1, answer); }

void answer_string(FILE *answer, const char *string, size_t length) {
  answer_number(answer, (int64_t)length);
  fwrite(string, 1, length, answer);
}

bool take_number(struct answer *answer, int64_t *number) {
  if (answer->end - answer->at < (ptrdiff_t)sizeof *number) return false;
  memcpy(number, answer->at, sizeof *number);
  answer->at += sizeof *number;
  return true;
}

bool take_string(struct answer *answer, struct string *string) {
  int64_t length;
  if (!take_number(answer, &length) || length < 0 || length > answer->end - answer->at) return false;
  *string = (struct string){(const char *)answer->at, (size_t)length};
  answer->at += length;
  return true;
}

void answer_found(FILE *answer, const struct found *found) {
  const char *refused = found->refused ? found->refused : "";
  answer_string(answer, found->name, strlen(found->name));
  answer_string(answer, refused, strlen(refused));
  answer_number(answer, found->type);
  answer_number(answer, found->columns_first);
  answer_number(answer, found->rank);
  for (int i = 0; i < found->rank && i < FILE_AXES; i++) answer_number(answer, found->dim[i]);
}

bool take_found(struct datafile *file, struct answer *answer, struct found *found, int64_t dim[FILE_AXES]) {
  struct arena *arena = file->inside->arena;
  struct string name, refused;
  int64_t type, columns_first, rank;
  if (!take_string(answer, &name) || !take_string(answer, &refused) || !take_number(answer, &type)) return false;
  if (!take_number(answer, &columns_first) || !take_number(answer, &rank)) return false;
  if (type < 0 || type >= STORED_TYPES || rank < 0 || rank > INT32_MAX) return false;
  *found = (struct found){.name = arena_copy_string(arena, name.at, name.length),
                          .type = (enum stored)type,
                          .columns_first = columns_first != 0,
                          .rank = (int)rank,
                          .dim = dim};
  if (refused.length) found->refused = arena_copy_string(arena, refused.at, refused.length);
  for (int i = 0; i < found->rank && i < FILE_AXES; i++)
    if (!take_number(answer, &dim[i])) return false;
  return true;
}

bool take_strings(struct datafile *file, struct answer *answer, const char *name, int64_t n, struct error *error) {
  if (n > (answer->end - answer->at) / (int64_t)sizeof(int64_t)) return datafile_error(file, error, "it is damaged");
  struct string *row = malloc(size_product((size_t)n + 1, sizeof *row));
  bool ok = row || datafile_error(file, error, "no memory for the strings of '%s'", name);
  for (int64_t i = 0; i < n && ok; i++)
    ok = take_string(answer, &row[i]) || datafile_error(file, error, "it is damaged");
  ok = ok && strings_add(file, name, row, n, error);
  free(row);
  return ok;
}
