/* A session: what one call of the program has open of a run, from its start to its stop.
 *
 * Ownership: session_close frees what session_open has opened, also where that failed. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H
#include "base/timings.h"
#include "report/progress.h"
#include "session/manifest.h"
#include "store/rundir.h"
#include "train/training_state.h"

struct session { /* all that a run has open */
  const struct run_settings *settings;
  struct arena *arena;
  struct progress *progress;
  const char *path; /* of the run directory */
  struct rundir *directory;
  struct table **table; /* of each of the program's tables; NULL where nothing of it is read */
  struct pool *pool;
  struct model *model;
  struct manifest *manifest; /* of the session that trains; NULL: none does */
  struct training_state training_state;
  double begun;
  struct timings *timings, *all_timings; /* of this session; of all that trained, once it has ended */
};

/* wanted: the columns of each table that are read; where it is none, the table may be nowhere.  NULL: all of all.  A
 * new directory is only made when nothing else is in the way. */
bool session_open(struct session *session, const struct run_settings *settings, const struct column_set *wanted,
                  struct error *error);
void session_close(struct session *session);

/* Of opening, what needs no directory: data, threads, the model. */
bool session_open_model(struct session *session, const struct column_set *wanted, struct error *error);

/* The newest good checkpoint; training_state may be NULL, as for training_state_load. */
bool session_load(struct session *session, struct training_state *training_state, struct error *error);

/* Tells which run this is, and of which data. */
void session_say(const struct session *session);

/* What the session came to goes into run.json, also where it was stopped. */
bool session_end(struct session *session, struct error *error);

/* The path of a file in the run directory. */
const char *session_file(struct session *session, const char *name);

#endif
