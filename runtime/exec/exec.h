/* The executor: a plan made ready to run, and running it.  It knows kernels and memory by one table, the backend's.
 *
 * Intermediate results lie in a slab that the caller owns and lends.  exec_run allocates nothing.  With
 * backend_reference every F32 array that is read or given is made of doubles.
 *
 * Ownership: exec_new's caller calls exec_free, and keeps the plan and the slab as long; variables and columns stay the
 * caller's. */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H
#include "base/error.h"
#include "graph/graph.h"
#include "kern/backend.h"
#include "plan/plan.h"

struct exec;

/* The memory that holds intermediate results.  Those that run in turn can share one: it is as large as the largest of
 * them asks for, and a run's values are there until another begins.  All zero: nothing yet. */
struct slab {
  const struct backend *backend;
  void *memory;
  int64_t bytes;
};

/* Makes it this large at least; what was in it is lost then. */
bool slab_reserve(struct slab *slab, const struct backend *backend, int64_t bytes, struct error *error);
void slab_free(struct slab *slab);

/* The plan is made with the backend's traits, for as many threads as the pool has (NULL: the calling thread alone); the
 * slab gets as large as it needs.  NULL with an ERROR_DATA when the memory is not to be had (the message says how much
 * was asked for). */
struct exec *exec_new(const struct plan *plan, const struct backend *backend, struct pool *pool, struct slab *slab,
                      struct error *error);
void exec_free(struct exec *exec);

/* Binds storage: variable k (by the program's numbering) at data; column k at data (rows x shape, of the column's
 * type).  All that the graph uses must be bound before a run; both may be bound anew before each.  Storage of two
 * variables must not overlap.  Numbers that the graph does not use are ignored. */
void exec_bind_variable(struct exec *exec, uint32_t variable, void *data);
void exec_bind_column(struct exec *exec, uint32_t column, const void *data);

/* What the columns are called, for messages: by number, as they are bound; the arrays must stay. */
void exec_name_columns(struct exec *exec, const struct array *columns);

/* Runs on the first `rows` rows of the bound columns (1 to plan->rows).  After it, variables hold what the
 * writes gave them; every read, those of root values too, saw them as they were before.  A ERROR_NUMBER names the
 * operation that has no result, where it stands and why; variables may then hold what some of the writes gave them. */
bool exec_run(struct exec *exec, int64_t rows, const struct step_context *step_context, struct error *error);

/* As exec_run, but looks at every result, and stops at the first that holds an infinity or NaN:
 * ERROR_NUMBER names its operation and where it stands, and all variables are as before.  For finding out why a loss
 * went wrong.  ERROR_DATA when there is no memory to keep the variables in. */
bool exec_run_checked(struct exec *exec, int64_t rows, const struct step_context *step_context, struct error *error);

/* A root's value after a run: NULL when there is no ROOT_VALUE of that name.  Valid until the slab is used again. */
const void *exec_value(const struct exec *exec, const char *name, struct value_type *type);
/* A root that is one number; NaN when there is none of that name. */
double exec_number(const struct exec *exec, const char *name);

/* Measures the time of every step of the runs that follow, from zero; false ends it and forgets. */
void exec_profile(struct exec *exec, bool on);
/* Steps by falling time, with their work and instance, and the sums by operation.  "" when nothing was measured. */
const char *exec_profile_string(struct arena *arena, const struct exec *exec);
/* After exec_profile: keeps every event of the runs that follow, too.  What was kept, as a JSON trace; "" for nothing.
 * Unlike other runs, these allocate. */
void exec_trace(struct exec *exec);
const char *exec_trace_string(struct arena *arena, const struct exec *exec);

#endif
