#include "data/inspect.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* ---- what an entry holds ---- */

struct contents_of {
  double least, most;
  int64_t missing; /* rows with a missing value */
  bool whole, any;
};

static void look_at(struct contents_of *found, const double *number, int64_t rows, int64_t per_row) {
  for (int64_t r = 0; r < rows; r++) {
    bool missing = false;
    for (int64_t i = 0; i < per_row; i++, number++) {
      if (isnan(*number)) {
        missing = true;
        continue;
      }
      if (!found->any || *number < found->least) found->least = *number;
      if (!found->any || *number > found->most) found->most = *number;
      found->whole = found->whole && *number == floor(*number);
      found->any = true;
    }
    found->missing += missing;
  }
}

/* Goes through an entry some rows at a time. */
static bool look_through(struct datafile *file, const struct entry *entry, struct contents_of *found,
                         struct error *error) {
  enum { NUMBERS = 1 << 17 };
  int64_t per_row = shape_count(entry->shape), at_once = per_row < NUMBERS ? NUMBERS / per_row : 1;
  double *number = block_alloc(size_product((size_t)(at_once * per_row), sizeof *number));
  bool ok = number || error_set(error, ERROR_DATA, "no memory for a row of '%s'", entry->name);
  *found = (struct contents_of){.whole = true};
  for (int64_t first = 0; ok && first < entry->rows; first += at_once) {
    int64_t n = entry->rows - first < at_once ? entry->rows - first : at_once;
    ok = datafile_read(file, entry, first, n, F64, number, error);
    if (ok) look_at(found, number, n, per_row);
  }
  free(number);
  return ok;
}

static const char *range_string(struct arena *arena, const struct entry *entry, const struct contents_of *found) {
  bool number = entry->type == STORED_F16 || entry->type == STORED_F32 || entry->type == STORED_F64;
  if (!found->any) return "no value";
  return arena_format(arena, "%.6g to %.6g%s", found->least, found->most, number && found->whole ? ", whole" : "");
}

static const char *classes_string(struct arena *arena, const struct entry *entry) {
  enum { SHOWN = 6, LENGTH = 24 };
  if (entry->classes > SHOWN && entry->classes == entry->rows - entry->missing) return "every row another";
  const char *list = arena_format(arena, "%lld class%s:", (long long)entry->classes, entry->classes == 1 ? "" : "es");
  for (int64_t i = 0; i < entry->classes && i < SHOWN; i++) {
    const char *name = entry->class_name[i];
    size_t length = strlen(name), shown = utf8_fitting(name, length, LENGTH);
    list = arena_format(arena, "%s%s '%.*s%s'", list, i ? "," : "", (int)shown, name, shown < length ? "..." : "");
  }
  return entry->classes > SHOWN ? arena_format(arena, "%s, ...", list) : list;
}

/* ---- the table ---- */

enum { COLUMNS = 6 };

struct line {
  const char *cell[COLUMNS];
};

static bool fill_line(struct arena *arena, struct datafile *file, const struct entry *entry, struct line *line,
                      struct error *error) {
  struct contents_of found = {.missing = entry->missing};
  char shape[SHAPE_STRING];
  *line = (struct line){{entry->name, "", "", "", entry->refused, ""}};
  if (entry->refused) return true;
  if (!look_through(file, entry, &found, error)) return false;
  line->cell[1] = arena_format(arena, "%lld", (long long)entry->rows);
  line->cell[2] = arena_format(arena, "%s", shape_string(shape, entry->shape, false));
  line->cell[3] = stored_name(entry->type);
  line->cell[4] = entry->class_name ? classes_string(arena, entry) : range_string(arena, entry, &found);
  if (entry->note) line->cell[4] = arena_format(arena, "%s (%s)", line->cell[4], entry->note);
  if (found.missing) line->cell[5] = arena_format(arena, "%lld", (long long)found.missing);
  return true;
}

static const char *lay_out(struct arena *arena, const struct line *line, size_t n) {
  size_t width[COLUMNS] = {0}, length = 0;
  for (size_t i = 0; i < n; i++)
    for (int c = 0; c < COLUMNS; c++) {
      size_t w = (size_t)utf8_text_columns(line[i].cell[c]);
      if (w > width[c]) width[c] = w;
    }
  for (size_t i = 0; i < n; i++)
    for (int c = 0; c < COLUMNS; c++) length += strlen(line[i].cell[c]) + width[c] + 2;
  char *string = arena_alloc(arena, length + n + 1), *at = string;
  for (size_t i = 0; i < n; i++) {
    for (int c = 0; c < COLUMNS; c++) {
      int blanks = (int)width[c] - utf8_text_columns(line[i].cell[c]) + (c + 1 < COLUMNS ? 2 : 0);
      at += sprintf(at, "%s%*s", line[i].cell[c], blanks, "");
    }
    while (at > string && at[-1] == ' ') at--;
    *at++ = '\n';
  }
  *at = 0;
  return string;
}

/* ---- the lines of a model ---- */

static bool is_name(const char *string) {
  if (!isalpha((unsigned char)*string)) return false;
  while (isalnum((unsigned char)*string) || *string == '_') string++;
  return !*string;
}

/* A name for a column: letters and digits as they are, anything between them one underscore. */
static const char *column_name(struct arena *arena, const char *entry) {
  char *name = arena_alloc(arena, strlen(entry) + 3), *at = name;
  if (!isalpha((unsigned char)*entry)) *at++ = 'c';
  for (; *entry; entry++) {
    if (isalnum((unsigned char)*entry)) *at++ = *entry;
    else if (at > name && at[-1] != '_') *at++ = '_';
  }
  while (at > name && at[-1] == '_') at--;
  *at = 0;
  return name;
}

static const char *quoted(struct arena *arena, const char *string) {
  char *out = arena_alloc(arena, 2 * strlen(string) + 3), *at = out;
  *at++ = '"';
  for (; *string; string++) {
    if (*string == '"' || *string == '\\') *at++ = '\\';
    *at++ = *string;
  }
  *at++ = '"';
  return out;
}

/* A model names a file or folder alone: its folder is where the model is, or what --data says. */
static const char *own_name(struct arena *arena, const char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  const char *name = arena_copy_string(arena, path, length), *slash = strrchr(name, '/');
  return slash && slash[1] ? slash + 1 : name;
}

/* file("x.csv", header = false) */
static const char *file_call(struct arena *arena, const struct datafile *file, const struct datafile_options *options) {
  const char *call = arena_format(arena, "file(%s", quoted(arena, own_name(arena, file->path)));
  const char delimiter[] = {options->delimiter, 0};
  if (options->by != BY_DEFAULT)
    call = arena_format(arena, "%s, by = \"%s\"", call, options->by == BY_ROWS ? "rows" : "columns");
  if (options->header != HEADER_GUESSED)
    call = arena_format(arena, "%s, header = %s", call, options->header == HEADER_THERE ? "true" : "false");
  if (options->delimiter)
    call = arena_format(arena, "%s, delimiter = %s", call, *delimiter == '\t' ? "\"\\t\"" : quoted(arena, delimiter));
  return arena_format(arena, "%s)", call);
}

/* A number in a row of a table of text: neighbours of this kind are one array. */
static bool is_number(const struct entry *entry, int64_t rows) {
  return !entry->refused && entry->rows == rows && !entry->class_name && entry->shape.rank == 0;
}

enum { MANY = 8, MOST = 60 }; /* numbers side by side that are one array; columns that a table can have */

/* How many entries from this one on are one column: those side by side in a wide table of text. */
static size_t entries_beside(const struct datafile *file, size_t first, int64_t rows) {
  size_t n = 0;
  while (first + n < file->n && is_number(&file->entry[first + n], rows)) n++;
  return n >= MANY ? n : 1;
}

/* The name with a number behind it where another column has it. */
static const char *own_column_name(struct arena *arena, const char *name, const char *const *taken, int n) {
  const char *own = name;
  for (int number = 2, k = 0; k < n; k++)
    if (!strcmp(taken[k], own)) own = arena_format(arena, "%s_%d", name, number++), k = -1;
  return own;
}

/* The columns of a table of all entries with so many rows. */
static const char *table_columns(struct arena *arena, const struct datafile *file, const char *call, int64_t rows) {
  const char *columns = "", *taken[MOST];
  int n = 0;
  for (size_t i = 0, beside; i < file->n && n < MOST; i += beside) {
    const struct entry *entry = &file->entry[i];
    beside = entries_beside(file, i, rows);
    if (entry->refused || entry->rows != rows) continue;
    const char *name = beside > 1 ? "x" : column_name(arena, entry->name);
    const char *value = beside > 1 ? arena_format(arena, "columns(%s, %s, %s)", call, quoted(arena, entry->name),
                                                  quoted(arena, file->entry[i + beside - 1].name))
                        : is_name(entry->name) ? arena_format(arena, "%s.%s", call, entry->name)
                                               : arena_format(arena, "%s[%s]", call, quoted(arena, entry->name));
    taken[n] = own_column_name(arena, name, taken, n);
    columns = arena_format(arena, "%s%s\n  %s = %s", columns, n ? "," : "", taken[n], value);
    n++;
  }
  return columns;
}

/* One table for each number of rows that entries have. */
static const char *tables(struct arena *arena, const struct datafile *file, const struct datafile_options *options) {
  const char *text = "", *call = file_call(arena, file, options);
  int number = 0;
  for (size_t i = 0; i < file->n; i++) {
    bool first = !file->entry[i].refused;
    for (size_t k = 0; k < i && first; k++)
      first = file->entry[k].refused || file->entry[k].rows != file->entry[i].rows;
    if (!first) continue;
    const char *name = number++ ? arena_format(arena, "d%d", number) : "d";
    text = arena_format(arena, "%sdata %s = table(%s)\n", text, name,
                        table_columns(arena, file, call, file->entry[i].rows));
  }
  return text;
}

const char *inspect_string(struct arena *arena, struct datafile *file, const struct datafile_options *options,
                           struct error *error) {
  struct line *line = ARENA_ARRAY(arena, struct line, file->n + 1);
  line[0] = (struct line){{"entry", "rows", "of shape", "type", "range or classes", "missing"}};
  for (size_t i = 0; i < file->n; i++)
    if (!fill_line(arena, file, &file->entry[i], &line[i + 1], error)) return NULL;
  return arena_format(arena, "%s: %s\n\n%s\n%s", file->path, file->format, lay_out(arena, line, file->n + 1),
                      tables(arena, file, options));
}
