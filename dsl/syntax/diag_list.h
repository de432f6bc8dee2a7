/* What a report is made of, shared by the two files that write one: diag.c collects and diag_text.c draws.
 *
 * Ownership: everything belongs to the arena of the diags. */
#ifndef DSL_DIAG_LIST_H
#define DSL_DIAG_LIST_H
#include "base/vec.h"
#include "dsl/syntax/diag.h"

struct label {
  struct span span;
  const char *message; /* may be empty: the location is underlined, nothing is said */
};

struct problem {
  bool warning, inside; /* inside: of a call of the library, at which it is shown */
  enum diag_code code;
  struct span span;
  const char *message;
  VEC(struct label) labels;
  VEC(const char *) hints;
};

struct call {
  struct span span;
  const char *name;
};

struct diags {
  struct arena *arena;
  struct sources *sources;
  VEC(struct problem) problems;
  VEC(struct call) calls;
  size_t errors, warnings; /* all of them, shown or not */
  size_t met;              /* calls of diag_error */
  const char *context;     /* a hint that every problem gets, or NULL */
  bool dropping;           /* the problem started last was dropped: so are its labels and hints */
};

const char *diag_code_name(enum diag_code code);
size_t diag_shown(const struct diags *diags); /* how many of the problems a report shows */

#endif
