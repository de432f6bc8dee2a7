/* Where data sets are looked for: --data, $CRL_DATA, ./data, ~/.cache/crl, /usr/share/datasets, in this order; in
 * each, <folder>/<file> or <folder>/<file>.gz.
 *
 * Ownership: texts belong to the arena that was passed in. */
#ifndef DATA_ROOTS_H
#define DATA_ROOTS_H
#include "base/arena.h"
#include "base/fault.h"
#include "base/schema.h"

enum { ROOTS = 5 };

struct data_roots {
  int n;
  const char *at[ROOTS];
};

/* option: what --data says, or NULL. */
struct data_roots data_roots(struct arena *arena, const char *option);

/* Where --fetch puts a set: --data, else $CRL_DATA, else ~/.cache/crl.  NULL with a fault without a home. */
const char *data_fetch_root(struct arena *arena, const char *option, struct fault *fault);

/* Writes the path of the file, plain before .gz, or NULL when neither is there. */
const char *data_file_path(struct arena *arena, const char *folder, const struct data_file *file);

struct data_place {
  size_t which;       /* index into the sets that were asked for */
  const char *folder; /* "<root>/<folder>" with all the set's files in it */
};

/* The first of several sets that is present: the first set in any root before the second in any root.  A folder
 * that lacks some of its files is passed over, but when its set is complete nowhere that is a fault, not a reason
 * to take another set.  The fault lists where it looked and says what to do. */
bool data_find(const struct data_set *const *sets, size_t n, const struct data_roots *roots, struct arena *arena,
               struct data_place *place, struct fault *fault);

#endif
