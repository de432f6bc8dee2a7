/* The verifier: whatever a pass may rely on, checked.  It reports the first thing that is not as graph.h promises. */
#include "graph/graph.h"

static bool broken(struct fault *fault, const struct graph *g, node_id id, const char *what) {
  const struct node *n = graph_node(g, id);
  return fault_set(fault, FAULT_MODEL, "graph '%s' is broken at %%%u (%s): %s", g->name, id,
                   n->op < OP_COUNT && n->op > OP_NONE ? op_info[n->op].name : "?", what);
}

static bool type_equal(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

/* Numbers by which leaves refer to the program's tables. */
static bool verify_number(const struct graph *g, node_id id, struct fault *fault) {
  const struct node *n = graph_node(g, id);
  if (n->op == OP_clock && (n->attr.i[0] < 0 || n->attr.i[0] > 3))
    return broken(fault, g, id, "there is no such clock");
  bool numbered = n->op == OP_variable || n->op == OP_column;
  if (numbered && (n->attr.i[0] < 0 || n->attr.i[0] > UINT32_MAX))
    return broken(fault, g, id, "its number is out of range");
  return true;
}

static bool verify_node(const struct graph *g, node_id id, struct fault *fault) {
  const struct node *n = graph_node(g, id);
  struct value_type in[MAX_INPUTS], out;
  struct shape_problem problem;
  if (n->op <= OP_NONE || n->op >= OP_COUNT) return broken(fault, g, id, "no such operation");
  if (n->inputs != op_info[n->op].arity) return broken(fault, g, id, "wrong number of inputs");
  if (!n->where) return broken(fault, g, id, "it belongs nowhere");
  for (int k = 0; k < n->inputs; k++) {
    if (!n->in[k] || n->in[k] >= id) return broken(fault, g, id, "an input does not come before it");
    in[k] = graph_node(g, n->in[k])->type;
  }
  if (!op_infer(n->op, &n->attr, in, &out, &problem)) return broken(fault, g, id, problem.text);
  if (out.rows != n->type.rows) return broken(fault, g, id, "it has rows where it cannot, or none where it must");
  if (!type_equal(&out, &n->type)) return broken(fault, g, id, "its type is not what its inputs make");
  if (graph_couples(g, n->op, n->in) != n->coupled)
    return broken(fault, g, id, "it is marked wrongly as depending on other rows");
  return verify_number(g, id, fault);
}

/* Leaves that read the same stored value agree on what it is; found through their numbers, sorted by insertion into a
 * table as large as the graph. */
static bool verify_leaves(const struct graph *g, enum op op, struct fault *fault) {
  size_t slots = 2 * g->nodes.n;
  struct arena *arena = arena_new();
  node_id *table = ARENA_ARRAY(arena, node_id, slots);
  bool ok = true;
  for (node_id id = 1; ok && id < g->nodes.n; id++) {
    const struct node *n = graph_node(g, id);
    if (n->op != op) continue;
    size_t at = (size_t)n->attr.i[0] % slots;
    while (table[at] && graph_node(g, table[at])->attr.i[0] != n->attr.i[0]) at = (at + 1) % slots;
    if (!table[at])
      table[at] = id;
    else if (!type_equal(&graph_node(g, table[at])->type, &n->type))
      ok = broken(fault, g, id, "it reads the same storage as another leaf, but with another type");
  }
  arena_free(arena);
  return ok;
}

static bool verify_write(const struct graph *g, const struct root *root, struct fault *fault) {
  const struct value_type *type = &graph_node(g, root->node)->type;
  if (type->rows || type->type != F32) return broken(fault, g, root->node, "it cannot be stored in a variable");
  for (node_id id = 1; id < g->nodes.n; id++) {
    const struct node *n = graph_node(g, id);
    if (n->op == OP_variable && n->attr.i[0] == root->target && !type_equal(&n->type, type))
      return broken(fault, g, root->node, "it does not fit the variable it is written to");
  }
  return true;
}

static bool verify_root(const struct graph *g, const struct root *root, struct fault *fault) {
  if (!root->name || !root->node || root->node >= g->nodes.n)
    return fault_set(fault, FAULT_MODEL, "graph '%s' is broken: root '%s' is no node", g->name,
                     root->name ? root->name : "");
  for (const struct root *other = g->roots.at; other < root; other++) {
    if (other->kind != root->kind) continue;
    if (root->kind == ROOT_WRITE && other->target == root->target)
      return broken(fault, g, root->node, "a variable is written twice");
    if (root->kind == ROOT_VALUE && !strcmp(other->name, root->name))
      return broken(fault, g, root->node, "two values have the same name");
  }
  return root->kind != ROOT_WRITE || verify_write(g, root, fault);
}

bool graph_verify(const struct graph *g, struct fault *fault) {
  for (node_id id = 1; id < g->nodes.n; id++)
    if (!verify_node(g, id, fault)) return false;
  if (!verify_leaves(g, OP_variable, fault) || !verify_leaves(g, OP_column, fault)) return false;
  for (size_t k = 0; k < g->roots.n; k++)
    if (!verify_root(g, &g->roots.at[k], fault)) return false;
  return true;
}
