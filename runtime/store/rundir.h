/* The run directory, held by one process at a time.  <path>/lock names the holder ("pid 12 on host since ...");
 * the system's own lock on that file says whether the holder lives, so what a killed process left is taken over,
 * while a lock that another machine wrote is respected.
 *
 * Ownership: rundir_open's caller calls rundir_close, which removes the lock; the directory stays.  The lock
 * belongs to the process: nobody else in it may open and close <path>/lock. */
#ifndef STORE_RUNDIR_H
#define STORE_RUNDIR_H
#include "base/arena.h"
#include "base/error.h"

struct rundir {
  char *path;
  int lock;
};

/* "runs/<model>-<variant>-<time>" (variant may be NULL).  model: the path of the model file; its folder and ".crl" are
 * left out. */
const char *rundir_default(struct arena *arena, const char *model, const char *variant);

/* Makes a new directory of that name, with a number appended when it is taken: of several processes that start in the
 * same second, each gets its own.  NULL with an error. */
const char *rundir_make(struct arena *arena, const char *model, const char *variant, struct error *error);

/* Whether a directory that is not a run yet has no file of a name that a run writes; the error names the file. */
bool rundir_is_free(const char *path, struct error *error);

/* Makes the directory (and those above it) where it is not there, checks that it can be written, locks it, and
 * removes unfinished files of a run's own that a killed holder left.  NULL with an error. */
struct rundir *rundir_open(const char *path, struct error *error);
void rundir_close(struct rundir *rundir);

#endif
