/* NumPy's format for one array (NEP 1; versions 1.0, 2.0 and 3.0), as a file or a member of an archive.
 * Ownership: nothing is kept; what is found points into the bytes. */
#ifndef DATA_NPY_H
#define DATA_NPY_H
#include "data/reader.h"

struct npy {
  struct found found;
  int64_t dim[FILE_AXES]; /* found.dim points here once npy_add has added it */
  int64_t begin;          /* of the elements */
  int64_t size;           /* of the elements, in bytes; -1 where it is not known (objects) */
  char string_kind;       /* 'S' or 'U' for an array of strings, whose elements take `width` bytes */
  int64_t width;
};

enum { NPY_HEADER = 1 << 16 }; /* longer headers are of arrays with very many fields, which are not read */

bool npy_knows(const unsigned char *bytes, int64_t size);

/* Reads the header of an array of `size` bytes, of which the first `there` are available (all of them, or NPY_HEADER).
 * False with what is wrong. */
bool npy_header(struct npy *npy, const unsigned char *bytes, int64_t there, int64_t size, struct arena *arena,
                const char **problem);

/* Adds the array, whose whole bytes these are; of numbers, they may be NULL and be put in place later. */
bool npy_add(struct datafile *file, const char *name, struct npy *npy, const unsigned char *bytes, struct error *error);

#endif
