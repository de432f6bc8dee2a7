/* Pruning: only what the roots reach.
 *
 * Requires: a verified graph.  Ensures: every node of the result is reached by a root; order, types and roots stay.
 * Breaks: node numbers. */
#include <string.h>

#include "pass/pass.h"

/* Appends a copy of a node with its inputs mapped; what was folded and shared stays as it was. */
static node_id copy_node(struct graph *to, const struct node *n, const node_id *map) {
  node_id in[MAX_INPUTS];
  for (int k = 0; k < n->inputs; k++) in[k] = map[n->in[k]];
  to->where = n->where;
  to->location = n->location;
  to->cse_class = n->cse_class;
  return graph_add(to, n->op, &n->attr, in, NULL);
}

struct graph *prune(struct arena *arena, const struct graph *graph, node_id *map) {
  struct graph *out = graph_new(arena, graph->name, graph->plain);
  size_t n = graph->nodes.n;
  const bool *seen = graph_live(arena, graph);
  node_id *own = map ? map : ARENA_ARRAY(arena, node_id, n);
  memset(own, 0, n * sizeof *own);
  for (node_id id = 1; id < n; id++)
    if (seen[id]) own[id] = copy_node(out, graph_node(graph, id), own);
  for (size_t k = 0; k < graph->roots.n; k++) {
    const struct root *r = &graph->roots.at[k];
    graph_root(out, r->kind, r->name, r->target, own[r->node]);
  }
  out->where = "";
  out->cse_class = 0;
  return out;
}
