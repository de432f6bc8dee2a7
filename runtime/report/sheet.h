/* A table of strings, for people and for files: aligned at a terminal, as CSV, for LaTeX (booktabs), on a page.
 *
 * Ownership: the sheet and all texts live in its arena. */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H
#include <stdbool.h>
#include <stdio.h>

#include "base/string_builder.h"
#include "base/vec.h"

struct sheet {
  struct arena *arena;
  size_t columns;
  VEC(const char *) cell; /* row by row, the heads of the columns first */
  VEC(bool) right;        /* of each column: numbers, which stand on the right */
};

/* Begins a column; all columns are begun before the first cell. */
void sheet_head(struct sheet *sheet, bool right, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The next cell of the row. */
void sheet_put(struct sheet *sheet, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* On a terminal the last column goes on below itself.  False when writing failed. */
bool sheet_print(FILE *to, const struct sheet *sheet);
const char *sheet_csv(const struct sheet *sheet);
const char *sheet_tex(const struct sheet *sheet); /* a tabular */
void sheet_html(struct string_builder *html, const struct sheet *sheet);

/* A text as LaTeX prints it. */
void string_put_tex(struct string_builder *out, const char *text);

#endif
