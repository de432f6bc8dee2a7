/* The verifier: whatever a pass may rely on, checked.  It reports the first thing that is not as graph.h
 * promises.
 *
 * That results do not depend on how rows are batched is proved here, by induction over the nodes: row r of a value
 * with rows depends on row r of what it reads and on values without rows, a value without rows on no row, and only
 * what is marked as coupled on more, by way of an operation that contracts.  It is a second opinion: rows are derived
 * from what leaves are and from which inputs all rows share, not by op_infer. */
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
  if (n->op == OP_clock && (n->attr.i[0] < 0 || n->attr.i[0] >= CLOCKS))
    return broken(fault, g, id, "there is no such clock");
  bool numbered = n->op == OP_variable || n->op == OP_column;
  if (numbered && (n->attr.i[0] < 0 || n->attr.i[0] > UINT32_MAX))
    return broken(fault, g, id, "its number is out of range");
  return true;
}

/* ---- rows ---- */

/* Whether a leaf differs from row to row. */
static bool leaf_has_rows(const struct node *n) {
  switch (n->op) {
  case OP_column: return true; /* it is stored by row */
  case OP_constant:
  case OP_uniform:
  case OP_normal: return n->attr.rows;
  default: return false; /* variables are stored once, and counts are those of the whole batch */
  }
}

/* Whether every row reads all of input k: weights, and what belongs to channels. */
static bool is_shared(enum op op, int k) {
  switch (op) {
  case OP_matmul:
  case OP_conv2d:
  case OP_conv2d_input: return k == 1;
  case OP_batch_norm: return k >= 1;
  case OP_batch_norm_scale:
  case OP_batch_norm_input: return k >= 2;
  default: return false;
  }
}

static bool verify_rows(const struct graph *g, node_id id, struct fault *fault) {
  const struct node *n = graph_node(g, id);
  bool contracts = op_info[n->op].properties & CONTRACTS;
  bool rows = n->op == OP_to_rows || leaf_has_rows(n), coupled = false;
  for (int k = 0; k < n->inputs; k++) {
    const struct node *in = graph_node(g, n->in[k]);
    if (in->type.rows && is_shared(n->op, k)) return broken(fault, g, id, "an input that all rows share has rows");
    if (contracts && !is_shared(n->op, k) && in->type.rows != graph_node(g, n->in[0])->type.rows)
      return broken(fault, g, id, "it sums over rows that only some of its inputs have");
    rows |= in->type.rows;
    coupled |= in->coupled || (contracts && in->type.rows);
  }
  if (contracts) rows = false;
  if (rows && !n->type.rows) return broken(fault, g, id, "it has no rows, but what it reads differs from row to row");
  if (!rows && n->type.rows) return broken(fault, g, id, "it has rows, but nothing in it differs from row to row");
  return coupled == n->coupled || broken(fault, g, id, "it is marked wrongly as depending on other rows");
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
  if (!verify_rows(g, id, fault)) return false;
  if (!op_infer(n->op, &n->attr, in, &out, &problem)) return broken(fault, g, id, problem.text);
  if (!type_equal(&out, &n->type)) return broken(fault, g, id, "its type is not what its inputs make");
  return verify_number(g, id, fault);
}

/* The leaves of one operation by their numbers: a hash table, linear probing. */
struct leaves {
  const struct graph *graph;
  node_id *table;
  size_t slots;
};

static node_id *leaf_of(const struct leaves *leaves, int64_t number) {
  size_t at = (size_t)number % leaves->slots;
  while (leaves->table[at] && graph_node(leaves->graph, leaves->table[at])->attr.i[0] != number)
    at = (at + 1) % leaves->slots;
  return &leaves->table[at];
}

/* Leaves that read the same stored value agree on what it is. */
static bool verify_leaves(struct leaves *leaves, enum op op, struct fault *fault) {
  const struct graph *g = leaves->graph;
  memset(leaves->table, 0, leaves->slots * sizeof *leaves->table);
  for (node_id id = 1; id < g->nodes.n; id++) {
    const struct node *n = graph_node(g, id);
    if (n->op != op) continue;
    node_id *first = leaf_of(leaves, n->attr.i[0]);
    if (!*first) *first = id;
    if (!type_equal(&graph_node(g, *first)->type, &n->type))
      return broken(fault, g, id, "it reads the same storage as another leaf, but with another type");
  }
  return true;
}

static bool verify_write(const struct leaves *variables, const struct root *root, struct fault *fault) {
  const struct graph *g = variables->graph;
  const struct value_type *type = &graph_node(g, root->node)->type;
  node_id variable = *leaf_of(variables, root->target);
  if (type->rows || type->type != F32) return broken(fault, g, root->node, "it cannot be stored in a variable");
  if (variable && !type_equal(&graph_node(g, variable)->type, type))
    return broken(fault, g, root->node, "it does not fit the variable it is written to");
  return true;
}

static bool verify_root(const struct leaves *variables, const struct root *root, struct fault *fault) {
  const struct graph *g = variables->graph;
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
  return root->kind != ROOT_WRITE || verify_write(variables, root, fault);
}

bool graph_verify(const struct graph *g, struct fault *fault) {
  for (node_id id = 1; id < g->nodes.n; id++)
    if (!verify_node(g, id, fault)) return false;
  struct arena *arena = arena_new();
  struct leaves leaves = {.graph = g, .slots = 2 * g->nodes.n};
  leaves.table = ARENA_ARRAY(arena, node_id, leaves.slots);
  bool ok = verify_leaves(&leaves, OP_column, fault) && verify_leaves(&leaves, OP_variable, fault);
  for (size_t k = 0; ok && k < g->roots.n; k++) ok = verify_root(&leaves, &g->roots.at[k], fault);
  arena_free(arena);
  return ok;
}
