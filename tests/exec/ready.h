/* A graph planned and made ready to run in a slab of its own.
 *
 * Ownership: the plan lives in the arena given; ready's caller calls done, which frees the rest. */
#ifndef TESTS_EXEC_READY_H
#define TESTS_EXEC_READY_H
#include "exec/prepared.h"

static inline struct exec *ready(struct arena *arena, const struct graph *graph, struct plan_settings settings,
                                 const struct backend *backend, struct pool *pool, struct error *error) {
  settings.threads = pool ? pool_threads(pool) : 1;
  const struct plan *plan = plan_make(arena, graph, &settings, &backend->traits, error);
  struct slab *slab = ARENA_NEW(arena, struct slab);
  struct exec *exec = plan ? exec_new(plan, backend, pool, slab, error) : NULL;
  if (!exec) slab_free(slab);
  return exec;
}

static inline void done(struct exec *exec) {
  if (!exec) return;
  struct slab *slab = exec->slab;
  exec_free(exec);
  slab_free(slab);
}

#endif
