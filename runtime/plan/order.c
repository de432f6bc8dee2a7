/* Orders of execution.  The least peak over all orders is NP-hard to find (it is a pebble game; Sethi 1975), so a
 * few cheap ones are offered and the caller keeps the one with the least peak of live bytes:
 *   0  depth first in the graph's own order;
 *   1  depth first from the roots, each as late as a root needs it;
 *   2  the same from the last root to the first (of updates, those of the last layers then come first, when the
 *      gradients flowing back just pass them);
 *   3  forward, greedy: of all that can run, what lets the live bytes grow least;
 *   4  backward, greedy: of all that can be the last, what lets them grow least towards the front. */
#include <string.h>

#include "plan/tasks.h"

/* ---- depth first ---- */

static int visit(const struct tasks *t, int root, char *done, int *next, int *stack, int *order, int filled) {
  int depth = 0;
  if (done[root]) return filled;
  stack[depth++] = root;
  done[root] = 1;
  while (depth) {
    int task = stack[depth - 1];
    if (t->before.begin[task] + next[task] < t->before.begin[task + 1]) {
      int first = t->before.at[t->before.begin[task] + next[task]++];
      if (done[first]) continue;
      done[first] = 1;
      stack[depth++] = first;
    } else {
      order[filled++] = task;
      depth--;
    }
  }
  return filled;
}

static void depth_first(struct arena *arena, const struct plan *plan, const struct tasks *t, int heuristic,
                        int *order) {
  const struct graph *graph = plan->graph;
  char *done = ARENA_ARRAY(arena, char, t->n);
  int *next = ARENA_ARRAY(arena, int, t->n), *stack = ARENA_ARRAY(arena, int, t->n), filled = 0;
  for (int task = 0; task < t->n && heuristic == 0; task++) filled = visit(t, task, done, next, stack, order, filled);
  for (size_t i = 0; i < graph->roots.n; i++) {
    const struct root *root = &graph->roots.at[heuristic == 2 ? graph->roots.n - 1 - i : i];
    int task = t->of[plan->source[root->node]];
    if (task >= 0) filled = visit(t, task, done, next, stack, order, filled);
  }
}

/* ---- greedy ---- */

struct greedy {
  const struct tasks *tasks;
  const struct lists *readers_of; /* by value: who reads it */
  bool backward;
  int *waits;          /* by task: for how many others */
  int *readers;        /* by value: forward, who still has to read it; backward, who of those placed reads it */
  int64_t *growth;     /* by task, once it is ready */
  int *slot_of;        /* by task: where in ready it is; -1: it is not */
  int *ready, n_ready; /* a heap, the best first */
};

/* A new value that can be stored at once takes no memory of its own; a root value keeps its memory. */
static int64_t space(const struct tasks *t, int value) {
  return t->value[value].stored && !t->value[value].kept ? 0 : t->value[value].bytes;
}

/* By how much the live bytes grow when the task runs next. */
static int64_t growth_forward(const struct greedy *g, int task) {
  const struct tasks *t = g->tasks;
  int64_t growth = 0;
  for (int i = t->makes.begin[task]; i < t->makes.begin[task + 1]; i++) growth += space(t, t->makes.at[i]);
  for (int i = t->reads.begin[task]; i < t->reads.begin[task + 1]; i++) {
    int read = t->reads.at[i];
    if (g->readers[read] == 1 && !t->value[read].kept) growth -= space(t, read);
  }
  return growth;
}

/* By how much the live bytes before the task are more than those after it. */
static int64_t growth_backward(const struct greedy *g, int task) {
  const struct tasks *t = g->tasks;
  int64_t growth = 0;
  for (int i = t->makes.begin[task]; i < t->makes.begin[task + 1]; i++) {
    int made = t->makes.at[i];
    if (g->readers[made] || t->value[made].kept) growth -= space(t, made);
  }
  for (int i = t->reads.begin[task]; i < t->reads.begin[task + 1]; i++) {
    int read = t->reads.at[i];
    if (!g->readers[read] && !t->value[read].kept) growth += space(t, read);
  }
  return growth;
}

/* Least growth first; among equals the first in the graph, or backward the last. */
static bool better(const struct greedy *g, int a, int b) {
  if (g->growth[a] != g->growth[b]) return g->growth[a] < g->growth[b];
  return g->backward ? a > b : a < b;
}

static void set(struct greedy *g, int at, int task) {
  g->ready[at] = task;
  g->slot_of[task] = at;
}

static void rise(struct greedy *g, int at) {
  int task = g->ready[at];
  for (; at && better(g, task, g->ready[(at - 1) / 2]); at = (at - 1) / 2) set(g, at, g->ready[(at - 1) / 2]);
  set(g, at, task);
}

static void sink(struct greedy *g, int at) {
  int task = g->ready[at];
  for (int below; (below = 2 * at + 1) < g->n_ready; at = below) {
    if (below + 1 < g->n_ready && better(g, g->ready[below + 1], g->ready[below])) below++;
    if (!better(g, g->ready[below], task)) break;
    set(g, at, g->ready[below]);
  }
  set(g, at, task);
}

static void make_ready(struct greedy *g, int task) {
  g->growth[task] = g->backward ? growth_backward(g, task) : growth_forward(g, task);
  set(g, g->n_ready++, task);
  rise(g, g->n_ready - 1);
}

static int take(struct greedy *g) {
  int task = g->ready[0];
  g->slot_of[task] = -1;
  set(g, 0, g->ready[--g->n_ready]);
  if (g->n_ready) sink(g, 0);
  return task;
}

/* A reader of the value has been placed: for others that are ready this may be worth more now, and never less. */
static void look_again(struct greedy *g, int value) {
  const struct lists *readers = g->readers_of;
  for (int i = readers->begin[value]; i < readers->begin[value + 1]; i++) {
    int task = readers->at[i];
    if (g->slot_of[task] < 0) continue;
    g->growth[task] = g->backward ? growth_backward(g, task) : growth_forward(g, task);
    rise(g, g->slot_of[task]);
  }
}

/* A value matters to others when its first reader backward, or its last but one forward, is placed. */
static void count_reads(struct greedy *g, int task) {
  const struct tasks *t = g->tasks;
  for (int k = t->reads.begin[task]; k < t->reads.begin[task + 1]; k++) {
    int value = t->reads.at[k];
    g->readers[value] += g->backward ? 1 : -1;
    if (g->readers[value] == 1) look_again(g, value);
  }
}

static void greedy(struct arena *arena, const struct tasks *t, bool backward, int *order) {
  struct greedy g = {.tasks = t, .readers_of = &t->readers, .backward = backward};
  const struct lists *wait = backward ? &t->after : &t->before, *free = backward ? &t->before : &t->after;
  g.waits = ARENA_ARRAY(arena, int, t->n), g.readers = ARENA_ARRAY(arena, int, t->values);
  g.ready = ARENA_ARRAY(arena, int, t->n), g.slot_of = ARENA_ARRAY(arena, int, t->n);
  g.growth = ARENA_ARRAY(arena, int64_t, t->n);
  for (int i = 0; !backward && i < t->reads.begin[t->n]; i++) g.readers[t->reads.at[i]]++;
  for (int i = 0; i < t->n; i++) {
    g.waits[i] = wait->begin[i + 1] - wait->begin[i];
    g.slot_of[i] = -1;
  }
  for (int i = 0; i < t->n; i++)
    if (!g.waits[i]) make_ready(&g, i);
  for (int i = 0; i < t->n; i++) {
    int task = take(&g);
    order[backward ? t->n - 1 - i : i] = task;
    count_reads(&g, task);
    for (int k = free->begin[task]; k < free->begin[task + 1]; k++)
      if (!--g.waits[free->at[k]]) make_ready(&g, free->at[k]);
  }
}

const char *order_find(struct arena *arena, const struct plan *plan, const struct tasks *t, int heuristic, int *order) {
  static const char *const names[ORDERS] = {"graph", "depth first", "depth first, last root first", "greedy forward",
                                            "greedy backward"};
  if (heuristic < 3) depth_first(arena, plan, t, heuristic, order);
  else greedy(arena, t, heuristic == 4, order);
  return names[heuristic];
}
