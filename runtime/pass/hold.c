/* Holding stopped values: for differences that are to see what a gradient sees.
 *
 * Requires: a verified graph.
 * Ensures:  values has a root for each live stop(...), "held:<k>", whose target is the column or variable that stands
 * for
 *           it; rest computes the graph's own roots with that leaf in its place.
 * Breaks:   node numbers.
 *
 * A value with rows becomes a column, one without a variable; numbers that are not floats pass no gradient anyway and
 * are left as they are. */
#include <string.h>

#include "pass/pass.h"

static bool is_held(const struct graph *graph, node_id id) {
  const struct node *n = graph_node(graph, id);
  return n->op == OP_stop && n->type.type == F32;
}

struct held hold_stopped(struct arena *arena, const struct graph *graph, uint32_t first_column,
                         uint32_t first_variable) {
  const bool *live = graph_live(arena, graph);
  struct graph *rest = graph_new(arena, graph->name, graph->plain), values = *graph;
  node_id *map = ARENA_ARRAY(arena, node_id, graph->nodes.n);
  size_t held = 0;
  memset(&values.roots, 0, sizeof values.roots);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *n = graph_node(graph, id);
    node_id in[MAX_INPUTS];
    if (!live[id]) continue;
    rest->where = n->where;
    rest->location = n->location;
    if (is_held(graph, id)) {
      uint32_t target = n->type.rows ? first_column++ : first_variable++;
      struct attr attr = {.i = {target}, .shape = n->type.shape, .rows = n->type.rows};
      if (n->type.rows) attr.i[1] = n->type.type;
      map[id] = graph_add(rest, n->type.rows ? OP_column : OP_variable, &attr, NULL, NULL);
      graph_root(&values, ROOT_VALUE, arena_format(arena, "held:%zu", held++), target, id);
      continue;
    }
    for (int k = 0; k < n->inputs; k++) in[k] = map[n->in[k]];
    map[id] = graph_add(rest, n->op, &n->attr, in, NULL);
  }
  graph_copy_roots(rest, graph, map);
  return (struct held){held ? prune(arena, &values, NULL) : NULL, prune(arena, rest, NULL)};
}
