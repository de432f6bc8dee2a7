/* The table of the command line for readers: help, manual page, the shells' completions.
 *
 * Ownership: results are the arena's. */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H
#include "cli/options.h"

/* What --help prints, and by how many columns its longer lines go on indented. */
enum { HELP_INDENT = 33 };
const char *describe_help(struct arena *arena);

/* The manual page, for man. */
const char *describe_manual(struct arena *arena, const char *version);

/* What a shell completes the command line by.  shell: one that the action 'completion' names. */
const char *describe_completion(struct arena *arena, const char *shell);

#endif
