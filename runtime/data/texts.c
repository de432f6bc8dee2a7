/* Columns of texts: each row gets the number of its text among those that there are, in the order of their bytes. */
#include <stdlib.h>
#include <string.h>

#include "data/reader.h"

static int compare_texts(const struct text *a, const struct text *b) {
  int order = memcmp(a->at, b->at, a->length < b->length ? a->length : b->length);
  return order ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_rows(const void *a, const void *b) {
  return compare_texts(*(const struct text *const *)a, *(const struct text *const *)b);
}

/* Numbers the rows; sorted holds those that have a text, in order.  Returns how many classes there are. */
static int64_t number_rows(const struct text *row, const struct text **sorted, int64_t n, int32_t *class) {
  int64_t classes = 0;
  for (int64_t i = 0; i < n; i++) {
    if (i == 0 || compare_texts(sorted[i - 1], sorted[i]) != 0) classes++;
    class[sorted[i] - row] = (int32_t)(classes - 1);
  }
  return classes;
}

static const char *const *name_classes(struct arena *arena, const struct text **sorted, int64_t n, int64_t classes) {
  const char **name = ARENA_ARRAY(arena, const char *, (size_t)classes + 1);
  int64_t k = 0;
  for (int64_t i = 0; i < n; i++)
    if (i == 0 || compare_texts(sorted[i - 1], sorted[i]) != 0)
      name[k++] = arena_copy_text(arena, sorted[i]->at, sorted[i]->length);
  return name;
}

/* Adds an entry of rows that have been numbered. */
static void add_part(struct datafile *file, const struct text_part *part, const int32_t *class, int64_t classes,
                     const char *const *names) {
  struct entry *entry = array_add(file, &(struct found){.name = part->name, .type = STORED_TEXT, .rank = 1,
                                                        .dim = &part->n, .at = (const unsigned char *)class});
  entry->classes = classes;
  entry->class_name = names;
  for (int64_t i = 0; i < part->n; i++) entry->missing += class[i] < 0;
}

bool texts_add_parts(struct datafile *file, const struct text_part *part, size_t parts, const struct text *row,
                     struct fault *fault) {
  int64_t n = 0, there = 0;
  for (size_t i = 0; i < parts; i++) n += part[i].n;
  if (n > INT32_MAX) return datafile_fault(file, fault, "'%s' has more than %d texts", part->name, INT32_MAX);
  int32_t *class = datafile_block(file, n * (int64_t)sizeof *class, fault);
  if (!class) return false;
  const struct text **sorted = malloc(size_product((size_t)n + 1, sizeof *sorted));
  if (!sorted) return datafile_fault(file, fault, "no memory for the texts of '%s'", part->name);
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

bool texts_add(struct datafile *file, const char *name, const struct text *row, int64_t n, struct fault *fault) {
  return texts_add_parts(file, &(struct text_part){name, n}, 1, row, fault);
}
