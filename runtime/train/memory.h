/* A graph within a limit of memory, by computing values again instead of keeping them. */
#ifndef TRAIN_MEMORY_H
#define TRAIN_MEMORY_H
#include "exec/exec.h"

/* The graph, or one in the arena that gives the same bits and whose intermediate results need at most `limit` bytes
 * when run with these settings.  NULL with a FAULT_DATA that says with how little it can be done. */
const struct graph *graph_within(struct arena *arena, const struct graph *graph,
                                 const struct exec_settings *settings, int64_t limit, struct fault *fault);

#endif
