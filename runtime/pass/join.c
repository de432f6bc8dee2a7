/* Joining the first graphs of cuts, so that one pass over a split computes the values of all.
 *
 * Requires: both graphs read the same split under the same conditions (variables of the same time).
 * Ensures:  `to` has the roots of both; what both compute is one node, and has one column.
 * Breaks:   the columns of `from`'s second graph, until with_columns has renumbered them. */
#include "pass/pass.h"

/* Appends a copy of a graph's nodes; map gets their new numbers. */
static void append(struct graph *to, const struct graph *from, const uint32_t *column, node_id *map) {
  for (node_id id = 1; id < from->nodes.n; id++) {
    const struct node *n = graph_node(from, id);
    struct attr attr = n->attr;
    node_id in[MAX_INPUTS];
    for (int k = 0; k < n->inputs; k++) in[k] = map[n->in[k]];
    if (column && n->op == OP_column) attr.i[0] = column[attr.i[0]];
    to->where = n->where;
    to->location = n->location;
    map[id] = graph_add(to, n->op, &attr, in, NULL);
  }
  to->where = "";
}

static const struct root *root_at(const struct graph *graph, node_id node) {
  for (size_t k = 0; k < graph->roots.n; k++)
    if (graph->roots.at[k].node == node) return &graph->roots.at[k];
  return NULL;
}

void join_cuts(struct graph *to, const struct graph *from, uint32_t *column) {
  node_id *map = ARENA_ARRAY(to->arena, node_id, from->nodes.n);
  append(to, from, NULL, map);
  for (size_t k = 0; k < from->roots.n; k++) {
    const struct root *root = &from->roots.at[k], *same = root_at(to, map[root->node]);
    column[root->target] = same ? same->target : root->target;
    if (same) continue;
    const char *name = arena_format(to->arena, "cut:%zu", to->roots.n);
    graph_root(to, ROOT_VALUE, name, root->target, map[root->node]);
  }
}

struct graph *with_columns(struct arena *arena, const struct graph *graph, const uint32_t *column) {
  struct graph *out = graph_new(arena, graph->name, graph->plain);
  node_id *map = ARENA_ARRAY(arena, node_id, graph->nodes.n);
  append(out, graph, column, map);
  graph_copy_roots(out, graph, map);
  return out;
}
