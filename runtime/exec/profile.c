/* Where the time goes: seconds by step, of all threads, with the operations that a step stands for (op_work counts
 * them). */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/string_builder.h"
#include "exec/prepared.h"

void profile_free(struct exec *exec) {
  if (exec->profile) {
    trace_free(exec);
    free(exec->profile->seconds);
  }
  free(exec->profile);
  exec->profile = NULL;
}

void exec_profile(struct exec *exec, bool on) {
  size_t workers = exec->pool ? (size_t)pool_threads(exec->pool) : 1;
  size_t n = size_product(workers, (size_t)exec->plan->steps);
  profile_free(exec);
  if (!on) return;
  exec->profile = must_alloc(sizeof *exec->profile);
  *exec->profile = (struct profile){.seconds = must_alloc(size_product(n, sizeof(double))), .begun = clock_now()};
  for (size_t i = 0; i < n; i++) exec->profile->seconds[i] = 0;
}

void profile_note(struct exec *exec, int worker, int s, double begun) {
  double ended = clock_now();
  exec->profile->seconds[worker * exec->plan->steps + s] += ended - begun;
  if (exec->profile->trace) trace_note(exec, worker, s, begun, ended);
}

void profile_share(struct exec *exec, int worker, const struct group *group, double begun) {
  int first = after_products(group);
  double each = (clock_now() - begun) / (group->end - first);
  for (int s = first; s < group->end; s++, begun += each) {
    exec->profile->seconds[worker * exec->plan->steps + s] += each;
    if (exec->profile->trace) trace_note(exec, worker, s, begun, begun + each);
  }
}

/* ---- the table ---- */

struct line {
  double seconds, work; /* of all runs */
  int steps, step;
};

static int by_seconds(const void *a, const void *b) {
  const struct line *x = a, *y = b;
  if (x->seconds != y->seconds) return x->seconds > y->seconds ? -1 : 1;
  return x->step - y->step;
}

double profile_work(const struct exec *exec, int s) {
  const struct call *call = &exec->calls[s];
  struct value_type in[MAX_INPUTS];
  bool rows = call->out.type.rows;
  for (int k = 0; k < call->inputs; k++) {
    in[k] = call->in[k].type;
    rows = rows || in[k].rows;
  }
  return op_work(call->op, call->attr, in, &call->out.type) *
         (double)(rows ? exec->profile->rows : exec->profile->runs);
}

/* Seconds that all workers have spent on a step. */
static double step_seconds(const struct exec *exec, int s) {
  int workers = exec->pool ? pool_threads(exec->pool) : 1;
  double seconds = 0;
  for (int w = 0; w < workers; w++) seconds += exec->profile->seconds[w * exec->plan->steps + s];
  return seconds;
}

/* Milliseconds a run, share, operations a second. */
static const char *figures(struct arena *arena, const struct line *line, double runs, double total) {
  return arena_format(arena, "%10.3f %6.1f %9.2f", 1e3 * line->seconds / runs,
                      total > 0 ? 100 * line->seconds / total : 0.0,
                      line->seconds > 0 ? 1e-9 * line->work / line->seconds : 0.0);
}

const char *exec_profile_string(struct arena *arena, const struct exec *exec) {
  const struct profile *profile = exec->profile;
  struct string_builder out = {.arena = arena};
  double total = 0, work = 0, runs = profile ? (double)profile->runs : 0;
  if (runs == 0) return "";
  struct line *steps = ARENA_ARRAY(arena, struct line, (size_t)exec->plan->steps), ops[OP_COUNT] = {{0}};
  for (int s = 0; s < exec->plan->steps; s++) {
    struct line *op = &ops[exec->calls[s].op];
    steps[s] = (struct line){step_seconds(exec, s), profile_work(exec, s), 1, s};
    *op = (struct line){op->seconds + steps[s].seconds, op->work + steps[s].work, op->steps + 1,
                        (int)exec->calls[s].op};
    total += steps[s].seconds;
    work += steps[s].work;
  }
  qsort(steps, (size_t)exec->plan->steps, sizeof *steps, by_seconds);
  qsort(ops, OP_COUNT, sizeof *ops, by_seconds);
  string_add(&out,
             "profile of '%s': %.0f runs, %.1f rows each, %.3f ms a run, %.3f GFLOP, %.2f GFLOP/s\n"
             "times below are the threads' own, added up: %.3f ms a run\n",
             exec->graph->name, runs, (double)profile->rows / runs, 1e3 * profile->wall / runs, 1e-9 * work / runs,
             1e-9 * work / profile->wall, 1e3 * total / runs);
  string_put(&out, "        ms      %   GFLOP/s  steps  operation\n");
  for (int i = 0; i < OP_COUNT; i++)
    if (ops[i].steps)
      string_add(&out, "%s %6d  %s\n", figures(arena, &ops[i], runs, total), ops[i].steps, op_info[ops[i].step].name);
  string_put(&out, "        ms      %   GFLOP/s   step  operation, shape, instance\n");
  for (int i = 0; i < exec->plan->steps; i++) {
    const struct node *node = graph_node(exec->graph, exec->plan->order[steps[i].step]);
    char shape[SHAPE_STRING];
    string_add(&out, "%s %6d  %-17s %-26s %s\n", figures(arena, &steps[i], runs, total), steps[i].step,
               op_info[node->op].name, shape_string(shape, node->type.shape, node->type.rows), node->where);
  }
  return string_get(&out);
}
