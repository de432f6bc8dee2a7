/* Cutting a graph in two.
 *
 * Requires: a verified graph.
 * Ensures:  first's roots are the values cut, "cut:<k>", with column first_column + k as their target; second
 *           computes the original roots with that column in the place of cut value k.
 * Breaks:   node numbers.
 *
 * The values cut are the last ones on which the condition still holds: all their inputs' conditions hold too,
 * and some reader or root is on the other side.  Leaves are never cut: reading them again is as cheap as reading
 * a cut. */
#include "pass/pass.h"

struct cutting {
  struct arena *arena;
  const struct graph *graph;
  uint32_t first_column;
  bool *before;    /* by node: belongs to the first graph */
  const bool *sum; /* by node: a sum over rows to cut at; NULL: at values with rows */
  node_id *cut;    /* by node: 1 + which cut, or 0 */
  size_t cuts;
};

static bool worth_cutting(const struct cutting *c, node_id id) {
  const struct node *n = graph_node(c->graph, id);
  return c->sum ? c->sum[id] : op_info[n->op].class != LEAF && n->type.rows;
}

/* A value the second graph needs: cut it, or let the second graph make it from its leaves. */
static void need(struct cutting *c, node_id id, bool *needed) {
  if (c->before[id] && worth_cutting(c, id)) {
    if (!c->cut[id]) c->cut[id] = (node_id)++c->cuts;
    return;
  }
  needed[id] = true;
}

static struct graph *first_part(struct cutting *c, node_id *order) {
  struct graph whole = *c->graph;
  whole.roots.at = NULL;
  whole.roots.n = whole.roots.capacity = 0;
  for (size_t k = 0; k < c->cuts; k++)
    graph_root(&whole, ROOT_VALUE, arena_format(c->arena, "cut:%zu", k), c->first_column + (uint32_t)k, order[k]);
  return prune(c->arena, &whole, NULL);
}

static struct cut cut_where(struct cutting *c) {
  const struct graph *g = c->graph;
  size_t n = g->nodes.n;
  c->cut = ARENA_ARRAY(c->arena, node_id, n);
  bool *needed = ARENA_ARRAY(c->arena, bool, n);
  for (size_t k = 0; k < g->roots.n; k++) need(c, g->roots.at[k].node, needed);
  for (node_id id = (node_id)n - 1; id > 0; id--)
    for (int k = 0; needed[id] && k < graph_node(g, id)->inputs; k++) need(c, graph_node(g, id)->in[k], needed);
  node_id *order = ARENA_ARRAY(c->arena, node_id, c->cuts), *map = ARENA_ARRAY(c->arena, node_id, n);
  struct graph *second = graph_new(c->arena, g->name, g->plain);
  for (node_id id = 1; id < n; id++) {
    const struct node *node = graph_node(g, id);
    second->where = node->where;
    second->location = node->location;
    if (c->cut[id]) {
      order[c->cut[id] - 1] = id;
      struct attr attr = {
          .i = {c->first_column + c->cut[id] - 1, node->type.type}, .shape = node->type.shape, .rows = node->type.rows};
      map[id] = graph_add(second, OP_column, &attr, NULL, NULL);
    } else if (needed[id]) {
      node_id in[MAX_INPUTS];
      for (int k = 0; k < node->inputs; k++) in[k] = map[node->in[k]];
      map[id] = graph_add(second, node->op, &node->attr, in, NULL);
    }
  }
  second->where = "";
  graph_copy_roots(second, g, map);
  return (struct cut){first_part(c, order), second, c->cuts};
}

/* By node: whether it reads how many current rows there are, which a batch does not know. */
static bool *reads_count(struct arena *arena, const struct graph *graph) {
  bool *counts = ARENA_ARRAY(arena, bool, graph->nodes.n);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    counts[id] = op_info[node->op].properties & COUNTS_ROWS;
    for (int k = 0; k < node->inputs; k++) counts[id] |= counts[node->in[k]];
  }
  return counts;
}

struct cut cut_at_rows(struct arena *arena, const struct graph *graph, uint32_t first_column) {
  struct cutting c = {
      .arena = arena, .graph = graph, .first_column = first_column, .before = ARENA_ARRAY(arena, bool, graph->nodes.n)};
  const bool *counts = reads_count(arena, graph);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    c.before[id] = node->type.rows && !node->coupled && !counts[id];
  }
  return cut_where(&c);
}

struct cut cut_at_sums(struct arena *arena, const struct graph *graph, uint32_t first_column) {
  bool *sum = ARENA_ARRAY(arena, bool, graph->nodes.n);
  const bool *counts = reads_count(arena, graph);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    sum[id] = op_info[node->op].properties & CONTRACTS && op_info[node->op].linear && !node->type.rows && !counts[id];
    bool rows = false;
    for (int k = 0; k < node->inputs; k++) {
      sum[id] &= !graph_node(graph, node->in[k])->coupled;
      rows |= graph_node(graph, node->in[k])->type.rows;
    }
    sum[id] &= rows;
  }
  struct cutting c = {.arena = arena, .graph = graph, .first_column = first_column, .before = sum, .sum = sum};
  return cut_where(&c);
}

struct cut cut_frozen(struct arena *arena, const struct graph *graph, const bool *frozen, uint32_t first_column) {
  size_t n = graph->nodes.n;
  struct cutting c = {
      .arena = arena, .graph = graph, .first_column = first_column, .before = ARENA_ARRAY(arena, bool, n)};
  bool *still = ARENA_ARRAY(arena, bool, n), *costly = ARENA_ARRAY(arena, bool, n);
  for (node_id id = 1; id < n; id++) {
    const struct node *node = graph_node(graph, id);
    unsigned properties = op_info[node->op].properties;
    bool changes = properties & (TELLS_TIME | COUNTS_ROWS) || (properties & DRAWS && !node->attr.i[0]);
    still[id] = !node->coupled && !changes && (node->op != OP_variable || frozen[node->attr.i[0]]);
    costly[id] = node->op == OP_variable; /* what reads no weight is cheap enough to be made in every step */
    for (int k = 0; k < node->inputs; k++) {
      still[id] &= still[node->in[k]];
      costly[id] |= costly[node->in[k]];
    }
    c.before[id] = still[id] && costly[id];
  }
  return cut_where(&c);
}
