/* First values, and values over the training split that a program stores: `E on train`.  Ownership: they go into the
 * model's variables. */
#ifndef TRAIN_FIT_H
#define TRAIN_FIT_H
#include "eval/watch.h"
#include "train/model.h"

/* Gives the variables of a stage their first values. */
bool set_up(struct model *model, const struct stage *stage, struct watch watch, struct fault *fault);

/* Computes the values over the training split that measuring needs. */
bool fit_for_measuring(struct model *model, struct watch watch, struct fault *fault);

/* Computes those that are marked, by number in the program. */
bool fit_only(struct model *model, const bool *wanted, struct watch watch, struct fault *fault);

#endif
