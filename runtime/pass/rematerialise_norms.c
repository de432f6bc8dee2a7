/* What is not kept.  A batch normalisation's input is kept for its own gradient, so its output need not be kept for
 * the gradients of the weights that it meets next: there it is rematerialised, which takes less time than
 * storing and fetching it.
 *
 * Requires: a verified graph in which gradients are taken.  Ensures: the same roots with the same values.
 * Breaks: node numbers. */
#include "pass/pass.h"

/* A gradient of weights: a sum over rows of products with what went in, long after that was made. */
static bool is_late(enum op op) {
  return op_info[op].properties & CONTRACTS && op_info[op].arity == 2 && op_info[op].linear;
}

struct graph *rematerialise_norms(struct arena *arena, const struct graph *graph) {
  struct arena *work = arena_new();
  size_t n = graph->nodes.n;
  const bool *live = graph_live(work, graph);
  bool *late = ARENA_ARRAY(work, bool, n), *again = ARENA_ARRAY(work, bool, n);
  bool *read_late = ARENA_ARRAY(work, bool, n), *kept = ARENA_ARRAY(work, bool, n);
  for (size_t i = 1; i < n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    late[i] = live[i] && is_late(node->op);
    for (int k = 0; live[i] && k < node->inputs; k++) {
      read_late[node->in[k]] |= late[i];
      kept[node->in[k]] |= node->op == OP_batch_norm_scale || node->op == OP_batch_norm_input;
    }
  }
  for (size_t i = 1; i < n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    again[i] = node->op == OP_batch_norm && node->type.rows && read_late[i] && kept[node->in[0]];
  }
  for (size_t r = 0; r < graph->roots.n; r++) again[graph->roots.at[r].node] = false;
  struct graph *rematerialised = rematerialise(arena, graph, again, late, ARENA_ARRAY(work, node_id, n));
  arena_free(work);
  return rematerialised;
}
