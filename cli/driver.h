/* What the files of the command line share: the state of one call of the program, and the phases that several actions
 * begin with.  Every function that can fail returns false with an error.
 *
 * Ownership: everything lives in the arena, but for `before`, which main frees. */
#ifndef CLI_DRIVER_H
#define CLI_DRIVER_H
#include "cli/options.h"
#include "data/catalogue.h"
#include "data/roots.h"
#include "dsl/lower/compile.h"
#include "session/experiment.h"
#include "session/manifest.h"
#include "session/run.h"

struct driver {
  struct arena *arena;
  struct options options;
  const char *data_folder; /* where the model's data set was found, or NULL */
  struct data_roots roots;
  VEC(struct described_file) described; /* that models have asked for */
  struct manifest *before;              /* the run that is read or gone on with, or NULL */
  struct compiled *compiled, *was;      /* what is to be done; what was run before */
  const char *const *command;
  size_t words;                        /* of the command */
  bool rows;                           /* the action reads rows of the data set, which so has to be there */
  const struct experiment *experiment; /* the run is one of these, and this is its fold (0: none); NULL: of none */
  int fold;
};

/* ---- actions: one for each row of options.def ---- */

typedef bool action_function(struct driver *driver, struct error *error);
#define ACTION(name, ...) action_function act_##name;
#define OPTION(...)
#include "cli/options.def"

/* ---- phases ---- */

/* Prints what is wrong with a model file; false where that is more than warnings, with an error that has no text. */
bool report_problems(const struct driver *driver, const struct diags *diags, struct error *error);

/* How the model that the options name is compiled, and doing so. */
struct compile_settings compile_settings(struct driver *driver);
struct compiled *compile(struct driver *driver, const char *path, const struct compile_settings *settings,
                         struct error *error);

/* The model file into driver->compiled.  rows: the action reads the rows of its data set, which so has to be there. */
bool open_model(struct driver *driver, bool rows, struct error *error);

/* The run in --out into driver->before and ->was, and what is to be done with it into ->compiled: the run's own
 * program, or the model's that is given, which has to be the same as far as the action reads it.  Finds the run's
 * data. */
bool open_run(struct driver *driver, enum run_action action, struct error *error);

/* What the action on a run is told. */
struct run_settings run_settings(struct driver *driver);

/* Training of several runs: whether they are asked for, and doing it. */
bool experiment_wanted(const struct options *options);
bool train_experiment(struct driver *driver, struct error *error);

/* ERROR_MODEL that names what is close and what there is; returns NULL. */
const struct data_set *unknown_set(const char *name, struct error *error);

#endif
