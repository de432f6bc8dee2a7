/* A run: a directory, and in it what training, measuring and reading back a model leave or find.
 *
 *   run.json  model.crl  used/<name>  log.jsonl  checkpoint-*.crlk  metrics.json  images/<name>.png  report.html
 *
 * Results go to settings.results, all else to settings.messages.
 * Ownership: nothing is kept; everything passed in must live as long as the call. */
#ifndef SESSION_RUN_H
#define SESSION_RUN_H
#include <stdio.h>

#include "data/table.h"
#include "graph/program.h"

struct manifest;
struct data_roots;
struct progress_series;

struct run_option {
  const char *name, *value; /* as in the model file, a string without its quotes */
  bool is_string;
};

struct described_file { /* of data: what its headers said when the model was compiled */
  const char *name;     /* as the model writes it */
  struct file_options options;
  const struct file_columns *columns;
};

struct used_text {  /* a file that the model uses */
  const char *name; /* in the run directory */
  const char *text;
  size_t length;
};

struct run_settings {
  const struct program *program;
  const char *path;               /* of the model file */
  const struct manifest *before;  /* the run that is read or gone on with; NULL: a new one */
  const struct program *was;      /* resume: the program that was run so far */
  const char *out;                /* the run directory; NULL: a new one under runs/ */
  const char *stage;              /* train only this one; NULL: all */
  const char *note;               /* a remark on the session, or NULL */
  const char *data_folder;        /* where the program's data set is, if it is a known one; NULL without data */
  const struct data_roots *roots; /* where the known sets are looked for that a table of the model's own is made of */
  uint64_t seed;
  bool seed_given, resume, quiet;
  int threads;
  int64_t memory;      /* as in struct model */
  int64_t log_every;   /* steps between lines of log.jsonl; 0: the first step and every epoch */
  int64_t data_memory; /* bytes that columns of the model's own tables may take; the rest is read as it is needed */
  const char *on;      /* compute: files of new rows, as --on says; NULL: the run's data */
  int64_t checkpoint_minutes; /* at most, between two checkpoints; 0: only at the end of epochs */
  const char *trace;          /* profile: the file for a trace of every call; NULL: none */
  const char *version;
  FILE *results, *messages;             /* results may be NULL: they are not printed */
  const struct progress_series *series; /* of which this is one run; NULL: none */
  /* for the report */
  int64_t parameters;
  const char *source, *layers, *description; /* the model as run, its summary, its head comment; each may be NULL */
  /* for run.json */
  const struct used_text *used;
  const struct run_option *options;
  const struct described_file *described;
  const char *const *command; /* the command line */
  size_t n_used, n_options, n_described, n_command;
};

/* The run in a directory; NULL with an error where there is none.  model: the file that is given for it, or NULL. */
struct manifest *run_find(const char *directory, const char *model, struct error *error);

/* Whether there is a checkpoint to go on from. */
bool run_has_begun(const char *directory);

enum run_action { RUN_TRAIN, RUN_EVALUATE, RUN_COMPUTE, RUN_EXPORT };

/* Which columns of each of its tables an action on a run reads. */
const struct column_set *run_columns(struct arena *arena, const struct program *program, enum run_action action);

/* Trains, measures, shows. */
bool run_train(const struct run_settings *settings, struct error *error);

/* These read what the newest checkpoint in settings.out holds; settings.before is that run. */
bool run_evaluate(const struct run_settings *settings, struct error *error);
bool run_compute(const struct run_settings *settings, const char *file, struct error *error);
bool run_export(const struct run_settings *settings, const char *file, struct error *error);

/* Runs some steps of the first training stage, fewer with a trace, and prints the time of each node. */
bool run_profile(const struct run_settings *settings, struct error *error);

/* Whether the ending of a file's name is one that export can write. */
bool run_can_export(const char *file, struct error *error);

#endif
