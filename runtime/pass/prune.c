/* Pruning: only what the roots reach.
 *
 * Requires: a verified graph.  Ensures: every node of the result is reached by a root; order, types and roots stay.
 * Breaks: node numbers. */
#include <string.h>

#include "pass/pass.h"

struct graph *prune(struct arena *arena, const struct graph *graph, node_id *map) {
  struct graph *out = graph_new(arena, graph->name, graph->plain);
  size_t n = graph->nodes.n;
  const bool *seen = graph_live(arena, graph);
  node_id *own = map ? map : ARENA_ARRAY(arena, node_id, n);
  memset(own, 0, n * sizeof *own);
  for (node_id id = 1; id < n; id++)
    if (seen[id]) own[id] = graph_copy(out, graph_node(graph, id), own);
  graph_copy_roots(out, graph, own);
  out->where = "";
  out->cse_class = 0;
  return out;
}
