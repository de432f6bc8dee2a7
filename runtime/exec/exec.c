/* Running: walks the calls in order, and after each the writes that are due.  Nothing is decided here. */
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

void step_run(struct exec *exec, int s, int64_t rows, const struct moment *moment) {
  struct call *call = &exec->calls[s];
  call->rows = call->batch = rows;
  call->moment = moment;
  exec->kernels[call->op](call);
}

size_t writes_run(struct exec *exec, int s, size_t next, int64_t rows) {
  size_t end = next;
  while (end < exec->writes.n && exec->writes.at[end].after <= s) end++;
  copies_run(&exec->writes, next, end, rows);
  return end;
}

void exec_run(struct exec *exec, int64_t rows, const struct moment *moment) {
  size_t next = 0;
  copies_run(&exec->before, 0, exec->before.n, rows);
  if (exec->profile) {
    profile_run(exec, rows, moment);
    return;
  }
  for (int s = 0; s < exec->plan->steps; s++) {
    step_run(exec, s, rows, moment);
    next = writes_run(exec, s, next, rows);
  }
  writes_run(exec, exec->plan->steps, next, rows);
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
