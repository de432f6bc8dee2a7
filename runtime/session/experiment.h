/* An experiment: several runs of one model that differ in seeds, folds or options, each an ordinary run in a directory of its
 * own, trained one after the other; and what they come to.
 *
 *   experiment.json  model.crl  used/<name>  metrics.json  metrics.csv  report.html  seed-1/  seed-2/  width=20/seed-1/ ...
 *
 * experiment.json holds the texts, which runs there are, and which of them are done; so the experiment goes on from it alone, and
 * what it comes to is made of the runs' own metrics.json.
 *
 * Ownership: the experiment and its texts live in its arena, which the caller gives; experiment_close releases what is open. */
#ifndef SESSION_EXPERIMENT_H
#define SESSION_EXPERIMENT_H
#include <jansson.h>

#include "base/vec.h"
#include "report/metric.h"
#include "report/progress.h"
#include "session/run.h"

struct rundir;

struct member {
  const char *name;   /* its directory, from the experiment's */
  const char *column; /* what tells it from others of its setting: "seed-1", or "" */
  const struct setting *set;
  size_t n_set;
  uint64_t seed;
  int fold; /* from 1; 0: none */
};

struct experiment {
  struct arena *arena;
  const char *path;
  const char *model, *variant, *file; /* the model's name, and where its text is from */
  const char *stage, *data;           /* --stage and --data, or NULL */
  const char *command;                /* to train the model as it is: "crlc pair.crl --train" */
  int folds;                          /* 0: none */
  bool direct;                        /* --winograd off */
  bool sweeps;                        /* measured on the rows to validate on alone, and sorted */
  const char *goal;                   /* by this metric, or measure; NULL: the first */
  int higher;                         /* 1: the highest is the best; 0: the lowest; -1: as its unit says */
  VEC(struct member) members;
  VEC(struct used_text) texts;
  json_t *json;
  struct rundir *directory;
};

bool experiment_is_there(const char *directory);

/* A new experiment in its path, or in one under runs/; the rest of the experiment is as it is to be. */
bool experiment_begin(struct experiment *experiment, const struct run_settings *settings, struct error *error);
/* The experiment in a directory, to go on with. */
bool experiment_read(struct experiment *experiment, const char *directory, struct error *error);
/* Whether its texts, and if asked for its runs, are those of the other. */
bool experiment_is_as(const struct experiment *experiment, const struct experiment *other, bool runs);
void experiment_close(struct experiment *experiment);

/* Trains and measures one run, or goes on with it. */
typedef bool run_member(void *context, const struct experiment *experiment, const struct member *member,
                        const struct progress_series *series, struct error *error);

/* Runs those that are not done, and leaves and prints what all come to.  A run that fails numerically is told of, and
 * the others go on; the error then says so at the end. */
bool experiment_run(struct experiment *experiment, run_member *run, void *context, const struct run_settings *settings,
                    struct error *error);

#endif
