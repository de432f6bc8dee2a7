/* The verifier: whatever a pass may rely on, checked.  It reports the first thing that is not as graph.h
 * promises.
 *
 * That results do not depend on how rows are batched is proved here, by induction over the nodes: row r of a value
 * with rows depends on row r of what it reads and on values without rows, a value without rows on no row, and only
 * what is marked as coupled on more, by way of an operation that contracts.  It is a second opinion: rows are derived
 * from what leaves are and from which inputs all rows share, not by op_infer. */
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

static bool broken(struct error *error, const struct graph *g, node_id id, const char *what) {
  const struct node *n = graph_node(g, id);
  return error_set(error, ERROR_MODEL, "graph '%s' is broken at %%%u (%s): %s", g->name, id,
                   n->op < OP_COUNT && n->op > OP_NONE ? op_info[n->op].name : "?", what);
}

static bool type_equal(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

/* Settings by which leaves refer to the program's tables, and to clocks. */
static bool verify_numbers(const struct graph *g, node_id id, struct error *error) {
  const struct node *n = graph_node(g, id);
  struct op_setting setting = {0};
  while (op_setting_next(n->op, &setting)) {
    bool numbered = setting.type == SETTING_VARIABLE || setting.type == SETTING_COLUMN;
    int64_t most = numbered ? (int64_t)UINT32_MAX : setting.type == SETTING_CLOCK ? CLOCKS - 1 : -1;
    if (most < 0 || (n->attr.i[setting.at] >= 0 && n->attr.i[setting.at] <= most)) continue;
    return broken(error, g, id, numbered ? "its number is out of range" : "there is no such clock");
  }
  return true;
}

/* ---- rows ---- */

/* Whether it differs from row to row whatever it reads.  Variables are stored once, and counts are those of the whole
 * batch. */
static bool makes_rows(const struct node *n) {
  unsigned properties = op_info[n->op].properties;
  return properties & MAKES_ROWS || (properties & SAYS_ROWS && n->attr.rows);
}

/* Whether every row reads all of input k: weights, and what belongs to channels. */
static bool is_shared(enum op op, int k) { return input_in(op_info[op].shared, k); }

static bool verify_rows(const struct graph *g, node_id id, struct error *error) {
  const struct node *n = graph_node(g, id);
  bool contracts = op_info[n->op].properties & CONTRACTS;
  bool rows = makes_rows(n), coupled = op_info[n->op].properties & OF_BATCH || shape_batch_axes(n->type.shape);
  for (int k = 0; k < n->inputs; k++) {
    const struct node *in = graph_node(g, n->in[k]);
    if (in->type.rows && is_shared(n->op, k)) return broken(error, g, id, "an input that all rows share has rows");
    if (contracts && !is_shared(n->op, k) && in->type.rows != graph_node(g, n->in[0])->type.rows)
      return broken(error, g, id, "it sums over rows that only some of its inputs have");
    rows |= in->type.rows;
    coupled |= in->coupled || (contracts && in->type.rows);
  }
  if (contracts || op_info[n->op].properties & GATHERS) rows = false;
  if (rows && !n->type.rows) return broken(error, g, id, "it has no rows, but what it reads differs from row to row");
  if (!rows && n->type.rows) return broken(error, g, id, "it has rows, but nothing in it differs from row to row");
  return coupled == n->coupled || broken(error, g, id, "it is marked wrongly as depending on other rows");
}

static bool verify_node(const struct graph *g, node_id id, struct error *error) {
  const struct node *n = graph_node(g, id);
  struct value_type in[MAX_INPUTS], out;
  struct shape_problem problem;
  if (n->op <= OP_NONE || n->op >= OP_COUNT) return broken(error, g, id, "no such operation");
  if (n->inputs != op_info[n->op].arity) return broken(error, g, id, "wrong number of inputs");
  if (!n->where) return broken(error, g, id, "it belongs nowhere");
  for (int k = 0; k < n->inputs; k++) {
    if (!n->in[k] || n->in[k] >= id) return broken(error, g, id, "an input does not come before it");
    in[k] = graph_node(g, n->in[k])->type;
  }
  if (!verify_rows(g, id, error)) return false;
  if (!op_infer(n->op, &n->attr, in, &out, &problem)) return broken(error, g, id, problem.message);
  if (!type_equal(&out, &n->type)) return broken(error, g, id, "its type is not what its inputs make");
  return verify_numbers(g, id, error);
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
static bool verify_leaves(struct leaves *leaves, enum op op, struct error *error) {
  const struct graph *g = leaves->graph;
  memset(leaves->table, 0, leaves->slots * sizeof *leaves->table);
  for (node_id id = 1; id < g->nodes.n; id++) {
    const struct node *n = graph_node(g, id);
    if (n->op != op) continue;
    node_id *first = leaf_of(leaves, n->attr.i[0]);
    if (!*first) *first = id;
    if (!type_equal(&graph_node(g, *first)->type, &n->type))
      return broken(error, g, id, "it reads the same storage as another leaf, but with another type");
  }
  return true;
}

static bool verify_write(const struct leaves *variables, const struct root *root, struct error *error) {
  const struct graph *g = variables->graph;
  const struct value_type *type = &graph_node(g, root->node)->type;
  node_id variable = *leaf_of(variables, root->target);
  if (type->rows || type->type != F32) return broken(error, g, root->node, "it cannot be stored in a variable");
  if (variable && !type_equal(&graph_node(g, variable)->type, type))
    return broken(error, g, root->node, "it does not fit the variable it is written to");
  return true;
}

static bool verify_root(const struct leaves *variables, const struct root *root, struct error *error) {
  const struct graph *g = variables->graph;
  if (!root->name || !root->node || root->node >= g->nodes.n)
    return error_set(error, ERROR_MODEL, "graph '%s' is broken: root '%s' is not a node", g->name,
                     root->name ? root->name : "");
  return root->kind != ROOT_WRITE || verify_write(variables, root, error);
}

/* Values by their names, then writes by their targets. */
static int by_what(const void *a, const void *b) {
  const struct root *x = *(const struct root *const *)a, *y = *(const struct root *const *)b;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  return x->kind == ROOT_VALUE ? strcmp(x->name, y->name) : (x->target > y->target) - (x->target < y->target);
}

static bool verify_unique(struct arena *arena, const struct graph *g, struct error *error) {
  const struct root **root = ARENA_ARRAY(arena, const struct root *, g->roots.n);
  for (size_t k = 0; k < g->roots.n; k++) root[k] = &g->roots.at[k];
  qsort(root, g->roots.n, sizeof *root, by_what);
  for (size_t k = 1; k < g->roots.n; k++)
    if (!by_what(&root[k - 1], &root[k]))
      return broken(error, g, root[k]->node,
                    root[k]->kind == ROOT_WRITE ? "a variable is written twice" : "two values have the same name");
  return true;
}

bool graph_verify(const struct graph *g, struct error *error) {
  for (node_id id = 1; id < g->nodes.n; id++)
    if (!verify_node(g, id, error)) return false;
  struct arena *arena = arena_new();
  struct leaves leaves = {.graph = g, .slots = 2 * g->nodes.n};
  leaves.table = ARENA_ARRAY(arena, node_id, leaves.slots);
  bool ok = verify_leaves(&leaves, OP_column, error) && verify_leaves(&leaves, OP_variable, error);
  for (size_t k = 0; ok && k < g->roots.n; k++) ok = verify_root(&leaves, &g->roots.at[k], error);
  ok = ok && verify_unique(arena, g, error);
  arena_free(arena);
  return ok;
}
