/* A plan within a limit of memory, by computing values again instead of keeping them. */
#ifndef TRAIN_MEMORY_H
#define TRAIN_MEMORY_H
#include "plan/plan.h"

/* A plan of the graph, or of one in the arena that gives the same bits, whose intermediate results need at most `limit`
 * bytes.  NULL with an ERROR_DATA that says with how little it can be done. */
const struct plan *plan_within(struct arena *arena, const struct graph *graph, const struct plan_settings *settings,
                               const struct kernel_traits *traits, int64_t limit, struct error *error);

/* The same, with the least that it finds where that is more than the limit. */
const struct plan *plan_toward(struct arena *arena, const struct graph *graph, const struct plan_settings *settings,
                               const struct kernel_traits *traits, int64_t limit, struct error *error);

#endif
