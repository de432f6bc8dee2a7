/* The run that looks at every result.  Early writes may replace variables before a bad number is found, so all
 * variables that the graph writes are copied first and put back if one is. */
#include <inttypes.h>
#include <math.h>
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

/* The leaf that a step reads as its last input, as it is or as a float, whose values are still there. */
static bool read_leaf(const struct exec *exec, int s, struct operand *leaf) {
  const struct call *call = &exec->calls[s];
  node_id id = exec->plan->source[graph_node(exec->graph, exec->plan->order[s])->in[call->inputs - 1]];
  *leaf = call->in[call->inputs - 1];
  if (!node_runs(graph_node(exec->graph, id))) return true;
  if (graph_node(exec->graph, id)->op != OP_to_float) return false;
  for (int t = s - 1; t >= 0; t--)
    if (exec->plan->order[t] == id) return read_leaf(exec, t, leaf);
  return false;
}

/* An index that is none makes NaN: says how many there are, and the first that is none, where it is known. */
static bool explain_index(const struct exec *exec, int s, int64_t rows, struct error *error) {
  const struct call *call = &exec->calls[s];
  const struct value_type in[2] = {call->in[0].type, call->in[call->inputs - 1].type};
  int64_t n = op_indices(call->op, call->attr, in), last = n - 1;
  struct operand index;
  if (!n) return false;
  bool known = read_leaf(exec, s, &index);
  size_t bytes = index.type.type == F32 ? backend_element(exec->backend) : dtype_size(index.type.type);
  int64_t each = shape_count(index.type.shape), all = each * (index.type.rows ? rows : 1);
  for (int64_t i = 0; known && i < all; i++, index.data = (unsigned char *)index.data + bytes) {
    double found = exec->backend->number(&index);
    if (found == round(found) && found >= 0 && found < (double)n) continue;
    if (index.type.rows)
      error_hint(error, "it takes indices from 0 to %" PRId64 ", and row %" PRId64 " of the batch has %g", last,
                 i / each, found);
    else error_hint(error, "it takes indices from 0 to %" PRId64 ", and is given %g", last, found);
    return true;
  }
  error_hint(error, "it takes indices from 0 to %" PRId64 ", and is given another", last);
  return true;
}

/* Only leaves can hold such numbers here: what was computed has been looked at. */
static bool explain(const struct exec *exec, int s, int64_t rows, struct error *error) {
  const struct call *call = &exec->calls[s];
  const struct node *node = graph_node(exec->graph, exec->plan->order[s]);
  for (int k = 0; k < call->inputs; k++) {
    const struct node *leaf = graph_node(exec->graph, exec->plan->source[node->in[k]]);
    int64_t bad = node_runs(leaf) ? 0 : exec->backend->not_finite(&call->in[k], rows);
    if (!bad) continue;
    if (leaf->op == OP_column && exec->column_names)
      return error_hint(error, "the column '%s' that it reads as input %d already holds %lld of them",
                        exec->column_names[leaf->attr.i[0]].name, k + 1, (long long)bad);
    return error_hint(error, "the %s that it reads as input %d, in '%s', already holds %lld of them",
                      op_info[leaf->op].name, k + 1, node_where(leaf), (long long)bad);
  }
  if (explain_index(exec, s, rows, error)) return false;
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
