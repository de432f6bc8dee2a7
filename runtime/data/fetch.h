/* Downloads a data set's files into <root>/<folder>/, compressed as the mirrors have them.  Mirrors are tried in
 * turn; a file is kept only when its uncompressed bytes have the digest that the catalogue pins, so a mirror is
 * trusted with nothing.  A file appears under its name whole or not at all.
 *
 * Ownership: nothing outlives the call. */
#ifndef DATA_FETCH_H
#define DATA_FETCH_H
#include "base/error.h"
#include "base/schema.h"

struct fetch_progress {
  /* Called now and then; total is -1 while unknown.  false stops the download. */
  bool (*tell)(void *context, const char *file, int64_t bytes, int64_t total);
  void *context;
};

/* A file that is there already with the right digest is left alone; one with other contents is an error.
 * $CRL_MIRRORS (base addresses, separated by spaces) replaces the set's mirrors.  progress may be NULL. */
bool data_fetch(const struct data_set *set, const char *root, const struct fetch_progress *progress,
                struct error *error);

#endif
