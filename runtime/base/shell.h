/* Words of a command line that is printed for a reader to run.
 *
 * Ownership: results are the arena's, or the word itself. */
#ifndef BASE_SHELL_H
#define BASE_SHELL_H
#include "base/arena.h"

/* The word so that a shell takes it for one word: as it is where it holds nothing that means something to a shell, else
 * in double quotes (a command stands in single ones in messages). */
const char *shell_word(struct arena *arena, const char *word);

#endif
