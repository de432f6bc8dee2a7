/* How wide a terminal is, and text that fits it.
 *
 * Ownership: nothing is kept. */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H
#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal that this writes to: $COLUMNS, else what the terminal says, else 80; 0 for anything else. */
int terminal_width(FILE *to);

/* Writes the text; lines longer than width characters are broken at spaces, and go on indented.  An indent that leaves
 * little width is made small.  width 0: as it is.  False when writing failed. */
bool print_wrapped(FILE *to, const char *text, int width, int indent);

#endif
