/* What the variables of a stage were a short while ago, so that when a loss is no longer finite the steps that led
 * there can be run again under observation.
 *
 * One copy is enough, because it is only ever replaced by finite numbers: whatever went wrong did so after it.  It
 * holds what the stage's step writes, and nothing that stands still.
 *
 * Ownership: snapshots_new's caller calls snapshots_free. */
#ifndef TRAIN_SNAPSHOT_H
#define TRAIN_SNAPSHOT_H
#include "train/course.h"

/* A copy reads and writes every weight and its optimiser's state, which is to cost nothing beside the steps. */
enum { SNAPSHOT_STEPS = 64 };

struct snapshots;

/* NULL with a fault where memory is short. */
struct snapshots *snapshots_new(const struct model *model, const struct stage *stage, struct fault *fault);
void snapshots_free(struct snapshots *snapshots);

/* Called before every step; takes a copy at the first and then every SNAPSHOT_STEPS steps. */
void snapshots_step(struct snapshots *snapshots, const struct position *at);

/* Goes back and runs the steps up to `bad` again, each result looked at, and fills the fault with the first that is
 * not finite.  The variables are those of before that step. */
void snapshots_explain(struct snapshots *snapshots, struct course *course, const struct position *bad,
                       const char *term, struct fault *fault);

#endif
