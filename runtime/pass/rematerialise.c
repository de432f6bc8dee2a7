/* Rematerialisation: values that are not kept for their late readers, but computed for them again (Griewank and
 * Walther 2000).  The second computation is a node of a CSE class of its own, so that it is not shared with the
 * first; it is the same operation on the same inputs, or on those inputs' second computation, and gives the same
 * bits.
 *
 * Requires: a verified graph; no value marked is read by a root.  Ensures: roots, their order and their values
 * stay; readers that are not late read what they read before.  Breaks: node numbers. */
#include <string.h>

#include "pass/pass.h"

struct copy {
  const struct graph *from;
  struct graph *to;
  bool *again;             /* by old node: marked, or a view of what is */
  node_id *first, *second; /* by old node; 0: not made (yet) */
  int cse_class;
};

static node_id add(struct copy *c, const struct node *node, const node_id *in, int cse_class) {
  c->to->where = node->where;
  c->to->location = node->location;
  c->to->cse_class = cse_class;
  return graph_add(c->to, node->op, &node->attr, in, NULL);
}

static node_id compute_again(struct copy *c, node_id id) {
  const struct node *node = graph_node(c->from, id);
  node_id in[MAX_INPUTS];
  if (!c->again[id]) return c->first[id];
  if (c->second[id]) return c->second[id];
  for (int k = 0; k < node->inputs; k++) in[k] = compute_again(c, node->in[k]);
  return c->second[id] = add(c, node, in, c->cse_class);
}

struct graph *rematerialise(struct arena *arena, const struct graph *graph, const bool *again, const bool *late,
                            node_id *map) {
  size_t n = graph->nodes.n;
  const bool *live = graph_live(arena, graph);
  struct copy c = {.from = graph, .to = graph_new(arena, graph->name, graph->plain), .first = map};
  c.to->rows = graph->rows;
  c.again = ARENA_ARRAY(arena, bool, n);
  c.second = ARENA_ARRAY(arena, node_id, n);
  memset(map, 0, n * sizeof *map);
  for (node_id id = 1; id < n; id++) {
    const struct node *node = graph_node(graph, id);
    c.again[id] = again[id] || (op_info[node->op].class == VIEW && c.again[node->in[0]]);
    if (node->cse_class >= c.cse_class) c.cse_class = node->cse_class + 1;
  }
  for (node_id id = 1; id < n; id++) {
    const struct node *node = graph_node(graph, id);
    node_id in[MAX_INPUTS];
    if (!live[id]) continue;
    for (int k = 0; k < node->inputs; k++) in[k] = late[id] ? compute_again(&c, node->in[k]) : c.first[node->in[k]];
    c.first[id] = add(&c, node, in, node->cse_class);
    graph_at(c.to, c.first[id])->chunk = node->chunk;
    graph_at(c.to, c.first[id])->tile = node->tile;
  }
  graph_copy_roots(c.to, graph, c.first);
  c.to->where = "";
  c.to->cse_class = 0;
  return c.to;
}
