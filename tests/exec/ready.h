/* A graph planned and made ready to run in a slab of its own.
 *
 * Ownership: the plan lives in the arena given; ready's caller calls done, which frees the rest. */
#ifndef TESTS_EXEC_READY_H
#define TESTS_EXEC_READY_H
#include <stdio.h>
#include <stdlib.h>

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

/* On one thread; a graph that cannot be planned ends the test. */
static inline struct exec *exec_of(struct arena *arena, const struct graph *graph, int64_t rows, bool reference) {
  const struct backend *backend = reference ? backend_reference() : backend_fast();
  struct error error = {0};
  struct exec *exec = ready(arena, graph, (struct plan_settings){.rows = rows}, backend, NULL, &error);
  if (exec) return exec;
  fprintf(stderr, "%s\n", error.message);
  abort();
}

static inline void done(struct exec *exec) {
  if (!exec) return;
  struct slab *slab = exec->slab;
  exec_free(exec);
  slab_free(slab);
}

#endif
