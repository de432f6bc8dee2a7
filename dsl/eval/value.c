/* Making values: constants, records, arrays of a node. */
#include "dsl/eval/elab.h"

struct value v_error(void) { return (struct value){.kind = V_ERROR}; }

struct value v_number(double number, struct span made) {
  return (struct value){.kind = V_NUMBER, .made = made, .number = number};
}

struct value v_truth(bool truth) { return (struct value){.kind = V_TRUTH, .truth = truth}; }

struct value *keep_value(struct elab *e, struct value value) {
  struct value *kept = ARENA_NEW(e->arena, struct value);
  *kept = value;
  return kept;
}

void record_set(struct elab *e, struct record *record, const char *name, struct value value) {
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

const struct value_type *type_of(struct elab *e, const struct value *value) {
  return &graph_node(e->unit->graph, value->array.node)->type;
}

struct value array_of(struct elab *e, node_id node, bool level, node_id present, struct span made) {
  if (!node) return v_error();
  if (e->unit->graph->nodes.n > NODE_LIMIT) {
    diag_error(e->diags, DIAG_E0310, made, "the model needs more than %d operations", NODE_LIMIT);
    return v_error();
  }
  struct value v = {.kind = V_ARRAY, .made = diag_place(e->diags, made)};
  v.array = (struct array_value){.node = node, .level = level, .present = present, .unit = e->unit->number};
  return v;
}

struct value array_number(struct elab *e, double number) {
  return array_of(e, graph_number(e->unit->graph, number), false, 0, (struct span){0});
}
