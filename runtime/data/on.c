#include "data/on.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "base/vec.h"
#include "data/derive.h"
#include "data/describe.h"

enum { FILES = 32 };

struct given { /* a file, and the column that it is said to be, or NULL */
  const char *column, *path;
};

struct described { /* what a file holds, read as the model says of some column */
  const char *path;
  struct file_options options;
  const struct file_columns *holds; /* NULL: it cannot be read so */
  struct error error;
};

struct taking {
  struct arena *arena;
  struct given file[FILES];
  int files;
  VEC(struct described) described;
  const char *argument;        /* as it was given */
  int alone;                   /* the only column that is wanted, or -1 */
  struct error unread;         /* of a file that could not be read as the column */
  const char *lacks, *lacking; /* an entry, and the file that should have it */
  struct error *error;
};

static bool is_mask(const struct data_set *set, int column) { return column > 0 && set->column[column - 1].partial; }

/* The table has such a column, and no other file is said to be it. */
static bool check_column(const struct taking *taking, const struct data_set *set, const struct given *file) {
  const char **known = ARENA_ARRAY(taking->arena, const char *, (size_t)set->n_columns + 1), *list = "";
  size_t n = 0;
  bool there = false;
  for (int k = 0; k < set->n_columns; k++) {
    if (is_mask(set, k)) continue;
    there |= !strcmp(set->column[k].name, file->column);
    known[n++] = set->column[k].name;
    list = arena_format(taking->arena, "%s%s'%s'", list, *list ? ", " : "", set->column[k].name);
  }
  for (const struct given *other = taking->file; there && other < file; other++)
    if (other->column && !strcmp(other->column, file->column))
      return error_set(taking->error, ERROR_USAGE, "--on names '%s' twice", file->column);
  if (there) return true;
  const char *near = nearest(file->column, known, n);
  error_set(taking->error, ERROR_USAGE, "--on names '%s', and the data have no such column", file->column);
  return near ? error_hint(taking->error, "did you mean '%s'?", near) : error_hint(taking->error, "they have %s", list);
}

static bool read_files(struct taking *taking, const struct data_set *set) {
  const char *at = taking->argument;
  while (*at) {
    size_t length = strcspn(at, ","), name = strcspn(at, "=");
    struct given *file = &taking->file[taking->files++];
    if (taking->files == FILES) return error_set(taking->error, ERROR_USAGE, "--on takes at most %d files", FILES - 1);
    file->column = name < length ? arena_copy_string(taking->arena, at, name) : NULL;
    size_t skip = name < length ? name + 1 : 0;
    file->path = arena_copy_string(taking->arena, at + skip, length - skip);
    if (file->column && !check_column(taking, set, file)) return false;
    if (access(file->path, F_OK) != 0)
      return error_set(taking->error, ERROR_DATA, "cannot open '%s': %s", file->path, strerror(errno));
    at += length + (at[length] == ',');
  }
  return taking->files > 0 || error_set(taking->error, ERROR_USAGE, "--on names no file");
}

/* What the file holds, where it is read as the model reads the column's own; NULL where it cannot be read so. */
static const struct file_columns *describe(struct taking *taking, const char *path, const struct column_source *from) {
  struct file_options options = from ? from->options : (struct file_options){0};
  for (size_t i = 0; i < taking->described.n; i++) {
    const struct described *at = &taking->described.at[i];
    if (strcmp(at->path, path) || !same_options(at->options, options)) continue;
    if (!at->holds) taking->unread = at->error;
    return at->holds;
  }
  struct described described = {.path = path, .options = options};
  described.holds = file_describe(taking->arena, path, options, &described.error);
  if (!described.holds) taking->unread = described.error;
  vec_push(taking->arena, &taking->described, described);
  return described.holds;
}

/* Where the column comes from in the files that the model was made for; NULL where that is a known set.  nan_absent:
 * whether it is `present` on the way. */
static const struct column_source *origin(const struct data_set *set, int column, bool *nan_absent) {
  *nan_absent = false;
  while (set->made) {
    const struct column_source *source = &set->made->source[column];
    int k = 0;
    if (source->name) return source;
    *nan_absent |= set->made->kind == DERIVE_PRESENT && set->made->key[0] == column;
    while (k < set->made->tables && source->of[k] < 0) k++;
    if (k == set->made->tables) return NULL;
    column = source->of[k];
    set = set->made->of[k];
  }
  return NULL;
}

/* Most often it is the one at `next`. */
static int entry_named(const struct file_columns *holds, const char *name, int next) {
  if (next < holds->n && !strcmp(holds->at[next].column.name, name)) return next;
  for (int i = 0; i < holds->n; i++)
    if (!strcmp(holds->at[i].column.name, name)) return i;
  return -1;
}

/* The first of the entries that the column is made of in the model's own file, found by their names; -1 where the file
 * has not all of them.  Where it has *some, the first that it lacks is kept for the message. */
static int entry_like(struct taking *taking, const struct file_columns *holds, const struct column_source *from,
                      bool *some) {
  int first = entry_named(holds, from->entry, 0), at = first, found = first >= 0;
  const char *lacks = found ? NULL : from->entry;
  for (int k = 0; k < from->beside; k++) {
    at = entry_named(holds, from->other[k], at + 1);
    found += at >= 0;
    if (at < 0 && !lacks) lacks = from->other[k];
  }
  if ((*some = lacks && found)) taking->lacks = lacks, taking->lacking = holds->path;
  return lacks ? -1 : first;
}

/* The column in a file; false where it is not there.  A file with the names of the model's own is taken to be like it,
 * whatever else in it is called as the column. */
static bool find_in(struct taking *taking, const struct given *file, const char *name, const struct column_source *from,
                    bool alone, struct column_source *source, const struct data_column **is) {
  const struct file_columns *holds = describe(taking, file->path, from);
  bool some = false;
  int entry = holds && from ? entry_like(taking, holds, from, &some) : -1;
  *source = from ? *from : (struct column_source){.of = {-1, -1, -1}};
  source->name = source->path = file->path;
  if (holds && entry < 0 && !some) {
    source->beside = 0;
    entry = entry_named(holds, name, 0);
    if (entry < 0 && holds->n == 1 && alone) entry = 0;
    if (entry < 0 && file->column) taking->lacks = from ? from->entry : name, taking->lacking = file->path;
  }
  if (entry < 0) return false;
  *is = &holds->at[entry].column;
  source->entry = (*is)->name;
  return true;
}

/* The column in any of the files. */
static bool find(struct taking *taking, const struct data_set *set, int column, struct column_source *source,
                 const struct data_column **is) {
  bool nan_absent;
  const struct column_source *from = origin(set, column, &nan_absent);
  const char *name = set->column[column].name;
  taking->lacks = NULL;
  taking->unread = (struct error){0};
  for (int pass = 0; pass < 2; pass++) /* files that say what they are first */
    for (int i = 0; i < taking->files; i++) {
      const struct given *file = &taking->file[i];
      if (pass == 0 ? !file->column || strcmp(file->column, name) : file->column != NULL) continue;
      if (!find_in(taking, file, name, from, pass == 0 || taking->alone == column, source, is)) continue;
      source->nan_absent = nan_absent;
      return true;
    }
  return false;
}

static bool lacking(struct taking *taking, const struct data_set *set, int column) {
  const char *name = set->column[column].name;
  if (taking->unread.kind) return *taking->error = taking->unread, false;
  if (taking->lacks)
    error_set(taking->error, ERROR_DATA, "'%s' is read, and '%s' has no '%s'", name, taking->lacking, taking->lacks);
  else error_set(taking->error, ERROR_DATA, "'%s' is read, and '%s' has no such entry", name, taking->argument);
  return error_hint(taking->error, "pass it with --on %s=FILE, or compute a value that does without it", name);
}

/* The new rows as a table of their own, with the columns that are wanted. */
static bool take_columns(struct taking *taking, const struct data_set *set, uint64_t wanted, struct data_set *rows,
                         struct data_set *out, const struct data_set *const *splits_of) {
  struct derivation *files = ARENA_NEW(taking->arena, struct derivation),
                    *splits = ARENA_NEW(taking->arena, struct derivation);
  struct column_source *source = ARENA_ARRAY(taking->arena, struct column_source, (size_t)set->n_columns + 1);
  struct column_source *of = ARENA_ARRAY(taking->arena, struct column_source, (size_t)set->n_columns + 1);
  struct data_column *found = ARENA_ARRAY(taking->arena, struct data_column, (size_t)set->n_columns + 1);
  struct data_column *column = ARENA_ARRAY(taking->arena, struct data_column, (size_t)set->n_columns + 1);
  for (int k = 0; k < set->n_columns; k++) {
    const struct data_column *is;
    bool mask = is_mask(set, k), read = wanted >> (mask ? k - 1 : k) & 1;
    if (!read && !(set->column[k].partial && wanted >> (k + 1) & 1)) continue;
    column[out->n_columns] = set->column[k];
    of[out->n_columns] = (struct column_source){.of = {-1, -1, -1}};
    if (!mask && find(taking, set, k, &source[rows->n_columns], &is)) {
      found[rows->n_columns] = set->column[k];
      found[rows->n_columns].partial = false;
      if (is->class_name && set->column[k].class_name)
        found[rows->n_columns] = (struct data_column){
            .name = set->column[k].name, .type = is->type, .classes = is->classes, .class_name = is->class_name};
      for (int split = 0; split < DATA_SPLITS; split++)
        if (splits_of[split]) of[out->n_columns].of[split] = rows->n_columns;
      rows->n_columns++;
    } else if (!mask && (!set->column[k].partial || taking->unread.kind || taking->lacks)) {
      return lacking(taking, set, k);
    }
    out->n_columns++;
  }
  if (!rows->n_columns)
    return error_set(taking->error, ERROR_DATA, "nothing that is read is in '%s'", taking->argument);
  *files = (struct derivation){
      .kind = DERIVE_COLUMNS, .location = "--on", .source = source, .key = {-1, -1}, .group = -1};
  *splits = (struct derivation){.kind = DERIVE_SPLITS,
                                .location = "--on",
                                .tables = DATA_SPLITS,
                                .of = splits_of,
                                .source = of,
                                .key = {-1, -1},
                                .group = -1};
  rows->column = found;
  rows->made = files;
  out->column = column;
  out->made = splits;
  return true;
}

static int only_column(const struct data_set *set, uint64_t wanted) {
  int only = -1;
  for (int k = 0; k < set->n_columns; k++) {
    if (is_mask(set, k) || !(wanted >> k & 1)) continue;
    if (only >= 0) return -1;
    only = k;
  }
  return only;
}

struct table *table_on(struct arena *arena, const struct data_set *set, struct column_set wanted, enum data_split split,
                       const char *files, struct error *error) {
  struct taking taking = {
      .arena = arena, .argument = files, .alone = only_column(set, wanted.of[split]), .error = error};
  struct data_set *rows = ARENA_NEW(arena, struct data_set), *out = ARENA_NEW(arena, struct data_set);
  const struct data_set **of = ARENA_ARRAY(arena, const struct data_set *, DATA_SPLITS);
  struct data_roots nowhere = {.n = 0};
  rows->name = "the new rows";
  out->name = set->name;
  of[split] = rows;
  if (!read_files(&taking, set) || !take_columns(&taking, set, wanted.of[split], rows, out, of)) return NULL;
  struct table *table = table_derive(out, &nowhere, all_columns, INT64_MAX, error);
  if (table) table->partial = table->elsewhere = true;
  return table;
}
