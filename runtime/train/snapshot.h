/* What the variables of a stage were a short while ago, so that when a loss is no longer finite the steps that led
 * there can be run again under observation.
 *
 * One copy is enough, because it is only ever replaced by finite numbers: whatever went wrong did so after it.  It
 * holds what the stage's step writes, and nothing that stands still.
 *
 * Ownership: snapshots_new's caller calls snapshots_free. */
#ifndef TRAIN_SNAPSHOT_H
#define TRAIN_SNAPSHOT_H
#include "train/stage_run.h"

/* A copy reads and writes every weight and its optimiser's state, which is to cost nothing beside the steps. */
enum { SNAPSHOT_STEPS = 64 };

struct snapshots;

/* NULL with an error where memory is short. */
struct snapshots *snapshots_new(const struct model *model, const struct stage *stage, struct error *error);
void snapshots_free(struct snapshots *snapshots);

/* Called before every step; takes a copy at the first and then every SNAPSHOT_STEPS steps. */
void snapshots_step(struct snapshots *snapshots, const struct training_state *at);

/* Goes back and runs the steps up to `bad` again, each result looked at, and fills the error with the first that is
 * not finite.  The variables are those of before that step. */
void snapshots_explain(struct snapshots *snapshots, struct stage_run *stage_run, const struct training_state *bad,
                       const char *term, struct error *error);

#endif
