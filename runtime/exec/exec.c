/* Running: walks the groups in order, and after each the writes that are due.  Nothing is decided here. */
#include "exec/exec.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "exec/prepared.h"

void copies_run(const struct exec *exec, const copies *copies, size_t begin, size_t end, int64_t rows) {
  for (size_t i = begin; i < end; i++) {
    const struct copy *copy = &copies->at[i];
    exec->backend->copy(copy->to, copy->from, (size_t)(copy->rows ? copy->bytes * rows : copy->bytes));
  }
}

size_t writes_run(struct exec *exec, int g, size_t next, int64_t rows) {
  int step = g < exec->plan->groups ? exec->plan->group[g].end - 1 : exec->plan->steps;
  size_t end = next;
  while (end < exec->writes.n && exec->writes.at[end].after <= step) end++;
  copies_run(exec, &exec->writes, next, end, rows);
  return end;
}

bool rows_fit(const struct exec *exec, int64_t rows, struct error *error) {
  int64_t planned = exec->graph->rows;
  return !planned || rows == planned ||
         error_set(error, ERROR_DATA, "'%s' has values of the size of the batch, and runs on %lld rows, not on %lld",
                   exec->graph->name, (long long)planned, (long long)rows);
}

bool exec_run(struct exec *exec, int64_t rows, const struct step_context *step_context, struct error *error) {
  size_t next = 0;
  if (!rows_fit(exec, rows, error)) return false;
  double begun = exec->profile ? clock_now() : 0;
  slab_follow(exec);
  copies_run(exec, &exec->before, 0, exec->before.n, rows);
  for (int g = 0; g < exec->plan->groups; g++) {
    group_run(exec, g, rows, step_context, NULL);
    if (!group_done(exec, g, error)) return false;
    next = writes_run(exec, g, next, rows);
  }
  writes_run(exec, exec->plan->groups, next, rows);
  if (!exec->profile) return true;
  exec->profile->wall += clock_now() - begun;
  exec->profile->runs++;
  exec->profile->rows += rows;
  return true;
}

static const struct outcome *find_outcome(const struct exec *exec, const char *name) {
  for (size_t i = 0; i < exec->outcomes; i++)
    if (!strcmp(exec->outcome[i].name, name)) return &exec->outcome[i];
  return NULL;
}

const void *exec_value(const struct exec *exec, const char *name, struct value_type *type) {
  const struct outcome *outcome = find_outcome(exec, name);
  if (!outcome) return NULL;
  if (type) *type = outcome->type;
  return outcome->data;
}

double exec_number(const struct exec *exec, const char *name) {
  const struct outcome *outcome = find_outcome(exec, name);
  if (!outcome || !outcome->data) return NAN;
  return exec->backend->number(&(struct operand){outcome->data, outcome->type});
}
