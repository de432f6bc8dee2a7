/* Where data sets are looked for: in --data alone where it is given, else in $CRL_DATA, ./data, ~/.cache/crl and
 * /usr/share/datasets, in this order.  In each, <folder>/<file>, the folder also by its name in other programs, the
 * file also by its other common names.
 *
 * Ownership: strings belong to the arena that was passed in. */
#ifndef DATA_ROOTS_H
#define DATA_ROOTS_H
#include "base/arena.h"
#include "base/error.h"
#include "base/schema.h"

enum { ROOTS = 4 };

struct data_roots {
  const char *option, *environment; /* what --data and $CRL_DATA say, or NULL: these must be there */
  int n;
  const char *at[ROOTS];
};

/* option: what --data says, or NULL. */
struct data_roots data_roots(struct arena *arena, const char *option);

/* Whether the place that the user has named is a directory. */
bool data_named_is_there(const struct data_roots *roots, struct error *error);

/* Where --fetch puts a set: --data, else $CRL_DATA, else ~/.cache/crl.  NULL with an error without a home. */
const char *data_fetch_root(struct arena *arena, const char *option, struct error *error);

/* The path of the file, or NULL: "train-images-idx3-ubyte", or as some tools and archives have it,
 * "train-images.idx3-ubyte" or in a folder of its own name; plain or .gz. */
const char *data_file_path(struct arena *arena, const char *folder, const struct data_file *file);

/* The path of a file or folder that a model names: in --data alone where it is given, else beside the model, then in
 * the roots.  NULL with an error that lists where it looked. */
const char *data_own_file(struct arena *arena, const struct data_roots *roots, const char *beside, const char *name,
                          struct error *error);

struct data_location {
  size_t which;       /* index into the sets that were asked for */
  const char *folder; /* "<root>/<folder>", or <other_folder>, with all the set's files in it */
};

/* The first of several sets that is present: the first set in any root before the second in any root.  A folder
 * that lacks some of its files is passed over, but when its set is complete nowhere that is an error, not a reason
 * to take another set.  The error lists where it looked, what is in the folder that was named, and what to do. */
bool data_find(const struct data_set *const *sets, size_t n, const struct data_roots *roots, struct arena *arena,
               struct data_location *location, struct error *error);

#endif
