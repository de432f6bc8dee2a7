/* A plan within a limit of memory, by computing values again instead of keeping them. */
#ifndef TRAIN_MEMORY_H
#define TRAIN_MEMORY_H
#include "plan/plan.h"

/* Plans of n graphs that run in turn, those that write before those that look at them: each of the graph with products over
 * so many rows in the order that multiplies less (pass.h), or of one in the arena that gives the same bits as that, whose
 * intermediate results need at most `limit` bytes (0: any number).  False with an ERROR_DATA that says with how little
 * all of them can be done. */
bool plans_within(struct arena *arena, const struct graph *const *graph, size_t n, const struct plan_settings *settings,
                  const struct kernel_traits *traits, int64_t limit, const struct plan **plan, struct error *error);

#endif
