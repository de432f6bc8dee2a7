/* What a reader is, and what readers share (entries.c).  A reader lists a file's arrays with array_add, each with the
 * axes that the file has and where its elements are; datafile.c does everything else: which axis counts the rows, the
 * order of bytes, conversion, errors.  A new format is a new file and a row of readers[].
 *
 * Ownership: all of it belongs to the struct datafile; blocks are kept with datafile_keep and freed with it. */
#ifndef DATA_READER_H
#define DATA_READER_H
#include "data/contents.h"
#include "data/datafile.h"

enum { FILE_AXES = MAX_RANK + 1 };

/* Where the elements of an entry are. */
struct values {
  const unsigned char *at; /* the element of which all indices are 0; NULL until the reader's load has put it there */
  bool swapped;            /* in the other byte order than this machine's */
  int rank;
  int64_t dim[FILE_AXES];    /* as the file has them */
  int64_t stride[FILE_AXES]; /* in bytes */
  int rows_axis;             /* the one that counts the rows, once that is settled */
  int64_t first;             /* the row that `at` is of */
};

/* An array in a file, as its reader found it. */
struct found {
  const char *name, *refused;
  enum stored type;
  int rank;
  const int64_t *dim;
  bool columns_first;      /* Fortran's order: the first index varies fastest */
  const unsigned char *at; /* may be NULL where the reader has load */
  bool swapped;
};

struct datafile_inside {
  const struct reader *reader;
  struct arena *arena;
  struct datafile_options options;
  struct contents contents;
  struct values *values; /* of each entry */
  size_t capacity;       /* entries for which there is memory */
  void *state;           /* the reader's own */
  int64_t decoded;       /* bytes that were decompressed or decoded, against the limit */
  struct kept *kept;     /* blocks to free */
};

struct reader {
  const char *format;            /* "NumPy array" */
  const char *suffixes;          /* ".npy .x": separated by spaces */
  const char *library, *package; /* that configure looks for; NULL where none is needed */
  bool guesses;                  /* takes any text, if not for a name that is another format's */
  bool agrees;                   /* the axis of the rows is the one that agrees with the length of a vector */
  /* Whether this is such a file, by its first bytes, or its name where they say nothing. */
  bool (*knows)(const struct contents *contents);
  /* Adds the entries, false with an error.  NULL: built without the library. */
  bool (*open)(struct datafile *file, struct error *error);
  /* Puts the elements of at least these rows of entry i in place; NULL where open has. */
  bool (*load)(struct datafile *file, size_t i, int64_t first, int64_t n, struct error *error);
  void (*close)(struct datafile *file); /* may be NULL */
  /* Of what has no bytes of its own; NULL: the digest is of the file's bytes. */
  bool (*digest)(const struct datafile *file, struct sha256 *sha, struct error *error);
};

extern const struct reader archive_reader, csv_reader, folder_reader, hdf5_reader, idx_reader, libsvm_reader,
    mat_reader, npy_reader, npz_reader;

/* Adds an entry, whose name is copied, and returns it until the next one is added.  What cannot be an array here (too
 * many axes, an empty one) is added as refused. */
struct entry *array_add(struct datafile *file, const struct found *found);

/* Sets the strides of elements that lie one after the other, of these axes. */
void values_lay_out(struct values *values, const int64_t *dim, size_t size, bool columns_first);

/* Adds an entry of strings, one a row: its classes are the strings that there are, an empty string is a missing value.
 *  False with an error for want of memory. */
struct string {
  const char *at;
  size_t length;
};
/* Entries of one list of classes: `row` has the strings of all parts one after the other. */
struct string_part {
  const char *name;
  int64_t n;
};
bool strings_add_parts(struct datafile *file, const struct string_part *part, size_t parts, const struct string *row,
                       struct error *error);
bool strings_add(struct datafile *file, const char *name, const struct string *row, int64_t n, struct error *error);

/* The bytes of an array: rank axes of a type of `size` bytes; negative where they do not fit in 63 bits. */
int64_t array_bytes(int rank, const int64_t *dim, size_t size);
size_t stored_size(enum stored type); /* of a string, the size of a class number */

/* The file's name without folders and suffix: what the only array of a file is called. */
const char *file_stem(struct datafile *file);

/* Counts bytes against the limit of what may be decoded; false with an error beyond it. */
bool datafile_charge(struct datafile *file, int64_t size, struct error *error);
/* A block of this size that lives as long as the file and counts against the limit, or NULL with an error. */
void *datafile_block(struct datafile *file, int64_t size, struct error *error);
/* Gives a block from malloc, or from mmap, to the file, which frees it. */
void datafile_keep(struct datafile *file, void *block);
void datafile_keep_mapped(struct datafile *file, void *block, size_t size);

void datafile_release(struct datafile *file); /* all of these blocks */

/* What is wrong with a file that has so many bytes where its header promises others; the arena's. */
const char *length_problem(struct arena *arena, int64_t has, int64_t promised);

/* "'PATH' cannot be read as FORMAT: ..." */
bool datafile_error(const struct datafile *file, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
