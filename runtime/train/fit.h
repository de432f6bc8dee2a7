/* Values over the training split that a program stores: `E on train`.  Ownership: they go into the model's variables. */
#ifndef TRAIN_FIT_H
#define TRAIN_FIT_H
#include "eval/watch.h"
#include "train/model.h"

/* Computes those that stage `stage` needs, or with -1 those that measuring needs. */
bool fit_before(struct model *model, int stage, struct watch watch, struct fault *fault);

/* Computes those that are marked, by number in the program. */
bool fit_only(struct model *model, const bool *wanted, struct watch watch, struct fault *fault);

#endif
