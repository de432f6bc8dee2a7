/* What a plan schedules: the graph's nodes that run, numbered without gaps, and what must come before what.
 *
 * Ownership: everything lives in the plan's arena. */
#ifndef PLAN_TASKS_H
#define PLAN_TASKS_H
#include "plan/plan.h"

struct lists { /* of tasks, one list a task: at[begin[t]] .. at[begin[t + 1] - 1] */
  int *begin, *at;
};

struct tasks {
  int n;
  node_id *node;       /* by task, rising */
  int *of;             /* by node: its task, -1 where it does not run or no root needs it */
  int64_t *bytes;      /* by task: of its result, rounded up */
  int64_t *scratch;    /* by task, rounded up */
  bool *kept, *stored; /* by task: a root value; the value of a write */
  struct lists reads;  /* whose results a task reads, each once */
  struct lists before; /* what must run before it: those, and the other readers of a variable that it replaces */
  struct lists after;  /* the transpose of before */
  uint32_t variables;  /* numbers below this occur */
  int *writes;         /* by variable: how many roots write it */
};

/* Fills tasks, and the plan's source. */
bool tasks_find(struct arena *arena, struct plan *plan, const struct plan_hooks *hooks, struct tasks *tasks,
                struct fault *fault);

/* Writes the tasks' order by one of the heuristics. */
enum { ORDERS = 5 };
const char *order_find(struct arena *arena, const struct plan *plan, const struct tasks *tasks, int heuristic,
                       int *order);

/* For the order given: holders, lives, writes, scratch and the lower bound.  Offsets stay open. */
void lifetimes_find(struct arena *arena, struct plan *plan, const struct plan_hooks *hooks,
                    const struct tasks *tasks, const int *order);

/* What lies in the slab: *n buffers of results and of scratch. */
struct buffer **slab_buffers(struct arena *arena, const struct plan *plan, size_t *n);

#endif
