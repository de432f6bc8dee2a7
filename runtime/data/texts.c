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

bool texts_add(struct datafile *file, const char *name, const struct text *row, int64_t n, struct fault *fault) {
  if (n > INT32_MAX) return datafile_fault(file, fault, "'%s' has more than %d texts", name, INT32_MAX);
  int32_t *class = datafile_block(file, n * (int64_t)sizeof *class, fault);
  if (!class) return false;
  const struct text **sorted = malloc(size_product((size_t)n + 1, sizeof *sorted));
  if (!sorted) return datafile_fault(file, fault, "no memory for the texts of '%s'", name);
  int64_t there = 0;
  for (int64_t i = 0; i < n; i++) {
    class[i] = -1;
    if (row[i].length) sorted[there++] = &row[i];
  }
  qsort(sorted, (size_t)there, sizeof *sorted, compare_rows);
  struct entry *entry = array_add(file, &(struct found){.name = name, .type = STORED_TEXT, .rank = 1, .dim = &n,
                                                        .at = (const unsigned char *)class});
  entry->classes = number_rows(row, sorted, there, class);
  entry->class_name = name_classes(file->inside->arena, sorted, there, entry->classes);
  entry->missing = n - there;
  free(sorted);
  return true;
}
