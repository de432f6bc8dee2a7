/* The run that looks at every result.  Early writes may replace variables before a bad number is found, so all
 * variables that the graph writes are copied first and put back if one is. */
#include <stdlib.h>

#include "exec/prepared.h"

/* Copies the written variables out into block, or back from it; returns the bytes.  A NULL block only counts. */
static size_t saved(const struct exec *exec, unsigned char *block, bool back, int64_t rows) {
  size_t total = 0;
  for (size_t r = 0; r < exec->graph->roots.n; r++) {
    const struct root *root = &exec->graph->roots.at[r];
    if (root->kind != ROOT_WRITE) continue;
    size_t bytes = (size_t)exec_bytes(exec, &graph_node(exec->graph, root->node)->type, rows);
    void *variable = exec->variable[root->target].data;
    if (block && back) exec->backend->copy(variable, block + total, bytes);
    else if (block) exec->backend->copy(block + total, variable, bytes);
    total += bytes;
  }
  return total;
}

/* Only leaves can hold such numbers here: what was computed has been looked at. */
static bool explain(const struct exec *exec, int s, int64_t rows, struct error *error) {
  const struct call *call = &exec->calls[s];
  const struct node *node = graph_node(exec->graph, exec->plan->order[s]);
  for (int k = 0; k < call->inputs; k++) {
    const struct node *leaf = graph_node(exec->graph, exec->plan->source[node->in[k]]);
    int64_t bad = node_runs(leaf) ? 0 : exec->backend->not_finite(&call->in[k], rows);
    if (bad)
      return error_hint(error, "the %s that it reads as input %d, in '%s', already holds %lld of them",
                        op_info[leaf->op].name, k + 1, node_where(leaf), (long long)bad);
  }
  return error_hint(error, "its inputs are finite: look for a division by zero, the logarithm or root of a number "
                           "that is not positive, or an overflow");
}

/* Whether all results of a group are finite; else names the first that is not. */
static bool look(const struct exec *exec, const struct group *group, int64_t rows, _Atomic int64_t *bad,
                 struct error *error) {
  for (int s = group->begin; s < group->end; s++) {
    const struct node *node = graph_node(exec->graph, exec->plan->order[s]);
    char shape[SHAPE_STRING];
    if (!bad[s]) continue;
    error_set(error, ERROR_NUMBER, "'%s' in '%s' gave %lld of %lld numbers that are infinite or NaN, in %s",
              op_info[node->op].name, node_where(node), (long long)bad[s],
              (long long)(shape_count(node->type.shape) * (node->type.rows ? rows : 1)),
              shape_string(shape, node->type.shape, node->type.rows));
    return explain(exec, s, rows, error);
  }
  return true;
}

bool exec_run_checked(struct exec *exec, int64_t rows, const struct step_context *step_context, struct error *error) {
  if (!rows_fit(exec, rows, error)) return false;
  size_t bytes = saved(exec, NULL, false, rows), next = 0, steps = (size_t)exec->plan->steps;
  unsigned char *block = exec->backend->alloc(bytes);
  if (!block)
    return error_set(error, ERROR_DATA, "no memory to keep the variables in: %.1f MiB were asked for",
                     (double)bytes / 0x1p20);
  _Atomic int64_t *bad = must_alloc(size_product(steps, sizeof *bad));
  for (size_t s = 0; s < steps; s++) bad[s] = 0;
  saved(exec, block, false, rows);
  slab_follow(exec);
  copies_run(exec, &exec->before, 0, exec->before.n, rows);
  bool good = true;
  for (int g = 0; g < exec->plan->groups && good; g++) {
    group_run(exec, g, rows, step_context, bad);
    good = group_done(exec, g, error) && look(exec, &exec->plan->group[g], rows, bad, error);
    if (good) next = writes_run(exec, g, next, rows);
    else saved(exec, block, true, rows);
  }
  if (good) writes_run(exec, exec->plan->groups, next, rows);
  exec->backend->free(block);
  free(bad);
  return good;
}
