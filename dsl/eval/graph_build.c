/* Graph builds: the graph that runs, those that wait for it, and what is different in each.
 *
 * Values that stand in a body come from the graph of the graph build that waits, and are copied with all that they
 * depend on. */
#include "dsl/eval/context.h"

struct context build_begin(const struct context *e, enum build_kind kind, int stage, const char *name) {
  struct graph_build *build = ARENA_NEW(e->arena, struct graph_build);
  build->number = ++e->compile->builds;
  build->kind = kind;
  build->stage = stage;
  build->trains_all = true;
  /* what these build is copied by later passes, and then freed */
  bool passing = kind == BUILD_STEP || kind == BUILD_INITIAL;
  build->graph = graph_new(passing ? arena_within(e->arena) : e->arena, name, e->compile->plain);
  build->graph->as_written = e->compile->by_gradients;
  struct context in = *e;
  in.build = build;
  in.where = "";
  return in;
}

/* What the graph build that waits knows of a name or an instance is put back when it goes on. */
void displace_binding(const struct context *e, struct binding *b) {
  if (!e->build->outside || !b->build) return;
  struct displaced old = {.binding = b, .value = b->value, .build = b->build};
  vec_push(e->arena, &e->build->displaced, old);
}

void displace_instance(const struct context *e, struct instance *instance) {
  if (!e->build->outside || !instance->build || instance->build == e->build->number) return;
  struct displaced old = {
      .instance = instance, .last = instance->last, .settings = instance->settings, .build = instance->build};
  vec_push(e->arena, &e->build->displaced, old);
}

/* The step that waits outside, or the running one; NULL in evaluation. */
const struct graph_build *step_outside(const struct context *e) {
  const struct graph_build *build = e->build;
  while (build && build->kind != BUILD_STEP) build = build->outside;
  return build;
}

bool runs_or_waits(const struct context *e, uint32_t number) {
  const struct graph_build *build = e->build;
  while (build && build->number != number) build = build->outside;
  return build != NULL;
}

/* ---- values of a graph build that waits ---- */

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
    to->location = n->location;
    map[id] = graph_add(to, n->op, &n->attr, in, NULL);
  }
  to->where = where;
  return map[node];
}

static struct value array_inside(const struct context *e, struct value v) {
  const struct graph_build *build = e->build;
  while (build && build->number != v.array.build) build = build->outside;
  if (!build) {
    diag_error(e->diags, DIAG_E0209, v.made,
               "an initial value cannot depend on a value that is found inside of another");
    diag_hint(e->diags, "name it in the body or the file, outside of the initial value");
    return v_error();
  }
  v.array.node = copied_node(e, build->graph, v.array.node);
  v.array.present = copied_node(e, build->graph, v.array.present);
  v.array.counted = copied_node(e, build->graph, v.array.counted);
  v.array.fewest = copied_node(e, build->graph, v.array.fewest);
  v.array.build = e->build->number;
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
  if (v.kind == V_ARRAY && v.array.build != e->build->number) v = array_inside(e, v);
  if (!e->build->outside) return v;
  if (v.intermediate_outputs) v.intermediate_outputs = record_inside(e, v.intermediate_outputs);
  switch (v.kind) {
  case V_LIST: {
    struct values from = v.list;
    v.list.at = ARENA_ARRAY(e->arena, struct value, from.n);
    for (size_t i = 0; i < from.n; i++) v.list.at[i] = value_inside(e, from.at[i]);
    return v;
  }
  case V_RECORD: v.record = record_inside(e, v.record); return v;
  case V_DISTRIBUTION:
    v.distribution.a = kept_inside(e, v.distribution.a);
    v.distribution.b = kept_inside(e, v.distribution.b);
    v.distribution.like = kept_inside(e, v.distribution.like);
    return v;
  default: return v;
  }
}

static struct value *kept_inside(const struct context *e, const struct value *v) {
  return v ? keep_value(e, value_inside(e, *v)) : NULL;
}

/* ---- weights ---- */

size_t last_write(const struct graph_build *build, uint32_t variable) {
  return variable < build->last_write.n ? build->last_write.at[variable] : 0;
}

void add_write(const struct context *e, uint32_t variable, node_id node) {
  struct graph_build *build = e->build;
  while (build->last_write.n <= variable) vec_push(e->arena, &build->last_write, 0);
  struct pending_write write = {variable, node, build->last_write.at[variable]};
  vec_push(e->arena, &build->writes, write);
  build->last_write.at[variable] = build->writes.n;
}

void forget_writes(const struct context *e, size_t n) {
  struct graph_build *build = e->build;
  while (build->writes.n > n) {
    const struct pending_write *write = &build->writes.at[--build->writes.n];
    build->last_write.at[write->variable] = write->before;
  }
}

node_id rows_node(const struct context *e, uint32_t column) {
  struct attr attr = {.i = {column, F32}, .shape = e->program->columns.at[column].shape, .rows = true};
  return graph_add(graph_of(e), OP_column, &attr, NULL, NULL);
}

void add_row_write(const struct context *e, uint32_t column, node_id node) {
  struct graph_build *build = e->build;
  struct pending_rows write = {column, node};
  for (size_t i = 0; i < build->row_writes.n; i++)
    if (build->row_writes.at[i].column == column) {
      build->row_writes.at[i] = write;
      return;
    }
  vec_push(e->arena, &build->row_writes, write);
}

node_id variable_node(const struct context *e, uint32_t variable) {
  struct attr attr = {.i = {variable}, .shape = e->program->variables.at[variable].shape};
  return graph_add(graph_of(e), OP_variable, &attr, NULL, NULL);
}

struct value variable_value(const struct context *e, uint32_t variable, struct span made) {
  size_t written = last_write(e->build, variable);
  node_id node = written ? e->build->writes.at[written - 1].node : variable_node(e, variable);
  struct value v = array_of(e, node, false, 0, made);
  v.array.variable = variable + 1;
  return v;
}

struct parameter_slot *slot_named(struct instance *instance, const char *name) {
  for (size_t i = 0; i < instance->slots.n; i++)
    if (instance->slots.at[i].name == name) return &instance->slots.at[i];
  return NULL;
}

bool slot_within(const struct instance *instance, uint32_t variable) {
  for (size_t i = 0; i < instance->slots.n; i++)
    if (instance->slots.at[i].variable == variable) return true;
  for (size_t i = 0; i < instance->children.n; i++)
    if (slot_within(instance->children.at[i].instance, variable)) return true;
  return false;
}

static bool trained_by(const struct context *e, uint32_t variable, bool any_turn) {
  const struct variable *v = &e->program->variables.at[variable];
  const struct graph_build *build = e->build;
  if (v->kind != VARIABLE_WEIGHT) return false;
  if (build->trains_all && v->stage == build->stage) return true;
  for (size_t i = 0; i < build->trained.n; i++) {
    const struct trained_part *part = &build->trained.at[i];
    if (!any_turn && part->turn != build->turn) continue;
    if (part->instance ? slot_within(part->instance, variable) : part->variable == variable) return true;
  }
  return false;
}

bool is_trained(const struct context *e, uint32_t variable) { return trained_by(e, variable, false); }

bool is_trained_in_stage(const struct context *e, uint32_t variable) { return trained_by(e, variable, true); }

static bool is_kept(const struct graph_build *build, const struct instance *instance) {
  for (size_t k = 0; k < build->kept.n; k++)
    if (build->kept.at[k] == instance) return true;
  return false;
}

static bool is_listed(const struct graph_build *build, const struct instance *instance) {
  for (size_t k = 0; k < build->trained.n; k++)
    if (build->trained.at[k].instance == instance) return true;
  return false;
}

/* Whether the instance, or what it owns, has weights of an earlier stage (old), and such as this stage trains (now). */
static void whose_weights(const struct context *e, const struct instance *instance, bool *old, bool *now) {
  for (size_t k = 0; k < instance->slots.n; k++) {
    uint32_t v = instance->slots.at[k].variable;
    *now |= is_trained_in_stage(e, v);
    *old |= e->program->variables.at[v].kind == VARIABLE_WEIGHT && e->program->variables.at[v].stage != e->build->stage;
  }
  for (size_t k = 0; k < instance->children.n; k++) whose_weights(e, instance->children.at[k].instance, old, now);
}

/* In a step over rows to train on everything is in training but what the stage keeps, or leaves as an earlier one trained it, and
 * what that owns.  A stage that is called in evaluate finds all of the file so, but for what it trains. */
bool in_training(const struct context *e, const struct instance *instance) {
  const struct graph_build *build = e->build;
  bool within = !build->call;
  if (e->override_mode) return e->override_mode > 0;
  if (build->kind != BUILD_STEP || build->split != SPLIT_TRAIN) return false;
  for (const struct instance *at = instance; at->owner; at = at->owner) {
    const struct instance *i = at->averaged ? at->averaged : at; /* an average is what it follows is */
    bool old = false, now = is_listed(build, i);
    if (is_kept(build, i)) return false;
    whose_weights(e, i, &old, &now);
    if (old && !now) return false;
    within |= now || i == build->call;
  }
  return within;
}
