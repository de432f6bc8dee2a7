/* Initial values, and values over the training split that a program stores: `E on train`.  Ownership: they go into the
 * model's variables. */
#ifndef TRAIN_FIT_H
#define TRAIN_FIT_H
#include "eval/watch.h"
#include "report/progress.h"
#include "train/model.h"

/* Gives the variables of a stage their initial values, which must be finite. */
bool set_up(struct model *model, const struct stage *stage, struct watch watch, struct error *error);

/* Computes the values over the training split that are marked, by number in the program: those that a measurement
 * reads. One that is not finite is told of (progress: NULL, it is not), and makes what is made of it so. */
bool fit_only(struct model *model, const bool *wanted, struct progress *progress, struct watch watch,
              struct error *error);

#endif
