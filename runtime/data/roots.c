#include "data/roots.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *from_environment(const char *name) {
  const char *value = getenv(name);
  return value && value[0] ? value : NULL;
}

static const char *cache_folder(struct arena *arena) {
  const char *home = from_environment("HOME");
  return home ? arena_format(arena, "%s/.cache/crl", home) : NULL;
}

struct data_roots data_roots(struct arena *arena, const char *option) {
  const char *candidate[ROOTS] = {option, from_environment("CRL_DATA"), "./data", cache_folder(arena),
                                  "/usr/share/datasets"};
  struct data_roots roots = {0};
  for (int i = 0; i < ROOTS; i++)
    if (candidate[i]) roots.at[roots.n++] = arena_copy_text(arena, candidate[i], strlen(candidate[i]));
  return roots;
}

const char *data_fetch_root(struct arena *arena, const char *option, struct fault *fault) {
  const char *root = option ? option : from_environment("CRL_DATA");
  if (!root) root = cache_folder(arena);
  if (root) return arena_copy_text(arena, root, strlen(root));
  fault_set(fault, FAULT_DATA, "there is no place to put data: neither $CRL_DATA nor $HOME is set");
  fault_hint(fault, "say --data DIR");
  return NULL;
}

const char *data_file_path(struct arena *arena, const char *folder, const struct data_file *file) {
  struct stat status;
  const char *plain = arena_format(arena, "%s/%s", folder, file->name);
  if (stat(plain, &status) == 0 && S_ISREG(status.st_mode)) return plain;
  const char *packed = arena_format(arena, "%s.gz", plain);
  return stat(packed, &status) == 0 && S_ISREG(status.st_mode) ? packed : NULL;
}

/* How many of the set's files are in the folder, and the first that is not. */
static int files_present(const struct data_set *set, const char *folder, struct arena *arena,
                         const char **missing) {
  int present = 0;
  *missing = NULL;
  for (int split = 0; split < DATA_SPLITS; split++)
    for (int i = 0; i < set->n_columns; i++) {
      const struct data_file *file = &set->column[i].file[split];
      if (data_file_path(arena, folder, file)) present++;
      else if (!*missing) *missing = file->name;
    }
  return present;
}

static void hint_fetch(const struct data_set *set, struct fault *fault) {
  fault_hint(fault, "run 'crlc --fetch %s', or name the folder that holds '%s/' with --data DIR", set->name,
             set->folder);
}

static bool fault_nowhere(const struct data_set *const *sets, size_t n, const struct data_roots *roots,
                          struct arena *arena, struct fault *fault) {
  const char *names = "", *places = "";
  for (size_t i = 0; i < n; i++) names = arena_format(arena, "%s%s'%s'", names, i ? " or " : "", sets[i]->name);
  for (int i = 0; i < roots->n; i++)
    places = arena_format(arena, "%s%s'%s'", places, i ? ", " : "", roots->at[i]);
  fault_set(fault, FAULT_DATA, "no data set %s was found; looked in %s", names, places);
  hint_fetch(sets[0], fault);
  return false;
}

bool data_find(const struct data_set *const *sets, size_t n, const struct data_roots *roots, struct arena *arena,
               struct data_place *place, struct fault *fault) {
  for (size_t i = 0; i < n; i++) {
    const char *missing, *partial = NULL, *lacks = NULL;
    for (int r = 0; r < roots->n; r++) {
      const char *folder = arena_format(arena, "%s/%s", roots->at[r], sets[i]->folder);
      int present = files_present(sets[i], folder, arena, &missing);
      if (!missing) {
        *place = (struct data_place){.which = i, .folder = folder};
        return true;
      }
      if (present && !partial) {
        partial = folder;
        lacks = missing;
      }
    }
    if (!partial) continue;
    fault_set(fault, FAULT_DATA, "data set '%s' is incomplete: '%s' lacks '%s'", sets[i]->name, partial, lacks);
    hint_fetch(sets[i], fault);
    return false;
  }
  return fault_nowhere(sets, n, roots, arena, fault);
}
