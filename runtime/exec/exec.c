/* Running: walks the groups in order, and after each the writes that are due.  Nothing is decided here. */
#include "exec/exec.h"

#include <math.h>
#include <string.h>

#include "exec/prepared.h"

void copies_run(const copies *copies, size_t begin, size_t end, int64_t rows) {
  for (size_t i = begin; i < end; i++) {
    const struct copy *copy = &copies->at[i];
    memcpy(copy->to, copy->from, (size_t)(copy->rows ? copy->bytes * rows : copy->bytes));
  }
}

size_t writes_run(struct exec *exec, int g, size_t next, int64_t rows) {
  int step = g < exec->plan->groups ? exec->plan->group[g].end - 1 : exec->plan->steps;
  size_t end = next;
  while (end < exec->writes.n && exec->writes.at[end].after <= step) end++;
  copies_run(&exec->writes, next, end, rows);
  return end;
}

void exec_run(struct exec *exec, int64_t rows, const struct moment *moment) {
  size_t next = 0;
  double begun = exec->profile ? profile_now() : 0;
  copies_run(&exec->before, 0, exec->before.n, rows);
  for (int g = 0; g < exec->plan->groups; g++) {
    group_run(exec, g, rows, moment, NULL);
    next = writes_run(exec, g, next, rows);
  }
  writes_run(exec, exec->plan->groups, next, rows);
  if (!exec->profile) return;
  exec->profile->wall += profile_now() - begun;
  exec->profile->runs++;
  exec->profile->rows += rows;
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
  switch (outcome->type.type) {
  case F32: return exec->settings.reference ? *(const double *)outcome->data : *(const float *)outcome->data;
  case F64: return *(const double *)outcome->data;
  case U8: return *(const uint8_t *)outcome->data;
  case I32: return *(const int32_t *)outcome->data;
  case I64: return (double)*(const int64_t *)outcome->data;
  }
  return NAN;
}
