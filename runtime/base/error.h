/* What went wrong below the driver: a kind, which decides the exit status, and a message in the house style (lower
 * case, no full stop, names in 'quotes', the remedy in the hint).  Functions that can fail return false and fill the
 * error they were given; the first error stands.  Ownership: the struct holds its own text. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H
#include <stdbool.h>

enum error_kind { /* the values are the process's exit statuses */
                  ERROR_NONE = 0,
                  ERROR_MODEL = 1,  /* the model file has errors */
                  ERROR_USAGE = 2,  /* the command line is wrong */
                  ERROR_DATA = 3,   /* data, files, memory */
                  ERROR_NUMBER = 4, /* a value became infinite or NaN */
                  ERROR_HANGUP = 129,
                  ERROR_INTERRUPT = 130,
                  ERROR_TERMINATE = 143,
};

struct error {
  enum error_kind kind;
  char message[1024];
  char hint[1024]; /* may be empty; may hold several lines */
};

/* Always returns false, so that `return fault_set(...)` reads well. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
