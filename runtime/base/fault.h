/* What went wrong below the driver: a kind, which decides the exit status, and a message in the house style (lower
 * case, no full stop, names in 'quotes', the remedy in the hint).  Functions that can fail return false and fill the
 * fault they were given; the first fault stands.  Ownership: the struct holds its own text. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H
#include <stdbool.h>

enum fault_kind { /* the values are the process's exit statuses */
  FAULT_NONE = 0,
  FAULT_MODEL = 1,     /* the model file has errors */
  FAULT_USAGE = 2,     /* the command line is wrong */
  FAULT_DATA = 3,      /* data, files, memory */
  FAULT_NUMBER = 4,    /* a value became infinite or not a number */
  FAULT_HANGUP = 129,
  FAULT_INTERRUPT = 130,
  FAULT_TERMINATE = 143,
};

struct fault {
  enum fault_kind kind;
  char text[1024];
  char hint[1024]; /* may be empty; may hold several lines */
};

/* Always returns false, so that `return fault_set(...)` reads well. */
bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool fault_hint(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
