/* Units inside others: a first value and `E on train` are found in graphs of their own, while the unit that needs them
 * waits.  Names are evaluated anew in them, in evaluation mode; values that stand in a body come from the graph of the
 * unit that waits, and are copied with all that they depend on. */
#include "dsl/eval/elab.h"

void nested_begin(struct elab *e, enum unit_kind kind, const char *name) {
  struct unit *outside = e->unit;
  unit_begin(e, kind, outside->stage, name);
  struct unit *unit = e->unit;
  unit->outside = outside;
  unit->before.mode = e->override_mode;
  unit->before.sites = e->record_sites;
  memcpy(&unit->before.active, &e->active, sizeof e->active);
  memset(&e->active, 0, sizeof e->active);
  e->override_mode = 0;
  e->record_sites = false;
}

void nested_end(struct elab *e) {
  const struct unit *unit = e->unit;
  for (size_t i = unit->displaced.n; i-- > 0;) {
    const struct displaced *old = &unit->displaced.at[i];
    if (old->binding) {
      old->binding->value = old->value;
      old->binding->unit = old->unit;
    } else {
      old->instance->settings = old->settings;
      old->instance->last = old->last;
      old->instance->unit = old->unit;
    }
  }
  memcpy(&e->active, &unit->before.active, sizeof e->active);
  e->override_mode = unit->before.mode;
  e->record_sites = unit->before.sites;
  e->unit = unit->outside;
}

/* What the unit that waits knows of a name or an instance is put back when it goes on. */
void displace_binding(struct elab *e, struct binding *b) {
  if (!e->unit->outside || !b->unit) return;
  struct displaced old = {.binding = b, .value = b->value, .unit = b->unit};
  vec_push(e->arena, &e->unit->displaced, old);
}

void displace_instance(struct elab *e, struct instance *instance) {
  if (!e->unit->outside || !instance->unit || instance->unit == e->unit->number) return;
  struct displaced old = {
      .instance = instance, .last = instance->last, .settings = instance->settings, .unit = instance->unit};
  vec_push(e->arena, &e->unit->displaced, old);
}

/* The step that waits outside, or the running one; NULL in evaluation. */
const struct unit *step_outside(const struct elab *e) {
  const struct unit *unit = e->unit;
  while (unit && unit->kind != UNIT_STEP) unit = unit->outside;
  return unit;
}

bool runs_or_waits(const struct elab *e, uint32_t number) {
  const struct unit *unit = e->unit;
  while (unit && unit->number != number) unit = unit->outside;
  return unit != NULL;
}

/* ---- values of a unit that waits ---- */

node_id copied_node(struct elab *e, const struct graph *from, node_id node) {
  if (!node || node == ALL_ROWS) return node;
  struct graph *to = e->unit->graph;
  const char *where = to->where;
  const bool *reached = graph_reached(e->arena, from, node);
  node_id *map = ARENA_ARRAY(e->arena, node_id, node + 1), in[MAX_INPUTS];
  for (node_id id = 1; id <= node; id++) {
    const struct node *n = graph_node(from, id);
    if (!reached[id]) continue;
    for (int k = 0; k < n->inputs; k++) in[k] = map[n->in[k]];
    to->where = n->where;
    to->place = n->place;
    map[id] = graph_add(to, n->op, &n->attr, in, NULL);
  }
  to->where = where;
  return map[node];
}

static struct value array_inside(struct elab *e, struct value v) {
  const struct unit *unit = e->unit;
  while (unit && unit->number != v.array.unit) unit = unit->outside;
  if (!unit) {
    diag_error(e->diags, DIAG_E0209, v.made, "a first value cannot depend on a value that is found inside of another");
    diag_hint(e->diags, "name it in the body or the file, outside of the first value");
    return v_error();
  }
  v.array.node = copied_node(e, unit->graph, v.array.node);
  v.array.present = copied_node(e, unit->graph, v.array.present);
  v.array.counted = copied_node(e, unit->graph, v.array.counted);
  v.array.fewest = copied_node(e, unit->graph, v.array.fewest);
  v.array.unit = e->unit->number;
  return v;
}

static struct value *kept_inside(struct elab *e, const struct value *v) {
  return v ? keep_value(e, value_inside(e, *v)) : NULL;
}

static struct record *record_inside(struct elab *e, const struct record *from) {
  struct record *to = ARENA_NEW(e->arena, struct record);
  for (size_t i = 0; i < from->fields.n; i++) {
    struct field field = {from->fields.at[i].name, kept_inside(e, from->fields.at[i].value)};
    vec_push(e->arena, &to->fields, field);
  }
  return to;
}

struct value value_inside(struct elab *e, struct value v) {
  if (v.kind == V_ARRAY && v.array.unit != e->unit->number) v = array_inside(e, v);
  if (!e->unit->outside) return v;
  if (v.taps) v.taps = record_inside(e, v.taps);
  switch (v.kind) {
    case V_LIST: {
      struct values from = v.list;
      v.list.at = ARENA_ARRAY(e->arena, struct value, from.n);
      for (size_t i = 0; i < from.n; i++) v.list.at[i] = value_inside(e, from.at[i]);
      return v;
    }
    case V_RECORD:
      v.record = record_inside(e, v.record);
      return v;
    case V_LAW:
      v.law.a = kept_inside(e, v.law.a);
      v.law.b = kept_inside(e, v.law.b);
      v.law.like = kept_inside(e, v.law.like);
      return v;
    default:
      return v;
  }
}
