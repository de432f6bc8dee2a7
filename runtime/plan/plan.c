/* Makes a plan: of several orders that with the least bound on memory, and then offsets for its buffers. */
#include "plan/plan.h"

#include "plan/tasks.h"

struct buffer **slab_buffers(struct arena *arena, const struct plan *plan, size_t *n) {
  struct buffer **of = ARENA_ARRAY(arena, struct buffer *, size_product(3, (size_t)plan->steps));
  *n = 0;
  for (int k = 0; k < plan->shareds; k++) of[(*n)++] = &plan->shared[k].buffer;
  for (int s = 0; s < plan->steps; s++) {
    node_id id = plan->order[s];
    if (plan->holder[id] == id && plan->direct[id] < 0 && !plan->tile_local[id]) of[(*n)++] = &plan->buffer[id];
    if (plan->scratch[s].size) of[(*n)++] = &plan->scratch[s];
  }
  return of;
}

static void place_all(struct arena *arena, struct arena *work, struct plan *plan) {
  size_t n;
  struct buffer **of = slab_buffers(work, plan, &n), *all = ARENA_ARRAY(work, struct buffer, n);
  for (size_t i = 0; i < n; i++) all[i] = *of[i];
  plan->peak = place(arena, all, n, &plan->placed_by);
  for (size_t i = 0; i < n; i++) of[i]->offset = all[i].offset;
}

struct plan *plan_make(struct arena *arena, const struct graph *graph, const struct plan_settings *settings,
                       const struct kernel_traits *traits, struct error *error) {
  struct plan *plan = ARENA_NEW(arena, struct plan);
  struct arena *work = arena_new();
  struct tasks tasks;
  graph = graph_of_rows(arena, graph, settings->rows, error);
  *plan = (struct plan){.graph = graph, .traits = traits, .settings = *settings};
  plan->rows = settings->rows;
  plan->element = dtype_size(traits->real);
  if (!graph || !tasks_find(arena, work, plan, &tasks, error)) {
    arena_free(work);
    return NULL;
  }
  int *order = ARENA_ARRAY(work, int, tasks.n), *best = ARENA_ARRAY(work, int, tasks.n);
  const char *best_name = NULL;
  int64_t least = INT64_MAX;
  for (int heuristic = 0; heuristic < ORDERS; heuristic++) {
    struct arena *trial = arena_new();
    const char *name = order_find(trial, plan, &tasks, heuristic, order);
    liveness_find(trial, plan, &tasks, order);
    arena_free(trial);
    if (plan->lower_bound >= least) continue;
    int *kept = best;
    best = order, order = kept;
    least = plan->lower_bound;
    best_name = name;
  }
  plan->order_name = best_name;
  liveness_find(arena, plan, &tasks, best);
  place_all(arena, work, plan);
  arena_free(work);
  return plan_verify(plan, error) ? plan : NULL;
}
