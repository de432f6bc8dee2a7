/* The verifier: whatever a pass may rely on, checked. */
#include "graph/graph.h"

static bool broken(struct fault *fault, const struct graph *g, node_id id, const char *what) {
  const struct node *n = graph_node(g, id);
  return fault_set(fault, FAULT_MODEL, "graph '%s' is broken at %%%u (%s): %s", g->name, id,
                   n->op < OP_COUNT ? op_info[n->op].name : "?", what);
}

static bool type_equal(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

static bool verify_node(const struct graph *g, node_id id, struct fault *fault) {
  const struct node *n = graph_node(g, id);
  struct value_type in[MAX_INPUTS], out;
  struct shape_problem problem;
  bool coupled = false;
  if (n->op <= OP_NONE || n->op >= OP_COUNT) return broken(fault, g, id, "no such operation");
  if (n->inputs != op_info[n->op].arity) return broken(fault, g, id, "wrong number of inputs");
  if (!n->where) return broken(fault, g, id, "it belongs nowhere");
  for (int k = 0; k < n->inputs; k++) {
    if (!n->in[k] || n->in[k] >= id) return broken(fault, g, id, "an input does not come before it");
    in[k] = graph_node(g, n->in[k])->type;
    coupled |= graph_node(g, n->in[k])->coupled || (op_info[n->op].properties & CONTRACTS && in[k].rows);
  }
  if (!op_infer(n->op, &n->attr, in, &out, &problem)) return broken(fault, g, id, problem.text);
  if (out.rows != n->type.rows) return broken(fault, g, id, "it has rows where it cannot, or none where it must");
  if (!type_equal(&out, &n->type)) return broken(fault, g, id, "its type is not what its inputs make");
  if (coupled != n->coupled) return broken(fault, g, id, "it is marked wrongly as depending on other rows");
  return true;
}

static bool verify_root(const struct graph *g, const struct root *root, struct fault *fault) {
  if (!root->node || root->node >= g->nodes.n)
    return fault_set(fault, FAULT_MODEL, "graph '%s' is broken: root '%s' is no node", g->name, root->name);
  if (root->kind == ROOT_WRITE && graph_node(g, root->node)->type.rows)
    return broken(fault, g, root->node, "a value with rows cannot be stored");
  for (size_t k = 0; &g->roots.at[k] < root; k++)
    if (root->kind == ROOT_WRITE && g->roots.at[k].kind == ROOT_WRITE && g->roots.at[k].target == root->target)
      return broken(fault, g, root->node, "a variable is written twice");
  return true;
}

bool graph_verify(const struct graph *g, struct fault *fault) {
  for (node_id id = 1; id < g->nodes.n; id++)
    if (!verify_node(g, id, fault)) return false;
  for (size_t k = 0; k < g->roots.n; k++)
    if (!verify_root(g, &g->roots.at[k], fault)) return false;
  return true;
}
