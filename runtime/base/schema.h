/* What is known of a data set without opening a file: its columns, their types and shapes, how many rows each split
 * has, and which file holds what.  The language checks shapes against this; the readers hold the files to it.
 *
 * Ownership: everything is static text and constants; a struct data_set lives as long as whoever declared it. */
#ifndef BASE_SCHEMA_H
#define BASE_SCHEMA_H
#include "base/array.h"

enum data_split { SPLIT_TRAIN, SPLIT_TEST, DATA_SPLITS };

struct data_file {
  const char *name;   /* without ".gz" */
  const char *sha256; /* of the uncompressed bytes, 64 hexadecimal digits */
};

struct data_column {
  const char *name;
  enum dtype type;
  struct shape shape; /* of one row */
  int classes;        /* a label in 0 .. classes - 1; 0: not a label */
  struct data_file file[DATA_SPLITS];
};

struct data_set {
  const char *name;   /* as a model file writes it: "fashion_mnist" */
  const char *folder; /* as it is called on disk: "fashion-mnist" */
  const char *other_folder; /* as other programs call it: "FashionMNIST/raw"; may be NULL */
  const char *about;  /* one line */
  int n_columns;
  const struct data_column *column;
  int64_t rows[DATA_SPLITS]; /* of the original; the files at hand may hold fewer, never more */
  const char *mirrors;       /* base addresses, separated by spaces */
};

/* "train" or "test". */
static inline const char *split_name(enum data_split split) { return split == SPLIT_TRAIN ? "train" : "test"; }

#endif
