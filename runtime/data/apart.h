/* Work on a file that a library does in a process of its own.  Some libraries (of HDF5 and of MATLAB's formats) are
 * known to crash, to loop or to ask for absurd memory on files that are damaged, and no check from outside can keep
 * them from it.  So such a library only ever sees a file in a child process: what ends the child is an error of the
 * file, and nothing of the library's is left behind.
 *
 * The child answers with bytes, which are not believed either, and fills blocks that it shares with its parent.
 *
 * Ownership: the answer is the arena's. */
#ifndef DATA_APART_H
#define DATA_APART_H
#include <stdio.h>

#include "data/reader.h"

/* In the child: writes the answer, or sets the error and returns false. */
typedef bool apart_work(struct datafile *file, void *context, FILE *answer, struct error *error);

struct answer {
  const unsigned char *at, *end;
};

/* Runs the work and waits for it.  NULL where no answer is expected. */
bool apart_run(struct datafile *file, apart_work *work, void *context, struct answer *answer, struct error *error);

/* A zeroed block that a child can write into, like datafile_block. */
void *apart_block(struct datafile *file, int64_t size, struct error *error);

/* What an answer consists of.  The takers return false where there is less of it than they need. */
void answer_number(FILE *answer, int64_t number);
void answer_string(FILE *answer, const char *string, size_t length);
bool take_number(struct answer *answer, int64_t *number);
bool take_string(struct answer *answer, struct string *string);

/* An array for array_add: its name, its type, its axes, and why it is refused.  The strings of what is taken are the
 * arena's, its dim is `dim`. */
void answer_found(FILE *answer, const struct found *found);
bool take_found(struct datafile *file, struct answer *answer, struct found *found, int64_t dim[FILE_AXES]);

/* Takes n strings and adds them as an entry; false with an error. */
bool take_strings(struct datafile *file, struct answer *answer, const char *name, int64_t n, struct error *error);

#endif
