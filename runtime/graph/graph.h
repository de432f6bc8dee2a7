/* The static graph: a list of nodes, each after its inputs, and roots that say what is wanted.
 *
 * Nodes are values: adding the same operation on the same inputs again gives the same node (sharing of equal work),
 * and simple algebra (x + 0, x * 1, operations on constants) is done as nodes are added (folding).  A graph made
 * `plain` does neither: it is the literal program, for differential tests.  One that is `as_written` does so when a pass
 * copies it.
 *
 * Ownership: a graph lives in the arena it was made from.  Node 0 is not a node. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H
#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"
#include "op/op.h"

typedef uint32_t node_id;

enum { FIRST_NODES = 4, NODE_BLOCKS = 29 };

struct node {
  enum op op;
  struct value_type type;
  bool coupled; /* depends on rows other than its own */
  int inputs;
  node_id in[MAX_INPUTS];
  struct attr attr;
  int cse_class;       /* nodes of two CSE classes are never the same */
  int64_t chunk, tile; /* of a sum over rows, how many it adds up at a time; 0: as a plan likes; -1: as its kernel */
  const char *where;   /* the application it belongs to ("left.conv1"), for messages and drawings; never NULL */
  uint64_t location;   /* opaque: where the source made it (the front end's), 0 for none */
};

enum root_kind {
  ROOT_VALUE, /* a value read by the caller under its name */
  ROOT_WRITE, /* stored into variable `target` when the step is done */
};

struct root {
  enum root_kind kind;
  const char *name;
  uint32_t target;
  node_id node;
};

struct graph {
  struct arena *arena;
  const char *name;
  bool plain;
  bool as_written; /* only constants are folded and nothing shared: each value's node is on its readers' way */
  int64_t rows;    /* how many current rows axes of BATCH_SIZE were settled for; 0: they are not, or there are none */
  struct {         /* by number, [0] is unused; block b holds FIRST_NODES << b of them, so that none ever moves */
    struct node *block[NODE_BLOCKS];
    size_t n;
  } nodes;
  VEC(struct root) roots;
  uint32_t *table; /* hash table over nodes, for sharing */
  size_t slots;
  /* what the nodes added next belong to */
  int cse_class; /* 0 but where equal work is to be done again */
  const char *where;
  uint64_t location;
};

struct graph *graph_new(struct arena *arena, const char *name, bool plain);

/* The node to be changed, and to be read. */
static inline struct node *graph_at(const struct graph *graph, node_id id) {
  unsigned at = id + FIRST_NODES, block = (unsigned)__builtin_clz(FIRST_NODES) - (unsigned)__builtin_clz(at);
  return &graph->nodes.block[block][at - ((unsigned)FIRST_NODES << block)];
}
static inline const struct node *graph_node(const struct graph *graph, node_id id) { return graph_at(graph, id); }

/* Makes room for one more node and returns its number. */
node_id graph_push(struct graph *graph, struct node node);

/* Adds a node, or finds the one that is the same.  0 with a problem where shapes do not fit (problem may be NULL
 * when the caller knows that they do).  attr may be NULL where the operation has no settings. */
node_id graph_add(struct graph *graph, enum op op, const struct attr *attr, const node_id *in,
                  struct shape_problem *problem);

void graph_root(struct graph *graph, enum root_kind kind, const char *name, uint32_t target, node_id node);

/* What passes over graphs share: a copy of a node, with map[] of its inputs in their place, where it was and in its CSE
 * class; and roots like those of another graph, of map[] of their nodes. */
node_id graph_copy(struct graph *to, const struct node *node, const node_id *map);
void graph_copy_roots(struct graph *to, const struct graph *from, const node_id *map);

/* A number (rank 0, no rows), and whether a node is a constant and which. */
node_id graph_number(struct graph *graph, double value);
node_id graph_constant(struct graph *graph, struct shape shape, double value);
node_id graph_constant_of(struct graph *graph, const struct value_type *type, double value); /* may have rows */
bool graph_is_constant(const struct graph *graph, node_id id, double *value);
const char *node_where(const struct node *node); /* as `where`, with a name for the file, for messages */

/* Whether two nodes are one operation with the same settings and in the same CSE class, whatever they read. */
bool node_same_operation(const struct node *a, const struct node *b);

/* Whether a node is one number for all rows. */
bool graph_is_number(const struct graph *graph, node_id id);
/* Which of its inputs a node is a multiple of: -x, x times a number, or x over one; -1: of none. */
int node_multiplies(const struct graph *graph, const struct node *node);

/* Whether a node made so, of this type, depends on rows other than its own: it sums over the rows, is as large as the
 * batch, or reads such a node. */
bool graph_couples(const struct graph *graph, enum op op, const node_id *in, const struct value_type *type);

/* Whether a value is as large as the batch, in any of its axes. */
bool node_sized_by_batch(const struct node *node);
/* The same nodes, with `rows` in the place of every BATCH_SIZE; the graph itself where there is none.  NULL with an
 * error where a value becomes too large. */
const struct graph *graph_of_rows(struct arena *arena, const struct graph *graph, int64_t rows, struct error *error);

/* By node: whether a root reaches it; and, of nodes up to `from`, whether that does: it is computed from them, or is
 * it. They live in the arena. */
const bool *graph_live(struct arena *arena, const struct graph *graph);
const bool *graph_reached(struct arena *arena, const struct graph *graph, node_id from);

/* Checks all that the rest relies on: inputs come first, types are what op_infer says, rows are exactly where
 * something differs by row (so no value without rows depends on a row, and no row on another unless the node is
 * coupled), coupled is right, leaves' numbers are in range, leaves of one number agree, writes fit the
 * variable they go to where the graph reads it too, and no two roots want the same name or target.  Runs after
 * every pass. */
bool graph_verify(const struct graph *graph, struct error *error);

/* A line a node, and a line a root: the golden dump.  Only nodes that a root reaches. */
const char *graph_dump(struct arena *arena, const struct graph *graph);
/* Graphviz. */
const char *graph_dot(struct arena *arena, const struct graph *graph);

/* Short builders for passes; all arguments must fit; attr may be NULL. */
node_id graph_op0(struct graph *g, enum op op, const struct attr *attr);
node_id graph_op1(struct graph *g, enum op op, const struct attr *attr, node_id a);
node_id graph_op2(struct graph *g, enum op op, const struct attr *attr, node_id a, node_id b);
node_id graph_op3(struct graph *g, enum op op, const struct attr *attr, node_id a, node_id b, node_id d);

#endif
