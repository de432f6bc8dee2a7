/* The command line: what is asked for, and with which settings.  An option that means nothing to the action is an
 * error, as is one that does not exist; nothing is read and then ignored.
 *
 * Ownership: texts are argv's or the arena's. */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/vec.h"

enum action {
#define ACTION(name, ...) ACTION_##name,
#define OPTION(...)
#include "train/options.def"
  ACTIONS
};

struct options {
  enum action action;
  const char *argument;    /* the action's, or NULL */
  const char *model;       /* path of the model file; NULL where there is none, or it is the run's */
  VEC(const char *) files; /* of --fmt */
  VEC(const char *) set;
  const char *data, *out, *variant, *stage, *to, *trace, *split;
  int64_t epochs, batch, log_every, memory; /* 0: not given */
  uint64_t seed;
  bool seed_given, resume, quiet, json;
  int threads; /* 0: not given */
};

/* FAULT_USAGE with the remedy. */
bool options_parse(struct options *options, struct arena *arena, int argc, char **argv, struct fault *fault);

/* Whether the action is on a run that is there: `out`, with the model of the run where `model` is NULL. */
bool options_read_run(const struct options *options);

/* What --help prints. */
const char *options_help(struct arena *arena);

#endif
