/* Making values: constants, records, arrays of a node. */
#include "dsl/eval/context.h"

struct graph *graph_of(const struct context *e) {
  e->build->graph->where = e->where;
  return e->build->graph;
}

struct context in_scope(const struct context *e, struct scope *scope) {
  struct context in = *e;
  in.scope = scope;
  return in;
}

struct value v_error(void) {
  return (struct value){.kind = V_ERROR};
}

struct value v_number(double number, struct span made) {
  return (struct value){.kind = V_NUMBER, .made = made, .number = number};
}

struct value v_boolean(bool boolean) {
  return (struct value){.kind = V_BOOLEAN, .boolean = boolean};
}

struct value *keep_value(const struct context *e, struct value value) {
  struct value *kept = ARENA_NEW(e->arena, struct value);
  *kept = value;
  return kept;
}

void record_set(const struct context *e, struct record *record, const char *name, struct value value) {
  struct value *old = record_get(record, name);
  if (old) {
    *old = value;
    return;
  }
  struct field field = {name, keep_value(e, value)};
  vec_push(e->arena, &record->fields, field);
}

struct value *record_get(struct record *record, const char *name) {
  for (size_t i = 0; record && i < record->fields.n; i++)
    if (record->fields.at[i].name == name) return record->fields.at[i].value;
  return NULL;
}

const struct value_type *type_of(const struct context *e, const struct value *value) {
  return &graph_node(graph_of(e), value->array.node)->type;
}

struct value array_of(const struct context *e, node_id node, bool per_sample, node_id present, struct span made) {
  if (!node) return v_error();
  if (graph_of(e)->nodes.n > NODE_LIMIT) {
    diag_error(e->diags, DIAG_E0310, made, "the model needs more than %d operations", NODE_LIMIT);
    return v_error();
  }
  struct value v = {.kind = V_ARRAY, .made = diag_location(e->diags, made)};
  v.array = (struct array_value){.node = node, .per_sample = per_sample, .present = present, .build = e->build->number};
  return v;
}

struct value array_number(const struct context *e, double number) {
  return array_of(e, graph_number(graph_of(e), number), false, 0, (struct span){0});
}

/* A count of rows says whose it is, unless a gradient has made it: columns and draws say more.  -1: none. */
static int table_of_leaf(const struct context *e, const struct node *n, bool *counts) {
  *counts = op_info[n->op].properties & COUNTS_ROWS;
  if (op_info[n->op].properties & DRAWS && n->type.rows) return (int)n->attr.i[1];
  return n->op == OP_column ? e->program->columns.at[n->attr.i[0]].table : *counts ? (int)n->attr.i[0] : -1;
}

/* Up to *last. */
static const bool *reached_from(const struct context *e, const struct graph *graph, node_id node, node_id *last) {
  *last = node ? node : (node_id)graph->nodes.n - 1;
  return node ? graph_reached(e->arena, graph, node) : graph_live(e->arena, graph);
}

void tables_read(const struct context *e, const struct graph *graph, node_id node, bool *read) {
  node_id last;
  const bool *reached = reached_from(e, graph, node, &last);
  for (node_id id = 1; id <= last; id++) {
    bool counts;
    int table = reached[id] ? table_of_leaf(e, graph_node(graph, id), &counts) : -1;
    if (table >= 0 && !counts) read[table] = true;
  }
}

int table_read(const struct context *e, const struct graph *graph, node_id node, int *other) {
  node_id last;
  const bool *reached = reached_from(e, graph, node, &last);
  int first = -1, counted = -1;
  *other = -1;
  for (node_id id = 1; id <= last; id++) {
    bool counts;
    int table = reached[id] ? table_of_leaf(e, graph_node(graph, id), &counts) : -1;
    if (table < 0) continue;
    if (counts) counted = table;
    else if (first < 0) first = table;
    else if (first != table) *other = table;
  }
  return first < 0 ? counted : first;
}
