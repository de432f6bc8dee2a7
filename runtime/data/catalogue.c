#include "data/catalogue.h"

#include <string.h>

#define SHAPE(axes, ...)                 \
  {                                      \
    .rank = axes, .dim = { __VA_ARGS__ } \
  }
#define FILE_OF(file, digest) \
  { .name = file, .sha256 = digest }
#define COLUMN(column, dtype, row, n_classes, train, test)                                     \
  {                                                                                            \
    .name = column, .type = dtype, .shape = row, .classes = n_classes, .file = { train, test } \
  }
#define DATA_SET(set, directory, elsewhere, line, bases, train, test, ...)                      \
  {.name = set,                                                                                 \
   .folder = directory,                                                                         \
   .other_folder = elsewhere,                                                                   \
   .about = line,                                                                               \
   .n_columns = sizeof((const struct data_column[]){__VA_ARGS__}) / sizeof(struct data_column), \
   .column = (const struct data_column[]){__VA_ARGS__},                                         \
   .rows = {train, test},                                                                       \
   .mirrors = bases},

static const struct data_set known[] = {
#include "data/catalogue.def"
};

const struct data_set *catalogue_all(size_t *n) {
  *n = sizeof known / sizeof *known;
  return known;
}

const struct data_set *catalogue_find(const char *name) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].name, name) == 0) return &known[i];
  return NULL;
}
