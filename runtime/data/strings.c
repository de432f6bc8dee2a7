/* Columns of strings: each row gets the number of its string among those that there are, in the order of their
 * bytes. */
#include <stdlib.h>
#include <string.h>

#include "data/reader.h"

static int compare_strings(const struct string *a, const struct string *b) {
  int order = memcmp(a->at, b->at, a->length < b->length ? a->length : b->length);
  return order ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_rows(const void *a, const void *b) {
  return compare_strings(*(const struct string *const *)a, *(const struct string *const *)b);
}

/* Numbers the rows; sorted holds those that have a string, in order.  Returns how many classes there are. */
static int64_t number_rows(const struct string *row, const struct string **sorted, int64_t n, int32_t *class) {
  int64_t classes = 0;
  for (int64_t i = 0; i < n; i++) {
    if (i == 0 || compare_strings(sorted[i - 1], sorted[i]) != 0) classes++;
    class[sorted[i] - row] = (int32_t)(classes - 1);
  }
  return classes;
}

static const char *const *name_classes(struct arena *arena, const struct string **sorted, int64_t n, int64_t classes) {
  const char **name = ARENA_ARRAY(arena, const char *, (size_t)classes + 1);
  int64_t k = 0;
  for (int64_t i = 0; i < n; i++)
    if (i == 0 || compare_strings(sorted[i - 1], sorted[i]) != 0)
      name[k++] = arena_copy_string(arena, sorted[i]->at, sorted[i]->length);
  return name;
}

/* Adds an entry of rows that have been numbered. */
static void add_part(struct datafile *file, const struct string_part *part, const int32_t *class, int64_t classes,
                     const char *const *names) {
  struct entry *entry = array_add(
      file,
      &(struct found){
          .name = part->name, .type = STORED_STRING, .rank = 1, .dim = &part->n, .at = (const unsigned char *)class});
  entry->classes = classes;
  entry->class_name = names;
  for (int64_t i = 0; i < part->n; i++) entry->missing += class[i] < 0;
}

bool strings_add_parts(struct datafile *file, const struct string_part *part, size_t parts, const struct string *row,
                       struct error *error) {
  int64_t n = 0, there = 0;
  for (size_t i = 0; i < parts; i++) n += part[i].n;
  if (n > INT32_MAX) return datafile_error(file, error, "'%s' has more than %d strings", part->name, INT32_MAX);
  int32_t *class = datafile_block(file, n * (int64_t)sizeof *class, error);
  if (!class) return false;
  const struct string **sorted = malloc(size_product((size_t)n + 1, sizeof *sorted));
  if (!sorted) return datafile_error(file, error, "no memory for the strings of '%s'", part->name);
  for (int64_t i = 0; i < n; i++) {
    class[i] = -1;
    if (row[i].length) sorted[there++] = &row[i];
  }
  qsort(sorted, (size_t)there, sizeof *sorted, compare_rows);
  int64_t classes = number_rows(row, sorted, there, class);
  const char *const *names = name_classes(file->inside->arena, sorted, there, classes);
  free(sorted);
  for (size_t i = 0; i < parts; class += part[i++].n) add_part(file, &part[i], class, classes, names);
  return true;
}

bool strings_add(struct datafile *file, const char *name, const struct string *row, int64_t n, struct error *error) {
  return strings_add_parts(file, &(struct string_part){name, n}, 1, row, error);
}
