/* A researcher's own file of arrays: .npy, .mat, CSV, a folder of images...  Whatever the format, it is a list of
 * entries, each so many rows of one shape.  Opening finds the reader by the contents (then by the suffix) and reads
 * headers; rows are read as they are asked for.
 *
 * A reader says what axes an array has in the file; which of them counts the rows is settled in one place: the first,
 * or the one that the options name, or, in MATLAB files, the one that agrees with the length of a vector beside it (the
 * labels).  A vector is always as many rows of one number.
 *
 * A file is never believed: sizes are held against its length before anything is allocated, and what is decompressed
 * has a limit.  A plain file is mapped, so one that is made shorter meanwhile ends the process.
 *
 * Ownership: the struct, its entries and their strings live in the caller's arena; datafile_close releases the mapping
 * and decoded blocks. */
#ifndef DATA_DATAFILE_H
#define DATA_DATAFILE_H
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/schema.h"
#include "base/sha256.h"

/* Types of elements as files have them. */
enum stored {
  STORED_BOOL,
  STORED_U8,
  STORED_U16,
  STORED_U32,
  STORED_U64,
  STORED_I8,
  STORED_I16,
  STORED_I32,
  STORED_I64,
  STORED_F16,
  STORED_F32,
  STORED_F64,
  STORED_STRING,
  STORED_TYPES
};
const char *stored_name(enum stored type); /* "bool", "u16", ..., "text" */

struct entry {
  const char *name;    /* "x"; of HDF5 the path "views/x"; of a cell array "X{1}"; of CSV a column's name */
  const char *refused; /* why it cannot be read: "holds complex numbers"; NULL: it can */
  const char *note;    /* what a reader of it should know: "it has numbers too; 'n/a?' in line 4 is none"; or NULL */
  enum stored type;
  int64_t rows;
  struct shape shape;            /* of one row */
  int64_t classes;               /* how many strings a string entry has; it is read as their numbers, from 0 */
  const char *const *class_name; /* sorted by bytes; NULL for an entry of numbers */
  int64_t missing; /* rows without a value, which are read as NaN; -1: floating-point numbers, not looked at */
};

/* Which axis of an array with several counts the rows. */
enum rows_by { BY_DEFAULT, BY_ROWS, BY_COLUMNS }; /* the first axis; the last */
/* Guessed: there is one where the first line has no number in it, or counts from 0 as pandas does. */
enum csv_header { HEADER_GUESSED, HEADER_THERE, HEADER_ABSENT };

struct datafile_options {
  enum rows_by by;
  enum csv_header header;
  char delimiter; /* of CSV; ' ': any number of blanks; 0: what all of the first lines have as often */
  int64_t limit;  /* bytes that may be decompressed or decoded; 0: DATAFILE_LIMIT */
};
struct datafile_options datafile_options(struct file_options options); /* as a model says them */
#define DATAFILE_LIMIT ((int64_t)8 << 30)

struct datafile {
  const char *path;
  const char *format; /* "NumPy array", "MATLAB 5", ... */
  size_t n;
  struct entry *entry;
  struct datafile_inside *inside; /* the reader's */
};

/* options may be NULL.  NULL with an error where the file cannot be read, or no reader knows it. */
struct datafile *datafile_open(const char *path, const struct datafile_options *options, struct arena *arena,
                               struct error *error);
void datafile_close(struct datafile *file);

/* NULL with an error, which names those that there are, where the file has no such entry. */
const struct entry *datafile_entry(const struct datafile *file, const char *name, struct error *error);

/* n rows from the given one into out, row-major.  Integers are exact or an error names the first row that is not;
 * numbers become F32 and F64 by rounding, and a finite one that would become infinite is an error.  Strings become
 * class numbers.  A missing value is NaN, and an error where the type is an integer's. */
bool datafile_read(struct datafile *file, const struct entry *entry, int64_t first, int64_t n, enum dtype as, void *out,
                   struct error *error);

/* Gives back the memory that reading a plain file has taken; it can still be read. */
void datafile_forget(const struct datafile *file);

/* Of the file's bytes as they are on the disk; of a folder, of its files' names and bytes in the order of names. */
bool datafile_digest(const struct datafile *file, char hex[SHA256_HEX], struct error *error);

#endif
