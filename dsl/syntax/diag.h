/* Diagnostics: what a message looks like is known here alone.
 *
 * A problem is an error (or a warning) with a stable code, one main location, labels on further locations, and hints.
 * Texts: lower case, no full stop, names in 'quotes', the reason in the message and the remedy in the hint.
 * Every code is an entry of messages.def, with the text that --explain prints.
 *
 * Where the main location lies in a library file, the innermost location in the user's own file (see diag_enter) comes
 * first and the library's location becomes a note.
 *
 * Ownership: everything belongs to the arena given to diags_new. */
#ifndef DSL_DIAG_H
#define DSL_DIAG_H
#include <stdbool.h>
#include <stddef.h>

#include "base/names.h"
#include "dsl/syntax/source.h"

enum diag_code {
#define MESSAGE(code, title, explanation) DIAG_##code,
#include "dsl/syntax/messages.def"
#undef MESSAGE
  DIAG_CODES
};

enum {
  DIAG_CAP = 20,   /* errors shown in one run, the first by location; further ones are counted */
  DIAG_KEPT = 1000 /* errors told from one another; beyond, each report counts */
};

struct diags;

struct diags *diags_new(struct arena *arena, struct sources *sources);

/* Each starts a new problem.  A problem with the same code, location and message as an earlier one is dropped, with its
 * labels and hints. */
void diag_error(struct diags *diags, enum diag_code code, struct span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_warning(struct diags *diags, enum diag_code code, struct span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Add to the problem started last.  A label points at a further location ("300 was made here: ..."). */
void diag_label(struct diags *diags, struct span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_hint(struct diags *diags, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Problems that are started from here on get this hint, too; NULL ends it. */
void diag_context(struct diags *diags, const char *hint);

/* The calls being evaluated: a problem inside a library file is shown at the innermost user location, as one in what is
 * called there by `name`. */
void diag_enter(struct diags *diags, struct span call, const char *name);
void diag_leave(struct diags *diags);

/* What is called there, or NULL. */
const char *diag_called(const struct diags *diags);

/* Where a problem at span would be shown: the innermost call in a file of the user, or span itself. */
struct span diag_location(const struct diags *diags, struct span span);

size_t diag_errors(const struct diags *diags);
/* How often diag_error was called, also for what was reported before: it grows where a mistake is met again. */
size_t diag_met(const struct diags *diags);

/* Whether a problem has been reported on the line where span begins. */
bool diag_on_line(const struct diags *diags, struct span span);
/* Puts the problems of one source into the order of their locations; others keep theirs. */
void diag_sort(struct diags *diags, uint32_t source);

/* The whole report in the order of reporting, with source lines and carets, in the arena of diags.  Ends with
 * "N errors" where there is more than one, and says how many were not shown. */
const char *diag_text(const struct diags *diags);
/* One JSON object a line: file, line, column, end_line, end_column, severity, code, message, labels, hints. */
const char *diag_json(const struct diags *diags);

/* --explain: the entry of "E0231", or NULL. */
const char *diag_explain(const char *code);

#endif
