#include "data/roots.h"

#include <dirent.h>
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
  struct data_roots roots = {.option = option, .environment = option ? NULL : from_environment("CRL_DATA")};
  const char *candidate[ROOTS] = {roots.environment, "./data", cache_folder(arena), "/usr/share/datasets"};
  if (option) roots.at[roots.n++] = option;
  for (int i = 0; i < ROOTS && !option; i++)
    if (candidate[i]) roots.at[roots.n++] = arena_copy_string(arena, candidate[i], strlen(candidate[i]));
  return roots;
}

const char *data_fetch_root(struct arena *arena, const char *option, struct error *error) {
  const char *root = option ? option : from_environment("CRL_DATA");
  if (!root) root = cache_folder(arena);
  if (root) return arena_copy_string(arena, root, strlen(root));
  error_set(error, ERROR_DATA, "there is no place to put data: neither $CRL_DATA nor $HOME is set");
  error_hint(error, "pass --data DIR");
  return NULL;
}

static bool is_file(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

const char *data_file_path(struct arena *arena, const char *folder, const struct data_file *file) {
  const char *kind = strstr(file->name, "-idx"), *plain = arena_format(arena, "%s/%s", folder, file->name);
  const char *named[] = {
      plain, kind ? arena_format(arena, "%s/%.*s.%s", folder, (int)(kind - file->name), file->name, kind + 1) : plain,
      arena_format(arena, "%s/%s", plain, file->name)};
  for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
    if (is_file(named[i])) return named[i];
    const char *packed = arena_format(arena, "%s.gz", named[i]);
    if (is_file(packed)) return packed;
  }
  return NULL;
}

/* How many of the set's files are in the folder, and the first that is not. */
static int files_present(const struct data_set *set, const char *folder, struct arena *arena, const char **missing) {
  int present = 0;
  *missing = NULL;
  for (int split = 0; split < DATA_SPLITS; split++)
    for (int i = 0; i < set->n_columns; i++) {
      const struct data_file *file = &set->column[i].file[split];
      if (!file->name) continue;
      if (data_file_path(arena, folder, file)) present++;
      else if (!*missing) *missing = file->name;
    }
  return present;
}

static void hint_fetch(const struct data_set *set, struct error *error) {
  error_hint(error, "run 'crlc --fetch %s', or name the folder that holds '%s/' with --data DIR", set->name,
             set->folder);
}

/* "which holds 'a', 'b' and 3 more": the first few names, in their order. */
static const char *contents(struct arena *arena, const char *folder) {
  enum { SHOWN = 6 };
  struct dirent **entry = NULL;
  const char *string = "";
  int n = scandir(folder, &entry, NULL, alphasort), shown = 0, more = 0;
  for (int i = 0; i < n; i++) {
    if (entry[i]->d_name[0] != '.' && shown++ < SHOWN)
      string = arena_format(arena, "%s%s'%s'", string, *string ? ", " : "", entry[i]->d_name);
    free(entry[i]);
  }
  free(entry);
  if (n < 0) return "which cannot be read";
  if (!shown) return "which is empty";
  more = shown > SHOWN ? shown - SHOWN : 0;
  return more ? arena_format(arena, "which holds %s and %d more", string, more)
              : arena_format(arena, "which holds %s", string);
}

static bool is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool data_named_is_there(const struct data_roots *roots, struct error *error) {
  const char *named = roots->option ? roots->option : roots->environment;
  struct stat status;
  if (!named || is_folder(named)) return true;
  error_set(error, ERROR_DATA, "the data directory '%s' %s", named,
            stat(named, &status) == 0 ? "is not a directory" : "does not exist");
  return error_hint(error, roots->option ? "pass the folder that holds the data sets' folders"
                                         : "it is what $CRL_DATA says: correct or unset it, or pass --data DIR");
}

static bool error_nowhere(const struct data_set *const *sets, size_t n, const struct data_roots *roots,
                          struct arena *arena, struct error *error) {
  const char *names = "", *places = "", *missing;
  for (size_t i = 0; i < n; i++) names = arena_format(arena, "%s%s'%s'", names, i ? " or " : "", sets[i]->name);
  if (roots->option) {
    const char *root = roots->option;
    for (size_t i = 0; i < n && root == roots->option; i++) {
      const char *folder = arena_format(arena, "%s/%s", roots->option, sets[i]->folder);
      if (is_folder(folder)) root = folder; /* the right folder with the wrong files */
    }
    error_set(error, ERROR_DATA, "no data set %s was found in '%s', %s", names, root, contents(arena, root));
    if (root == roots->option && files_present(sets[0], root, arena, &missing))
      return error_hint(error,
                        "its files belong into a folder '%s' in it: pass the folder above with --data, and call "
                        "this one '%s'",
                        sets[0]->folder, sets[0]->folder);
    hint_fetch(sets[0], error);
    return false;
  }
  for (int i = 0; i < roots->n; i++) places = arena_format(arena, "%s%s'%s'", places, i ? ", " : "", roots->at[i]);
  error_set(error, ERROR_DATA, "no data set %s was found; looked in %s", names, places);
  hint_fetch(sets[0], error);
  return false;
}

/* A folder of a root in which the set's files are, or some of them; NULL where there are none. */
static const char *folder_of(const struct data_set *set, const char *root, struct arena *arena, const char **missing) {
  const char *name[] = {set->folder, set->other_folder}, *partial = NULL, *lacks = NULL;
  for (int i = 0; i < 2 && name[i]; i++) {
    const char *folder = arena_format(arena, "%s/%s", root, name[i]);
    int present = files_present(set, folder, arena, missing);
    if (!*missing) return folder;
    if (present && !partial) {
      partial = folder;
      lacks = *missing;
    }
  }
  *missing = lacks;
  return partial;
}

bool data_find(const struct data_set *const *sets, size_t n, const struct data_roots *roots, struct arena *arena,
               struct data_location *location, struct error *error) {
  if (!data_named_is_there(roots, error)) return false;
  for (size_t i = 0; i < n; i++) {
    const char *missing, *partial = NULL, *lacks = NULL;
    for (int r = 0; r < roots->n; r++) {
      const char *folder = folder_of(sets[i], roots->at[r], arena, &missing);
      if (folder && !missing) {
        *location = (struct data_location){.which = i, .folder = folder};
        return true;
      }
      if (folder && !partial) {
        partial = folder;
        lacks = missing;
      }
    }
    if (!partial) continue;
    error_set(error, ERROR_DATA, "data set '%s' is incomplete: '%s' lacks '%s'", sets[i]->name, partial, lacks);
    hint_fetch(sets[i], error);
    return false;
  }
  return error_nowhere(sets, n, roots, arena, error);
}

const char *data_own_file(struct arena *arena, const struct data_roots *roots, const char *beside, const char *name,
                          struct error *error) {
  const char *places = "";
  struct stat status;
  if (!data_named_is_there(roots, error)) return NULL;
  for (int i = roots->option ? 0 : -1; i < roots->n; i++) {
    const char *folder = i < 0 ? beside : roots->at[i];
    if (!folder) continue;
    const char *path = strcmp(folder, ".") ? arena_format(arena, "%s/%s", folder, name) : name;
    if (stat(path, &status) == 0) return path;
    places = arena_format(arena, "%s%s'%s'", places, *places ? ", " : "", folder);
  }
  error_set(error, ERROR_DATA, "there is no '%s'; looked in %s", name, places);
  error_hint(error, "put it beside the model, or name the folder that holds it with --data DIR");
  return NULL;
}
