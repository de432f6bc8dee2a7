/* Graphs as text: the golden dump, and Graphviz. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/string_builder.h"
#include "graph/graph.h"

static void put_axes(struct string_builder *t, int64_t axes) {
  const char *comma = "";
  for (int k = 0; k < MAX_RANK; k++) {
    if (!axis_in(axes, k)) continue;
    string_add(t, "%s%d", comma, k);
    comma = ",";
  }
}

/* The shortest string that reads back as the same number. */
static void put_number(struct string_builder *t, double value) {
  char number[32];
  int digits = 1;
  do snprintf(number, sizeof number, "%.*g", digits, value);
  while (digits++ < 17 && strtod(number, NULL) != value);
  string_add(t, "%s", number);
}

static void put_order(struct string_builder *t, const struct node *n) {
  for (int k = 0; k < n->type.shape.rank; k++) string_add(t, "%s%lld", k ? "," : "", (long long)n->attr.i[k]);
}

static void put_setting(struct string_builder *t, const struct node *n, const struct op_setting *s) {
  bool left_out = s->type == SETTING_LAST || s->type == SETTING_EXTRA;
  if (left_out && !n->attr.i[s->at]) return; /* the usual, and of channels all that a model file has */
  if (s->type == SETTING_TYPE) return;       /* the node's own */
  string_add(t, " %.*s=", s->length, s->name);
  switch (s->type) {
  case SETTING_AXES: put_axes(t, n->attr.i[s->at]); break;
  case SETTING_ORDER: put_order(t, n); break;
  case SETTING_LAST: string_add(t, "last"); break;
  case SETTING_REAL: put_number(t, n->attr.f[s->at]); break;
  case SETTING_KEY: string_add(t, "%016llx", (unsigned long long)n->attr.key); break;
  default: string_add(t, "%lld", (long long)n->attr.i[s->at]);
  }
}

static void put_settings(struct string_builder *t, const struct node *n) {
  struct op_setting setting = {0};
  while (op_setting_next(n->op, &setting)) put_setting(t, n, &setting);
}

static void put_input(struct string_builder *t, const struct graph *g, node_id id) {
  double v;
  if (graph_is_constant(g, id, &v) && !graph_node(g, id)->type.shape.rank) put_number(t, v);
  else string_add(t, "%%%u", id);
}

const char *graph_dump(struct arena *arena, const struct graph *g) {
  struct string_builder t = {.arena = arena};
  char shape[SHAPE_STRING];
  const bool *seen = graph_live(arena, g);
  string_add(&t, "graph %s\n", g->name);
  for (node_id id = 1; id < g->nodes.n; id++) {
    const struct node *n = graph_node(g, id);
    if (!seen[id] || (n->op == OP_constant && !n->type.shape.rank)) continue;
    string_add(&t, "%%%u = %s(", id, op_info[n->op].name);
    for (int k = 0; k < n->inputs; k++) {
      if (k) string_add(&t, ", ");
      put_input(&t, g, n->in[k]);
    }
    string_add(&t, ")");
    put_settings(&t, n);
    string_add(&t, " : %s", shape_string(shape, n->type.shape, n->type.rows));
    if (n->type.type != F32) string_add(&t, " %s", dtype_name(n->type.type));
    if (n->coupled) string_add(&t, " coupled");
    if (*n->where) string_add(&t, "  @ %s", n->where);
    string_add(&t, "\n");
  }
  for (size_t k = 0; k < g->roots.n; k++) {
    const struct root *r = &g->roots.at[k];
    string_add(&t, "%s %s = ", r->kind == ROOT_WRITE ? "write" : "value", r->name);
    put_input(&t, g, r->node);
    string_add(&t, "\n");
  }
  return string_get(&t);
}

/* Text inside a quoted dot string. */
static const char *quoted(struct arena *arena, const char *string) {
  char *out = arena_alloc(arena, 2 * strlen(string) + 1), *at = out;
  for (; *string; string++) {
    if (*string == '"' || *string == '\\') *at++ = '\\';
    *at++ = *string;
  }
  return out;
}

static const char *colour(const struct node *n) {
  if (n->op == OP_variable) return "khaki";
  if (n->op == OP_column) return "lightblue";
  return n->type.rows ? "white" : "palegreen"; /* green: once a step, whatever the batch */
}

/* Whether two instances lie in the same top-level instance: their paths' first elements agree. */
static bool same_cluster(const char *a, const char *b) {
  size_t length = strcspn(a, ".");
  return length == strcspn(b, ".") && !strncmp(a, b, length);
}

static void put_dot_node(struct string_builder *t, node_id id, const struct node *n) {
  char shape[SHAPE_STRING];
  size_t first = strcspn(n->where, ".");
  const char *within = n->where[first] ? n->where + first + 1 : "";
  string_add(t, "    n%u [label=\"%s%s\\n%s%s%s\", fillcolor=%s];\n", id, op_info[n->op].name,
             conv_winograd(&n->attr) ? " by Winograd's algorithm" : "",
             shape_string(shape, n->type.shape, n->type.rows), *within ? "\\n" : "", quoted(t->arena, within),
             colour(n));
}

static void put_dot_edges(struct string_builder *t, const struct graph *g, const bool *seen) {
  for (node_id id = 1; id < g->nodes.n; id++)
    for (int k = 0; seen[id] && k < graph_node(g, id)->inputs; k++)
      string_add(t, "  n%u -> n%u;\n", graph_node(g, id)->in[k], id);
  for (size_t k = 0; k < g->roots.n; k++) {
    string_add(t, "  r%zu [label=\"%s\", shape=ellipse, fillcolor=lightpink];\n", k,
               quoted(t->arena, g->roots.at[k].name));
    string_add(t, "  n%u -> r%zu;\n", g->roots.at[k].node, k);
  }
}

const char *graph_dot(struct arena *arena, const struct graph *g) {
  struct string_builder t = {.arena = arena};
  const bool *seen = graph_live(arena, g);
  bool *done = ARENA_ARRAY(arena, bool, g->nodes.n);
  const char *name = quoted(arena, g->name);
  string_add(&t, "digraph \"%s\" {\n  rankdir=TB; node [shape=box, style=filled, fontname=\"sans-serif\"];\n", name);
  string_add(&t, "  label=\"%s: green is computed once a step, white for every row\";\n", name);
  for (node_id first = 1, cluster = 0; first < g->nodes.n; first++) { /* a cluster for each top-level instance */
    if (!seen[first] || done[first]) continue;
    const char *where = graph_node(g, first)->where;
    int length = (int)strcspn(where, ".");
    if (length) string_add(&t, "  subgraph cluster_%u { label=\"%.*s\";\n", cluster++, length, quoted(arena, where));
    for (node_id id = first; id < g->nodes.n; id++) {
      const struct node *n = graph_node(g, id);
      if (!seen[id] || done[id] || !same_cluster(n->where, where)) continue;
      done[id] = true;
      put_dot_node(&t, id, n);
    }
    if (length) string_add(&t, "  }\n");
  }
  put_dot_edges(&t, g, seen);
  string_add(&t, "}\n");
  return string_get(&t);
}
