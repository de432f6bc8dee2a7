/* The table of the command line for readers: help, manual page, completions.
 *
 * Ownership: results are the arena's. */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H
#include "cli/options.h"

/* What --help prints, and by how many columns its longer lines go on indented. */
enum { HELP_INDENT = 31 };
const char *describe_help(struct arena *arena);

#endif
