/* Finished runs, read back from their directories to be compared.
 *
 * Ownership: the arena's that is given. */
#ifndef SESSION_COMPARED_H
#define SESSION_COMPARED_H
#include "base/error.h"
#include "report/comparison.h"

typedef VEC(struct compared) compared_list;

/* Adds the run in a directory, or of a directory of several runs each of its settings. */
bool compared_read(compared_list *list, struct arena *arena, const char *directory, struct error *error);

#endif
