/* Graphs as text: the golden dump, and Graphviz. */
#include <string.h>

#include "graph/graph.h"

struct text {
  struct arena *arena;
  VEC(char) at;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (const char *s = arena_vformat(t->arena, format, arguments); *s; s++) vec_push(t->arena, &t->at, *s);
  va_end(arguments);
}

static const char *finish(struct text *t) {
  vec_push(t->arena, &t->at, '\0');
  return t->at.at;
}

static bool *reached(struct arena *arena, const struct graph *g) {
  bool *seen = ARENA_ARRAY(arena, bool, g->nodes.n);
  for (size_t k = 0; k < g->roots.n; k++) seen[g->roots.at[k].node] = true;
  for (node_id id = (node_id)g->nodes.n - 1; id > 0; id--)
    for (int k = 0; seen[id] && k < graph_node(g, id)->inputs; k++) seen[graph_node(g, id)->in[k]] = true;
  return seen;
}

static void put_attributes(struct text *t, const struct node *n) {
  int last = -1;
  for (int k = 0; k < 6; k++)
    if (n->attr.i[k]) last = k;
  for (int k = 0; k <= last; k++) put(t, "%s%lld", k ? "," : " i=", (long long)n->attr.i[k]);
  if (n->op == OP_constant || n->attr.f[0] != 0) put(t, " f=%.9g", n->attr.f[0]);
  if (n->attr.key) put(t, " key=%016llx", (unsigned long long)n->attr.key);
}

static void put_input(struct text *t, const struct graph *g, node_id id) {
  double v;
  if (graph_is_constant(g, id, &v) && !graph_node(g, id)->type.shape.rank)
    put(t, "%.9g", v);
  else
    put(t, "%%%u", id);
}

const char *graph_dump(struct arena *arena, const struct graph *g) {
  struct text t = {.arena = arena};
  char shape[SHAPE_TEXT];
  bool *seen = reached(arena, g);
  put(&t, "graph %s\n", g->name);
  for (node_id id = 1; id < g->nodes.n; id++) {
    const struct node *n = graph_node(g, id);
    if (!seen[id] || (n->op == OP_constant && !n->type.shape.rank)) continue;
    put(&t, "%%%u = %s(", id, op_info[n->op].name);
    for (int k = 0; k < n->inputs; k++) {
      if (k) put(&t, ", ");
      put_input(&t, g, n->in[k]);
    }
    put(&t, ")");
    put_attributes(&t, n);
    put(&t, " : %s", shape_text(shape, n->type.shape, n->type.rows));
    if (n->type.type != F32) put(&t, " %s", dtype_name(n->type.type));
    if (n->coupled) put(&t, " coupled");
    if (*n->where) put(&t, "  @ %s", n->where);
    put(&t, "\n");
  }
  for (size_t k = 0; k < g->roots.n; k++) {
    const struct root *r = &g->roots.at[k];
    put(&t, "%s %s = ", r->kind == ROOT_WRITE ? "write" : "value", r->name);
    put_input(&t, g, r->node);
    put(&t, "\n");
  }
  return finish(&t);
}

/* Text inside a quoted dot string. */
static const char *quoted(struct arena *arena, const char *text) {
  char *out = arena_alloc(arena, 2 * strlen(text) + 1), *at = out;
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') *at++ = '\\';
    *at++ = *text;
  }
  return out;
}

static const char *colour(const struct node *n) {
  if (n->op == OP_variable) return "khaki";
  if (n->op == OP_column) return "lightblue";
  return n->type.rows ? "white" : "palegreen"; /* green: once a step, whatever the batch */
}

const char *graph_dot(struct arena *arena, const struct graph *g) {
  struct text t = {.arena = arena};
  char shape[SHAPE_TEXT];
  bool *seen = reached(arena, g), *done = ARENA_ARRAY(arena, bool, g->nodes.n);
  put(&t, "digraph \"%s\" {\n  rankdir=TB; node [shape=box, style=filled, fontname=\"sans-serif\"];\n",
      quoted(arena, g->name));
  put(&t, "  label=\"%s: green is computed once a step, white for every row\";\n", quoted(arena, g->name));
  for (node_id first = 1, cluster = 0; first < g->nodes.n; first++) { /* a cluster for each place */
    if (!seen[first] || done[first]) continue;
    const char *where = graph_node(g, first)->where;
    if (*where) put(&t, "  subgraph cluster_%u { label=\"%s\";\n", cluster++, quoted(arena, where));
    for (node_id id = first; id < g->nodes.n; id++) {
      const struct node *n = graph_node(g, id);
      if (!seen[id] || done[id] || strcmp(n->where, where)) continue;
      done[id] = true;
      put(&t, "    n%u [label=\"%s\\n%s\", fillcolor=%s];\n", id, op_info[n->op].name,
          shape_text(shape, n->type.shape, n->type.rows), colour(n));
    }
    if (*where) put(&t, "  }\n");
  }
  for (node_id id = 1; id < g->nodes.n; id++)
    for (int k = 0; seen[id] && k < graph_node(g, id)->inputs; k++)
      put(&t, "  n%u -> n%u;\n", graph_node(g, id)->in[k], id);
  for (size_t k = 0; k < g->roots.n; k++) {
    put(&t, "  r%zu [label=\"%s\", shape=ellipse, fillcolor=lightpink];\n", k, quoted(arena, g->roots.at[k].name));
    put(&t, "  n%u -> r%zu;\n", g->roots.at[k].node, k);
  }
  put(&t, "}\n");
  return finish(&t);
}
