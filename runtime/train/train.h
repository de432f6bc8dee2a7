/* Training: the stages of a program in the order in which they are written, each over its epochs.
 *
 * At the end of every epoch, after so many seconds within one, and when a signal asks to stop, a checkpoint is
 * written; training that goes on from it gives the same bits as training that was never stopped.
 *
 * Ownership: nothing is kept. */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H
#include "eval/watch.h"
#include "train/training_log.h"

/* Whether every stage's batches come out of the data; train_program asks too. */
bool train_fits(const struct model *model, struct error *error);

struct training {
  const char *directory; /* of the run */
  const char *only;      /* the stage that is trained; NULL: all */
  struct training_log *training_log;
  struct progress *progress;
  double checkpoint_seconds; /* at most, between two checkpoints; INFINITY: only at the end of epochs */
};

/* Carries out all stages that are not of the evaluation, or only one, from the training state on, which is moved along.
 * ERROR_INTERRUPT, ERROR_TERMINATE or ERROR_HANGUP when a signal has stopped it, after a checkpoint. */
bool train_program(struct model *model, const struct training *training, struct training_state *at,
                   struct error *error);

/* One stage of the evaluation (a probe), from its initial values to its last step; keeps no log and no checkpoint. */
bool train_probe(struct model *model, size_t stage, struct watch watch, struct error *error);

#endif
