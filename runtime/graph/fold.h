/* Folding: simple algebra as nodes are added.  Ownership: see graph.h; nothing is kept. */
#ifndef GRAPH_FOLD_H
#define GRAPH_FOLD_H
#include "graph/graph.h"

/* A node that always has the same value and exactly the type of what was asked for, or 0.  in[] may be rewritten to
 * inputs that serve as well. */
node_id fold(struct graph *graph, enum op op, const struct attr *attr, node_id *in, const struct value_type *type);

#endif
