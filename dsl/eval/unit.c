/* Units: the graph that runs, those that wait for it, and what is different in each.
 *
 * Values that stand in a body come from the graph of the unit that waits, and are copied with all that they depend on. */
#include "dsl/eval/context.h"

struct context unit_begin(const struct context *e, enum unit_kind kind, int stage, const char *name) {
  struct unit *unit = ARENA_NEW(e->arena, struct unit);
  unit->number = ++e->compile->units;
  unit->kind = kind;
  unit->stage = stage;
  unit->trains_all = true;
  unit->graph = graph_new(e->arena, name, e->compile->plain);
  struct context in = *e;
  in.unit = unit;
  in.where = "";
  return in;
}

/* What the unit that waits knows of a name or an instance is put back when it goes on. */
void displace_binding(const struct context *e, struct binding *b) {
  if (!e->unit->outside || !b->unit) return;
  struct displaced old = {.binding = b, .value = b->value, .unit = b->unit};
  vec_push(e->arena, &e->unit->displaced, old);
}

void displace_instance(const struct context *e, struct instance *instance) {
  if (!e->unit->outside || !instance->unit || instance->unit == e->unit->number) return;
  struct displaced old = {
      .instance = instance, .last = instance->last, .settings = instance->settings, .unit = instance->unit};
  vec_push(e->arena, &e->unit->displaced, old);
}

/* The step that waits outside, or the running one; NULL in evaluation. */
const struct unit *step_outside(const struct context *e) {
  const struct unit *unit = e->unit;
  while (unit && unit->kind != UNIT_STEP) unit = unit->outside;
  return unit;
}

bool runs_or_waits(const struct context *e, uint32_t number) {
  const struct unit *unit = e->unit;
  while (unit && unit->number != number) unit = unit->outside;
  return unit != NULL;
}

/* ---- values of a unit that waits ---- */

node_id copied_node(const struct context *e, const struct graph *from, node_id node) {
  if (!node || node == ALL_ROWS) return node;
  struct graph *to = graph_of(e);
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

static struct value array_inside(const struct context *e, struct value v) {
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

static struct value *kept_inside(const struct context *e, const struct value *v);

static struct record *record_inside(const struct context *e, const struct record *from) {
  struct record *to = ARENA_NEW(e->arena, struct record);
  for (size_t i = 0; i < from->fields.n; i++) {
    struct field field = {from->fields.at[i].name, kept_inside(e, from->fields.at[i].value)};
    vec_push(e->arena, &to->fields, field);
  }
  return to;
}

struct value value_inside(const struct context *e, struct value v) {
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

static struct value *kept_inside(const struct context *e, const struct value *v) {
  return v ? keep_value(e, value_inside(e, *v)) : NULL;
}

/* ---- weights ---- */

size_t last_write(const struct unit *unit, uint32_t variable) {
  return variable < unit->last_write.n ? unit->last_write.at[variable] : 0;
}

void add_write(const struct context *e, uint32_t variable, node_id node) {
  struct unit *unit = e->unit;
  while (unit->last_write.n <= variable) vec_push(e->arena, &unit->last_write, 0);
  struct pending_write write = {variable, node, unit->last_write.at[variable]};
  vec_push(e->arena, &unit->writes, write);
  unit->last_write.at[variable] = unit->writes.n;
}

void forget_writes(const struct context *e, size_t n) {
  struct unit *unit = e->unit;
  while (unit->writes.n > n) {
    const struct pending_write *write = &unit->writes.at[--unit->writes.n];
    unit->last_write.at[write->variable] = write->before;
  }
}

node_id variable_node(const struct context *e, uint32_t variable) {
  struct attr attr = {.i = {variable}, .shape = e->program->variables.at[variable].shape};
  return graph_add(graph_of(e), OP_variable, &attr, NULL, NULL);
}

struct value variable_value(const struct context *e, uint32_t variable, struct span made) {
  size_t written = last_write(e->unit, variable);
  node_id node = written ? e->unit->writes.at[written - 1].node : variable_node(e, variable);
  struct value v = array_of(e, node, false, 0, made);
  v.array.variable = variable + 1;
  return v;
}

bool slot_within(const struct instance *instance, uint32_t variable) {
  for (size_t i = 0; i < instance->slots.n; i++)
    if (instance->slots.at[i].variable == variable) return true;
  for (size_t i = 0; i < instance->children.n; i++)
    if (slot_within(instance->children.at[i].instance, variable)) return true;
  return false;
}

bool is_trained(const struct context *e, uint32_t variable) {
  const struct variable *v = &e->program->variables.at[variable];
  const struct unit *unit = e->unit;
  if (v->kind != VARIABLE_WEIGHT) return false;
  if (unit->trains_all && v->stage == unit->stage) return true;
  for (size_t i = 0; i < unit->trained.n; i++)
    if (slot_within(unit->trained.at[i], variable)) return true;
  for (size_t i = 0; i < unit->trained_variables.n; i++)
    if (unit->trained_variables.at[i] == variable) return true;
  return false;
}

static bool is_listed(struct instance *const *list, size_t n, const struct instance *instance) {
  for (size_t k = 0; k < n; k++)
    if (list[k] == instance) return true;
  return false;
}

/* Whether the instance, or what it owns, has weights of an earlier stage (old), and such as this stage trains (now). */
static void whose_weights(const struct context *e, const struct instance *instance, bool *old, bool *now) {
  for (size_t k = 0; k < instance->slots.n; k++) {
    uint32_t v = instance->slots.at[k].variable;
    *now |= is_trained(e, v);
    *old |= e->program->variables.at[v].kind == VARIABLE_WEIGHT && e->program->variables.at[v].stage != e->unit->stage;
  }
  for (size_t k = 0; k < instance->children.n; k++) whose_weights(e, instance->children.at[k].instance, old, now);
}

/* In a training step everything is in training but what the stage keeps, or leaves as an earlier one trained it, and
 * what that owns.  A stage that is called in evaluate finds all of the file so, but for what it trains. */
bool in_training(const struct context *e, const struct instance *instance) {
  const struct unit *unit = e->unit;
  bool within = !unit->call;
  if (e->override_mode) return e->override_mode > 0;
  if (unit->kind != UNIT_STEP) return false;
  for (const struct instance *i = instance; i->owner; i = i->owner) {
    bool old = false, now = is_listed(unit->trained.at, unit->trained.n, i);
    if (is_listed(unit->kept.at, unit->kept.n, i)) return false;
    whose_weights(e, i, &old, &now);
    if (old && !now) return false;
    within |= now || i == unit->call;
  }
  return within;
}
