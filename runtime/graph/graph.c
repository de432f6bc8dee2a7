/* Building a graph.
 *
 * Sharing: a hash table from (operation, inputs, settings) to the node that has them (hash-consing, Ershov
 * 1958), open addressing, linear probing.  Where a node was made (`where`, `place`) is not part of what it is:
 * the first maker's stands.  Folding is in fold.c. */
#include "graph/graph.h"

#include "base/random.h"
#include "graph/fold.h"

node_id graph_push(struct graph *graph, struct node node) {
  node_id id = (node_id)graph->nodes.n++;
  unsigned block = (unsigned)__builtin_clz(FIRST_NODES) - (unsigned)__builtin_clz(id + FIRST_NODES);
  if (!graph->nodes.block[block])
    graph->nodes.block[block] = ARENA_ARRAY(graph->arena, struct node, (size_t)FIRST_NODES << block);
  *graph_at(graph, id) = node;
  return id;
}

struct graph *graph_new(struct arena *arena, const char *name, bool plain) {
  struct graph *graph = ARENA_NEW(arena, struct graph);
  *graph = (struct graph){.arena = arena, .name = name, .plain = plain, .where = ""};
  graph_push(graph, (struct node){.where = ""});
  return graph;
}

/* ---- sharing ---- */

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static uint64_t hash(enum op op, const struct attr *attr, const node_id *in, int cse_class) {
  uint64_t key = key_mix((uint64_t)op, attr->key + (uint64_t)cse_class);
  for (int k = 0; k < op_info[op].arity; k++) key = key_mix(key, in[k]);
  for (int k = 0; k < ATTR_WHOLES; k++) key = key_mix(key, (uint64_t)attr->i[k]);
  for (int k = 0; k < 2; k++) key = key_mix(key, bits_of(attr->f[k]));
  for (int k = 0; k < attr->shape.rank; k++) key = key_mix(key, (uint64_t)attr->shape.dim[k]);
  return key_mix(key, (uint64_t)attr->rows);
}

static bool same_settings(const struct attr *a, const struct attr *b) {
  for (int k = 0; k < ATTR_WHOLES; k++)
    if (a->i[k] != b->i[k]) return false;
  for (int k = 0; k < 2; k++)
    if (bits_of(a->f[k]) != bits_of(b->f[k])) return false;
  return a->key == b->key && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

bool node_same_operation(const struct node *a, const struct node *b) {
  return a->op == b->op && a->cse_class == b->cse_class && same_settings(&a->attr, &b->attr);
}

static bool same(const struct node *node, enum op op, const struct attr *attr, const node_id *in, int cse_class) {
  if (node->op != op || node->cse_class != cse_class) return false;
  for (int k = 0; k < node->inputs; k++)
    if (node->in[k] != in[k]) return false;
  return same_settings(&node->attr, attr);
}

/* The slot of the node that is the same, or an empty one. */
static uint32_t *slot_of(struct graph *graph, enum op op, const struct attr *attr, const node_id *in, int cse_class) {
  size_t at = (size_t)hash(op, attr, in, cse_class) & (graph->slots - 1);
  while (graph->table[at] && !same(graph_node(graph, graph->table[at]), op, attr, in, cse_class))
    at = (at + 1) & (graph->slots - 1);
  return &graph->table[at];
}

static void grow(struct graph *graph) {
  uint32_t *old = graph->table;
  size_t n = graph->slots;
  graph->slots = n ? 2 * n : 64;
  graph->table = ARENA_ARRAY(graph->arena, uint32_t, graph->slots);
  for (size_t k = 0; k < n; k++) {
    if (!old[k]) continue;
    const struct node *node = graph_node(graph, old[k]);
    *slot_of(graph, node->op, &node->attr, node->in, node->cse_class) = old[k];
  }
}

/* ---- adding ---- */

bool graph_couples(const struct graph *graph, enum op op, const node_id *in, const struct value_type *type) {
  bool couples = op_info[op].properties & OF_BATCH || shape_batch_axes(type->shape);
  for (int k = 0; k < op_info[op].arity; k++) {
    const struct node *node = graph_node(graph, in[k]);
    couples |= node->coupled || (op_info[op].properties & CONTRACTS && node->type.rows);
  }
  return couples;
}

static node_id append(struct graph *graph, enum op op, const struct attr *attr, const node_id *in,
                      const struct value_type *type) {
  struct node node = {.op = op, .type = *type, .inputs = op_info[op].arity, .attr = *attr};
  node.coupled = graph_couples(graph, op, in, type);
  node.where = graph->where ? graph->where : "";
  node.location = graph->location;
  node.cse_class = graph->cse_class;
  for (int k = 0; k < node.inputs; k++) node.in[k] = in[k];
  return graph_push(graph, node);
}

/* What a node comes to without being added, or 0.  In a graph as it is written only a constant, whose readers a gradient
 * does not miss. */
static node_id folded(struct graph *graph, enum op op, const struct attr *attr, node_id *in,
                      const struct value_type *type) {
  if (graph->plain) return 0;
  if (!graph->as_written) return fold(graph, op, attr, in, type);
  node_id kept[MAX_INPUTS]; /* folding simplifies inputs as well */
  memcpy(kept, in, sizeof kept);
  node_id node = fold(graph, op, attr, kept, type);
  return node && graph_is_constant(graph, node, NULL) ? node : 0;
}

node_id graph_add(struct graph *graph, enum op op, const struct attr *attr, const node_id *in,
                  struct shape_problem *problem) {
  static const struct attr none;
  struct value_type type, types[MAX_INPUTS];
  node_id inputs[MAX_INPUTS] = {0};
  if (!attr) attr = &none;
  for (int k = 0; k < op_info[op].arity; k++) {
    inputs[k] = in[k];
    types[k] = graph_node(graph, in[k])->type;
  }
  if (!op_infer(op, attr, types, &type, problem)) return 0;
  node_id known = folded(graph, op, attr, inputs, &type);
  if (known) return known;
  if (op_info[op].properties & COMMUTES && inputs[0] > inputs[1]) {
    node_id first = inputs[0];
    inputs[0] = inputs[1];
    inputs[1] = first;
  }
  /* unshared, a stored value is still one value, however often it is read */
  if ((graph->plain || graph->as_written) && op != OP_variable && op != OP_column)
    return append(graph, op, attr, inputs, &type);
  if (2 * graph->nodes.n >= graph->slots) grow(graph);
  uint32_t *slot = slot_of(graph, op, attr, inputs, graph->cse_class);
  if (!*slot) *slot = append(graph, op, attr, inputs, &type);
  return *slot;
}

void graph_root(struct graph *graph, enum root_kind kind, const char *name, uint32_t target, node_id node) {
  struct root root = {kind, name, target, node};
  vec_push(graph->arena, &graph->roots, root);
}

/* ---- constants ---- */

node_id graph_constant_of(struct graph *graph, const struct value_type *type, double value) {
  struct attr attr = {.f = {value}, .shape = type->shape, .rows = type->rows};
  return graph_add(graph, OP_constant, &attr, NULL, NULL);
}

node_id graph_constant(struct graph *graph, struct shape shape, double value) {
  return graph_constant_of(graph, &(struct value_type){.type = F32, .shape = shape}, value);
}

node_id graph_number(struct graph *graph, double value) { return graph_constant(graph, (struct shape){0}, value); }

bool graph_is_constant(const struct graph *graph, node_id id, double *value) {
  const struct node *node = graph_node(graph, id);
  if (node->op != OP_constant) return false;
  if (value) *value = node->attr.f[0];
  return true;
}

/* ---- walking and building ---- */

/* Marks the inputs of what is marked, down from node `from`. */
static void mark_inputs(const struct graph *graph, node_id from, bool *marked) {
  for (node_id id = from; id > 0; id--) {
    const struct node *node = graph_node(graph, id);
    for (int k = 0; k < node->inputs && marked[id]; k++) marked[node->in[k]] = true;
  }
  marked[0] = false;
}

const bool *graph_live(struct arena *arena, const struct graph *graph) {
  bool *live = ARENA_ARRAY(arena, bool, graph->nodes.n);
  for (size_t k = 0; k < graph->roots.n; k++) live[graph->roots.at[k].node] = true;
  mark_inputs(graph, (node_id)graph->nodes.n - 1, live);
  return live;
}

const bool *graph_reached(struct arena *arena, const struct graph *graph, node_id from) {
  bool *reached = ARENA_ARRAY(arena, bool, from + 1);
  reached[from] = true;
  mark_inputs(graph, from, reached);
  return reached;
}

node_id graph_op0(struct graph *g, enum op op, const struct attr *attr) { return graph_add(g, op, attr, NULL, NULL); }

node_id graph_op1(struct graph *g, enum op op, const struct attr *attr, node_id a) {
  return graph_add(g, op, attr, &a, NULL);
}

node_id graph_op2(struct graph *g, enum op op, const struct attr *attr, node_id a, node_id b) {
  return graph_add(g, op, attr, (node_id[]){a, b}, NULL);
}

node_id graph_op3(struct graph *g, enum op op, const struct attr *attr, node_id a, node_id b, node_id d) {
  return graph_add(g, op, attr, (node_id[]){a, b, d}, NULL);
}

node_id graph_copy(struct graph *to, const struct node *node, const node_id *map) {
  node_id in[MAX_INPUTS];
  for (int k = 0; k < node->inputs; k++) in[k] = map[node->in[k]];
  to->where = node->where;
  to->location = node->location;
  to->cse_class = node->cse_class;
  return graph_add(to, node->op, &node->attr, in, NULL);
}

void graph_copy_roots(struct graph *to, const struct graph *from, const node_id *map) {
  for (size_t k = 0; k < from->roots.n; k++) {
    const struct root *root = &from->roots.at[k];
    graph_root(to, root->kind, root->name, root->target, map[root->node]);
  }
}

bool graph_is_number(const struct graph *graph, node_id id) {
  const struct value_type *type = &graph_node(graph, id)->type;
  return !type->shape.rank && !type->rows;
}

int node_multiplies(const struct graph *graph, const struct node *node) {
  if (node->op == OP_negate) return 0;
  if (node->op != OP_mul && node->op != OP_div) return -1;
  if (graph_is_number(graph, node->in[1])) return 0;
  return node->op == OP_mul && graph_is_number(graph, node->in[0]) ? 1 : -1;
}

const char *node_where(const struct node *node) { return node->where[0] ? node->where : "the file itself"; }
