/* The executor: a graph made ready to run, and running it.
 *
 * exec_new plans the graph and allocates everything; exec_run allocates nothing.  In reference mode it runs the
 * double-precision reference kernels: every F32 array that it reads or gives is then made of doubles.
 *
 * Ownership: exec_new's caller calls exec_free, and keeps the graph as long; variables and columns stay the
 * caller's. */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H
#include "base/fault.h"
#include "graph/graph.h"
#include "kern/kern.h"
#include "plan/plan.h"

struct exec;

struct exec_settings {
  int64_t rows;      /* the largest batch */
  struct pool *pool; /* NULL: the calling thread alone */
  bool reference;
  bool ungrouped; /* every operation runs by itself on the whole batch, for comparison */
  bool fine;      /* even small groups are cut into strips and tiles, for tests */
};

/* NULL with a FAULT_DATA when the memory is not to be had (the message says how much was asked for). */
struct exec *exec_new(const struct graph *graph, const struct exec_settings *settings, struct fault *fault);
void exec_free(struct exec *exec);

const struct plan *exec_plan(const struct exec *exec);

/* Binds storage: variable k (by the program's numbering) at data; column k at data (rows x shape, of the column's
 * type).  All that the graph uses must be bound before a run; both may be bound anew before each.  Storage of two
 * variables must not overlap.  Numbers that the graph does not use are ignored. */
void exec_bind_variable(struct exec *exec, uint32_t variable, void *data);
void exec_bind_column(struct exec *exec, uint32_t column, const void *data);

/* Runs on the first `rows` rows of the bound columns (1 to settings.rows).  After it, variables hold what the
 * writes gave them; every read, those of root values too, saw them as they were before. */
void exec_run(struct exec *exec, int64_t rows, const struct moment *moment);

/* As exec_run, but looks at every result, and stops at the first that holds an infinity or not-a-number:
 * FAULT_NUMBER names its operation and place, and all variables are as before.  For finding out why a loss went
 * wrong.  FAULT_DATA when there is no memory to keep the variables in. */
bool exec_run_checked(struct exec *exec, int64_t rows, const struct moment *moment, struct fault *fault);

/* A root's value after a run: NULL when there is no ROOT_VALUE of that name.  Valid until the next run. */
const void *exec_value(const struct exec *exec, const char *name, struct value_type *type);
/* A root that is one number; not a number when there is none of that name. */
double exec_number(const struct exec *exec, const char *name);

/* Measures the time of every step of the runs that follow, from zero; false ends it and forgets. */
void exec_profile(struct exec *exec, bool on);
/* Steps by falling time, with their work and place, and the sums by operation.  "" when nothing was measured. */
const char *exec_profile_text(struct arena *arena, const struct exec *exec);
/* After exec_profile: keeps every event of the runs that follow, too.  What was kept, as a JSON trace; "" for nothing.
 * Unlike other runs, these allocate. */
void exec_trace(struct exec *exec);
const char *exec_trace_text(struct arena *arena, const struct exec *exec);

#endif
