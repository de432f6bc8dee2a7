/* How a long measurement reports how far it is and learns that it should stop.
 *
 * Ownership: the context is the caller's. */
#ifndef EVAL_WATCH_H
#define EVAL_WATCH_H
#include <stdbool.h>

#include "base/error.h"

struct watch {
  bool (*keep_going)(void *context, double fraction); /* fraction in [0, 1]; false stops.  NULL: never stop */
  void *context;
};

/* True to go on.  False when stopped: the error is ERROR_INTERRUPT unless the callback's side has set one first. */
static inline bool watch_ask(struct watch watch, double fraction, struct error *error) {
  if (!watch.keep_going || watch.keep_going(watch.context, fraction)) return true;
  return error_set(error, ERROR_INTERRUPT, "stopped while measuring");
}

#endif
