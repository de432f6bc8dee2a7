#include "store/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/vec.h"
#include "store/safetensors.h"

enum { KEPT = 2 };

struct steps {
  VEC(int64_t) list;
};

static const char *path_of(struct arena *arena, const char *directory, int64_t step) {
  return arena_format(arena, "%s/checkpoint-%" PRId64 ".crlk", directory, step);
}

/* True for exactly the names that path_of makes. */
static bool step_of_name(const char *name, int64_t *step) {
  char again[64];
  if (sscanf(name, "checkpoint-%18" SCNd64, step) != 1) return false;
  snprintf(again, sizeof again, "checkpoint-%" PRId64 ".crlk", *step);
  return strcmp(name, again) == 0;
}

bool checkpoint_is_named(const char *name) {
  int64_t step;
  size_t length = strlen(name), begin = strlen("best-"), end = strlen(".crlk");
  bool best = length > begin + end && !strncmp(name, "best-", begin) && !strcmp(name + length - end, ".crlk");
  return best || step_of_name(name, &step);
}

static int newest_first(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x < y) - (x > y);
}

static bool list_steps(struct arena *arena, const char *directory, struct steps *steps, struct error *error) {
  DIR *folder = opendir(directory);
  int64_t step;
  *steps = (struct steps){0};
  if (!folder) return error_set(error, ERROR_DATA, "cannot read the folder '%s': %s", directory, strerror(errno));
  for (struct dirent *entry; (entry = readdir(folder));)
    if (step_of_name(entry->d_name, &step)) vec_push(arena, &steps->list, step);
  closedir(folder);
  if (steps->list.n) qsort(steps->list.at, steps->list.n, sizeof step, newest_first);
  return true;
}

static bool is_good(const char *path) {
  struct error error = {0};
  struct checkpoint *checkpoint = checkpoint_read(path, &error);
  checkpoint_free(checkpoint);
  return checkpoint != NULL;
}

/* Removes what is older than the newest KEPT good ones.  The one just written counts as good, whatever its step. */
static void remove_old(struct arena *arena, const char *directory, int64_t written) {
  struct error error = {0};
  struct steps steps;
  int good = 1;
  if (!list_steps(arena, directory, &steps, &error)) return; /* too many checkpoints are no reason to stop */
  for (size_t i = 0; i < steps.list.n; i++) {
    const char *path = path_of(arena, directory, steps.list.at[i]);
    if (steps.list.at[i] == written) continue;
    if (good >= KEPT) unlink(path);
    else good += is_good(path);
  }
}

static bool write_to(struct arena *arena, const char *path, int64_t step, const struct array *arrays, size_t n,
                     const struct pair *metadata, size_t n_metadata, struct error *error) {
  struct pair *pairs = ARENA_ARRAY(arena, struct pair, n_metadata + 1);
  pairs[0] = (struct pair){.key = "step", .value = arena_format(arena, "%" PRId64, step)};
  if (n_metadata) memcpy(pairs + 1, metadata, n_metadata * sizeof *pairs);
  return safetensors_write(path, arrays, n, pairs, n_metadata + 1, error);
}

bool checkpoint_write(const char *directory, int64_t step, const struct array *arrays, size_t n,
                      const struct pair *metadata, size_t n_metadata, struct error *error) {
  struct arena *arena = arena_new();
  bool ok = write_to(arena, path_of(arena, directory, step), step, arrays, n, metadata, n_metadata, error);
  if (ok) remove_old(arena, directory, step);
  arena_free(arena);
  return ok;
}

static const char *path_of_best(struct arena *arena, const char *directory, const char *stage) {
  return arena_format(arena, "%s/best-%s.crlk", directory, stage);
}

bool checkpoint_write_best(const char *directory, const char *stage, int64_t step, const struct array *arrays, size_t n,
                           const struct pair *metadata, size_t n_metadata, struct error *error) {
  struct arena *arena = arena_new();
  bool ok = write_to(arena, path_of_best(arena, directory, stage), step, arrays, n, metadata, n_metadata, error);
  arena_free(arena);
  return ok;
}

struct checkpoint *checkpoint_read_best(const char *directory, const char *stage, struct error *error) {
  struct arena *arena = arena_new();
  struct checkpoint *found = checkpoint_read(path_of_best(arena, directory, stage), error);
  arena_free(arena);
  return found;
}

bool checkpoint_latest(const char *directory, struct checkpoint **out, char notice[NOTICE_STRING],
                       struct error *error) {
  struct arena *arena = arena_new();
  struct steps steps;
  size_t said = 0;
  *out = NULL;
  notice[0] = 0;
  bool ok = list_steps(arena, directory, &steps, error);
  for (size_t i = 0; ok && !*out && i < steps.list.n; i++) {
    struct error reason = {0};
    *out = checkpoint_read(path_of(arena, directory, steps.list.at[i]), &reason);
    if (*out || said >= NOTICE_STRING) continue;
    said += (size_t)snprintf(notice + said, NOTICE_STRING - said, "%s%s",
                             said ? "; " : "passed over: ", reason.message);
  }
  if (ok && steps.list.n && !*out)
    ok = error_set(error, ERROR_DATA, "no checkpoint in '%s' can be used (%.700s)", directory, notice);
  arena_free(arena);
  return ok;
}

const char *checkpoint_value(const struct checkpoint *checkpoint, const char *key) {
  for (size_t i = 0; i < checkpoint->n_metadata; i++)
    if (strcmp(checkpoint->metadata[i].key, key) == 0) return checkpoint->metadata[i].value;
  return NULL;
}

const struct array *checkpoint_array(const struct checkpoint *checkpoint, const char *name) {
  for (size_t i = 0; i < checkpoint->n; i++)
    if (strcmp(checkpoint->array[i].name, name) == 0) return &checkpoint->array[i];
  return NULL;
}

static bool check_same(const struct checkpoint *checkpoint, const struct array *mine, struct error *error) {
  const struct array *theirs = checkpoint_array(checkpoint, mine->name);
  char has[SHAPE_STRING], needs[SHAPE_STRING];
  if (!theirs) return error_set(error, ERROR_DATA, "'%s' does not hold '%s'", checkpoint->path, mine->name);
  if (theirs->type == mine->type && theirs->rows == mine->rows && shape_equal(theirs->shape, mine->shape)) return true;
  return error_set(error, ERROR_DATA, "'%s' holds '%s' as %s %s with %" PRId64 " rows, not %s %s with %" PRId64,
                   checkpoint->path, mine->name, dtype_name(theirs->type), shape_string(has, theirs->shape, false),
                   theirs->rows, dtype_name(mine->type), shape_string(needs, mine->shape, false), mine->rows);
}

bool checkpoint_holds(const struct checkpoint *checkpoint, const struct array *array) {
  struct error ignored = {0};
  return check_same(checkpoint, array, &ignored);
}

bool checkpoint_fits(const struct array *arrays, size_t n, struct error *error) {
  return safetensors_fits(arrays, n, error);
}

bool checkpoint_restore(const struct checkpoint *checkpoint, const struct array *arrays, size_t n,
                        struct error *error) {
  for (size_t i = 0; i < n; i++)
    if (!check_same(checkpoint, &arrays[i], error)) return false;
  for (size_t i = 0; i < n; i++) {
    size_t rows = arrays[i].rows ? (size_t)arrays[i].rows : 1;
    size_t size = rows * (size_t)shape_count(arrays[i].shape) * dtype_size(arrays[i].type);
    memcpy(arrays[i].data, checkpoint_array(checkpoint, arrays[i].name)->data, size);
  }
  return true;
}
