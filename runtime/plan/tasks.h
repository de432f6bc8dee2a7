/* What a plan schedules: groups of nodes that run together (tasks), and what must come before what.
 *
 * Ownership: tasks live while a plan is made, in an arena `work` of their own. */
#ifndef PLAN_TASKS_H
#define PLAN_TASKS_H
#include "plan/plan.h"

struct edge { /* between two tasks, or from a task to a value */
  int from, to;
};
typedef VEC(struct edge) edges;

struct lists { /* of tasks, one list a task: at[begin[t]] .. at[begin[t + 1] - 1] */
  int *begin, *at;
};

/* A value that one task makes and that stays when it is done. */
struct value {
  int task;
  int64_t bytes;     /* rounded up */
  bool kept, stored; /* a root value; the value of a write */
};

struct tasks {
  int n;
  int *begin; /* by task: its members are member[begin[t]] .. member[begin[t + 1] - 1], inputs first */
  node_id *member;
  int *of;             /* by node: its task, -1 where it does not run or no root needs it */
  struct group *group; /* by task; begin and end are set when the order is known */
  int64_t *scratch;    /* by task, rounded up */
  struct extra *extra; /* by member */
  int64_t *shared;     /* bytes of what is made for several calls, each once */
  int shareds;
  struct value *value; /* the values that others than a task's own members read */
  int values;
  int *value_of;        /* by node, -1 for none */
  struct lists makes;   /* by task: values */
  struct lists reads;   /* by task: values of other tasks, each once */
  struct lists readers; /* by value: the tasks that read it, the transpose of reads */
  struct lists before;  /* by task: tasks */
  struct lists after;   /* the transpose of before */
  uint32_t variables;   /* numbers below this occur */
  int *writes;          /* by variable: how many roots write it */
};

/* Fills tasks, which live in `work`, and of the plan what does not depend on the order: source, reason, tile_local,
 * tile_at. */
bool tasks_find(struct arena *arena, struct arena *work, struct plan *plan, struct tasks *tasks, struct error *error);

/* Puts nodes that run into groups: fills n, begin, member, of and the groups' kinds and products, and
 * plan->tile_local.  Gives the
 * edges from tasks that read a variable to the one that replaces it. */
edges groups_find(struct arena *arena, struct arena *work, struct plan *plan, struct tasks *tasks);

/* Cuts every group into chunks and tiles, and lays out its memory: the groups' other fields, scratch, extra,
 * plan->tile_at.  False with an error where a size does not fit. */
bool tiles_find(struct arena *arena, struct arena *work, struct plan *plan, struct tasks *tasks, struct error *error);

/* Up to the next multiple of the alignment; negative stays so. */
int64_t plan_rounded(int64_t bytes);

/* What the plan's kernels say of a node (op/traits.h), rounded up; negative where it cannot be counted. */
int64_t plan_scratch(const struct plan *plan, node_id id, int64_t rows, int threads);
int64_t plan_shared(const struct plan *plan, node_id id);
int64_t plan_partial(const struct plan *plan, node_id id);
bool plan_in_place(const struct plan *plan, enum op op, int input);
bool plan_adds(const struct plan *plan, enum op op);
int64_t plan_lines(const struct plan *plan, node_id id);

/* The plan could not count its memory because of this node. */
bool plan_too_large(const struct plan *plan, node_id id, struct error *error);

/* Writes the tasks' order by one of the heuristics. */
enum { ORDERS = 5 };
const char *order_find(struct arena *arena, const struct plan *plan, const struct tasks *tasks, int heuristic,
                       int *order);

/* For the order given: holders, live ranges, writes, scratch and the lower bound.  Offsets stay open. */
void liveness_find(struct arena *arena, struct plan *plan, const struct tasks *tasks, const int *order);

/* What lies in the slab: *n buffers of results and of scratch. */
struct buffer **slab_buffers(struct arena *arena, const struct plan *plan, size_t *n);

#endif
