/* SIGINT, SIGTERM and SIGHUP ask a run to stop: the step at hand is finished and a checkpoint written.  A second
 * signal ends the process at once.  SIGHUP stays ignored where it was (nohup).  A pipe that nobody reads ends no work:
 * writing to it fails, and what is written there decides what that means.
 *
 * Ownership: nothing is kept but the number of the signal. */
#ifndef TRAIN_SIGNALS_H
#define TRAIN_SIGNALS_H
#include "base/fault.h"

/* From here on; a signal that came before is forgotten. */
void signals_watch(void);

/* True once a signal has come; the fault (may be NULL) becomes FAULT_INTERRUPT, FAULT_TERMINATE or FAULT_HANGUP. */
bool signals_stop(struct fault *fault);

#endif
