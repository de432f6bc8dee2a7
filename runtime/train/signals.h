/* SIGINT, SIGTERM and SIGHUP ask a run to stop: the current step is finished and a checkpoint written.  A second
 * signal ends the process at once.  SIGHUP stays ignored where it was (nohup).  A pipe that nobody reads ends no work:
 * writing to it fails, and what is written there decides what that means.
 *
 * Ownership: nothing is kept but the number of the signal. */
#ifndef TRAIN_SIGNALS_H
#define TRAIN_SIGNALS_H
#include "base/error.h"

/* From here on; a signal that came before is forgotten. */
void signals_watch(void);

/* True once a signal has come; the error (may be NULL) becomes ERROR_INTERRUPT, ERROR_TERMINATE or ERROR_HANGUP. */
bool signals_stop(struct error *error);

#endif
