/* What is known of a data set without opening a file: its columns, their types and shapes, how many rows each split
 * has, and which file holds what.  The language checks shapes against this; the readers hold the files to it.
 *
 * Ownership: everything is static text and constants; a struct data_set lives as long as whoever declared it. */
#ifndef BASE_SCHEMA_H
#define BASE_SCHEMA_H
#include <string.h>

#include "base/array.h"

enum data_split { SPLIT_TRAIN, SPLIT_TEST, SPLIT_VALIDATION, DATA_SPLITS };

struct data_set;

struct data_file {
  const char *name;   /* without ".gz" */
  const char *sha256; /* of the uncompressed bytes, 64 hexadecimal digits */
};

struct data_column {
  const char *name;
  enum dtype type;
  struct shape shape;            /* of one row */
  int classes;                   /* a label in 0 .. classes - 1; 0: not a label */
  const char *const *class_name; /* of each class; NULL where they are numbers */
  /* some rows may lack it: the column that follows is 1 in the rows that have it, and 0 in others */
  bool partial;
  struct data_file file[DATA_SPLITS]; /* of a known set; without a name where it has no such split */
};

/* ---- tables that a model file makes of files and of other tables ---- */

enum derivation_kind {
  DERIVE_COLUMNS, /* columns of files and tables side by side; files have no splits: all their rows are to train on */
  DERIVE_SPLITS,  /* a table for each split */
  DERIVE_SPLIT,   /* the rows to train on, divided into splits */
  DERIVE_TAKE,    /* count[split] rows of each split from `first` on; negative: all */
  DERIVE_SHUFFLE, /* the rows of each split in another order */
  DERIVE_CONCAT,  /* the rows of the first, then of the second */
  DERIVE_JOIN,    /* rows of two tables that have one key; outer: also rows whose key the other lacks */
  DERIVE_PAIR,    /* each row of the first with a row of the second that has the same key, drawn with the seed */
  DERIVE_WHERE,   /* rows for which a condition on the columns holds */
  DERIVE_NUMBER,  /* a last column with the number of the row in its split */
  DERIVE_ROWS,    /* count[split] rows that have nothing but their number in the split */
  DERIVE_PRESENT, /* rows whose key column holds NaN lack that column */
};

/* How a file is to be read, where it does not say so itself. */
struct file_options {
  bool by_columns;        /* the last axis of an array counts the rows, not the first */
  bool header, no_header; /* of text: whether its first line names the columns; neither: as it looks */
  char delimiter;         /* of text; 0: the one that is found */
};

static inline bool same_options(struct file_options a, struct file_options b) {
  return a.by_columns == b.by_columns && a.header == b.header && a.no_header == b.no_header &&
         a.delimiter == b.delimiter;
}

/* Where a column of a table comes from: an entry of a file, or columns of the tables that it is made of. */
struct column_source {
  const char *name;         /* of a file, as the model writes it; NULL: of the tables */
  const char *path, *entry; /* where the file was found, and what of it */
  struct file_options options;
  int beside;               /* how many more entries stand beside it in the row, each one number */
  const char *const *other; /* and their names */
  bool nan_absent;          /* rows that hold NaN lack it */
  int64_t first_class;      /* the number in the file that is class 0 */
  int of[DATA_SPLITS];      /* the column of derivation.of[k]; -1 where that table lacks it */
};

/* What is asked of a row: numbers compared, and conditions put together.  A number that is NaN makes all NaN that is
 * made of it, which is not true. */
struct condition {
  enum condition_kind {
    CONDITION_COLUMN, /* the column's number; of a string its class */
    CONDITION_NUMBER,
    CONDITION_AMONG, /* whether the column's number is one of the values */
    CONDITION_EQUAL, /* of two kids, as those that follow */
    CONDITION_LESS,
    CONDITION_LESS_EQUAL,
    CONDITION_AND,
    CONDITION_OR,
    CONDITION_NOT, /* of one */
  } kind;
  int column;
  double number;
  int values;
  const double *value;
  const struct condition *kid[2];
};

struct derivation {
  enum derivation_kind kind;
  const char *location; /* "pairs.crl:3:12" */
  int tables;
  const struct data_set *const *of;
  const struct column_source *source; /* of each column */
  int key[2], group;                  /* columns of of[0] and of[1]; -1: none */
  double part[DATA_SPLITS];           /* DERIVE_SPLIT: shares up to 1, else counts; negative: what is left */
  bool counts, in_order, outer;
  int folds,
      fold; /* DERIVE_SPLIT: the rows to train on and to validate on in so many parts, of which number `fold`, from
                      1, is to validate on; 0 folds: as the parts say */
  uint64_t seed;
  int64_t first, count[DATA_SPLITS];
  const struct condition *condition; /* DERIVE_WHERE: on columns of of[0] */
};

/* Bit k: the condition reads column k. */
static inline uint64_t condition_reads(const struct condition *condition) {
  uint64_t reads = 0;
  if (!condition) return 0;
  if (condition->kind == CONDITION_COLUMN || condition->kind == CONDITION_AMONG)
    reads = (uint64_t)1 << condition->column;
  return reads | condition_reads(condition->kid[0]) | condition_reads(condition->kid[1]);
}

/* What a file holds, as its headers say. */
struct file_columns {
  const char *path; /* where it was found */
  int n;
  const struct file_column {
    struct data_column column; /* as the type that a table reads it */
    const char *refused;       /* why it cannot be read, or NULL */
    int64_t rows;
  } * at;
};

struct data_set {
  const char *name;         /* as a model file writes it: "fashion_mnist" */
  const char *folder;       /* as it is called on disk: "fashion-mnist" */
  const char *other_folder; /* as other programs call it: "FashionMNIST/raw"; may be NULL */
  const char *about;        /* one line */
  int n_columns;
  const struct data_column *column;
  int64_t rows[DATA_SPLITS]; /* of a known set, the original's: the files found may hold fewer, never more; of a table
                                that is made, -1 where only its values tell */
  const char *mirrors;       /* base addresses, separated by spaces */
  const struct derivation *made; /* of a table that a model file makes; NULL: a known set */
};

static inline const char *split_name(enum data_split split) {
  static const char *const name[] = {"train", "test", "validation"};
  return name[split];
}

/* What its rows are for: "train on". */
static inline const char *split_purpose(enum data_split split) {
  static const char *const purpose[] = {"train on", "test on", "validate on"};
  return purpose[split];
}

/* DATA_SPLITS where no split has this name. */
static inline enum data_split split_named(const char *name) {
  int split = 0;
  while (split < DATA_SPLITS && strcmp(name, split_name((enum data_split)split)) != 0) split++;
  return (enum data_split)split;
}

#endif
