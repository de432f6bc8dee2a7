/* Weights, states and draws.
 *
 * A first value is found in a graph of its own, which the stage that reaches the weight first runs when it begins: it
 * is made of numbers, draws, other weights and values over the training split.  A state is read as it is at that point of
 * the text: reads after a `<-` in the same unit see what was written. */
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "dsl/eval/elab.h"
#include "pass/pass.h"

size_t last_write(const struct unit *unit, uint32_t variable) {
  return variable < unit->last_write.n ? unit->last_write.at[variable] : 0;
}

static void add_write(struct elab *e, uint32_t variable, node_id node) {
  struct unit *unit = e->unit;
  while (unit->last_write.n <= variable) vec_push(e->arena, &unit->last_write, 0);
  struct pending_write write = {variable, node, unit->last_write.at[variable]};
  vec_push(e->arena, &unit->writes, write);
  unit->last_write.at[variable] = unit->writes.n;
}

void forget_writes(struct elab *e, size_t n) {
  struct unit *unit = e->unit;
  while (unit->writes.n > n) {
    const struct pending_write *write = &unit->writes.at[--unit->writes.n];
    unit->last_write.at[write->variable] = write->before;
  }
}

struct value variable_value(struct elab *e, uint32_t variable, struct span made) {
  struct graph *g = e->unit->graph;
  size_t written = last_write(e->unit, variable);
  node_id node = written ? e->unit->writes.at[written - 1].node : 0;
  if (!node) {
    struct attr attr = {.i = {variable}, .shape = e->program->variables.at[variable].shape};
    node = graph_add(g, OP_variable, &attr, NULL, NULL);
  }
  struct value v = array_of(e, node, false, 0, made);
  v.array.variable = variable + 1;
  return v;
}

/* `[out, features(x)]`: whole positive numbers. */
static bool eval_shape(struct elab *e, struct scope *scope, const struct ast *ast, struct shape *shape) {
  *shape = (struct shape){0};
  if (!ast) return true;
  if (ast->kids > MAX_RANK) {
    diag_error(e->diags, DIAG_E0234, ast->span, "an array has at most %d axes, not %d", MAX_RANK, ast->kids);
    return false;
  }
  for (int k = 0; k < ast->kids; k++) {
    struct value v = eval_number(e, scope, ast->kid[k], "a dimension");
    if (v.kind == V_ERROR) return false;
    if (!(v.number >= 1) || v.number != floor(v.number) || v.number > (double)ELEMENT_LIMIT) {
      diag_error(e->diags, DIAG_E0234, ast->kid[k]->span, "a dimension is a whole number from 1 to %lld, not %g",
                 (long long)ELEMENT_LIMIT, v.number);
      return false;
    }
    shape->dim[shape->rank++] = (int64_t)v.number;
  }
  int64_t count = shape_count(*shape);
  if (count < 0 || count > ELEMENT_LIMIT) {
    char text[SHAPE_TEXT];
    diag_error(e->diags, DIAG_E0234, ast->span, "%s has more than %lld elements", shape_text(text, *shape, false),
               (long long)ELEMENT_LIMIT);
    return false;
  }
  return true;
}

/* An initialiser: a function of fan_in and fan_out, which for weights [out, in, ...] are the sizes of what one output
 * reads and of what one input feeds (Glorot and Bengio 2010). */
static struct value call_initialiser(struct elab *e, struct value def, struct scope *scope, struct shape shape,
                                     const struct ast *place) {
  double field = 1;
  for (int k = 2; k < shape.rank; k++) field *= (double)shape.dim[k];
  double out = shape.rank ? (double)shape.dim[0] : 1, in = shape.rank > 1 ? (double)shape.dim[1] : out;
  const struct ast *parameters = def.closure.ast->kid[0];
  struct arguments arguments = {.scope = scope};
  for (int k = 0; parameters && k < parameters->kids; k++) {
    const char *name = parameters->kid[k]->name;
    bool fan_in = !strcmp(name, "fan_in"), other = !fan_in && strcmp(name, "fan_out");
    if (other && !parameters->kid[k]->kid[0]) {
      diag_error(e->diags, DIAG_E0320, place->span, "'%s' gives no first values: it needs '%s'", def.closure.ast->name,
                 name);
      diag_hint(e->diags, "a function of 'fan_in' and 'fan_out', such as glorot, gives a distribution");
      return v_error();
    }
    if (other) continue;
    vec_push(e->arena, &arguments.values, v_number(fan_in ? in * field : out * field, place->span));
    vec_push(e->arena, &arguments.names, name);
    vec_push(e->arena, &arguments.spans, place->span);
    vec_push(e->arena, &arguments.asts, place);
  }
  return call_value(e, def, &arguments, scope, place);
}

static struct value spread_to(struct elab *e, struct value v, struct shape shape, struct span span) {
  if (shape_equal(type_of(e, &v)->shape, shape)) return v;
  if (type_of(e, &v)->shape.rank) {
    char text[SHAPE_TEXT];
    diag_error(e->diags, DIAG_E0231, span, "a first value of %s does not fit %s", describe(e, &v),
               shape_text(text, shape, false));
    return v_error();
  }
  struct attr attr = {.i = {((int64_t)1 << shape.rank) - 1}, .shape = shape};
  return apply_op(e, OP_spread, &attr, &v, 1, span);
}

struct value draw(struct elab *e, struct value law, struct shape shape, bool level, uint64_t key,
                  struct span span) {
  struct attr attr = {.key = key, .shape = shape, .rows = level};
  enum op op = law.law.kind == LAW_NORMAL ? OP_normal : OP_uniform;
  struct value in[2] = {array_of(e, graph_add(e->unit->graph, op, &attr, NULL, NULL), level, 0, span), *law.law.a};
  if (law.law.kind == LAW_BERNOULLI) return apply_op(e, OP_less, NULL, in, 2, span);
  struct value scale = *law.law.b;
  if (law.law.kind == LAW_UNIFORM) scale = binary(e, OP_SUB, *law.law.b, *law.law.a, span, span);
  struct value scaled = binary(e, OP_MUL, in[0], scale, span, span);
  return binary(e, OP_ADD, scaled, *law.law.a, span, span);
}

static void no_law(struct elab *e, const struct value *value, struct span span) {
  diag_error(e->diags, DIAG_E0320, span, "'~' draws from a distribution, not from %s", describe(e, value));
  diag_hint(e->diags, "write '=' for a value, or draw from normal(mean, sd), uniform(low, high), bernoulli(p) or glorot");
}

/* A rule runs for a weight in every stage that trains it, with states of the stage's own. */
static const char *slot_path(struct elab *e, const struct instance *owner, const char *name) {
  const char *path = *owner->path ? arena_format(e->arena, "%s.%s", owner->path, name) : name;
  return owner->stage_name ? arena_format(e->arena, "%s@%s", path, owner->stage_name) : path;
}

/* What a first value cannot be is an error at the user's place. */
static bool is_first_value(struct elab *e, const struct value *v, struct span span) {
  const struct graph *g = e->unit->graph;
  if (v->array.level || type_of(e, v)->rows) {
    diag_error(e->diags, DIAG_E0209, span, "a first value is the same for all rows, not %s", describe(e, v));
    diag_hint(e->diags, "write '(mean(v, batch) on train)' for a value over the training split");
    return false;
  }
  const bool *reached = graph_reached(e->arena, g, v->array.node);
  for (node_id id = v->array.node; id > 0; id--) {
    const struct node *n = graph_node(g, id);
    if (!reached[id]) continue;
    if (n->op != OP_column && n->op != OP_rows && n->op != OP_clock) continue;
    diag_error(e->diags, DIAG_E0209, span, "a first value cannot depend on %s",
               n->op == OP_clock ? "time" : "the batch");
    diag_hint(e->diags, n->op == OP_clock ? "use the clocks in a loss term or in a rule"
                                          : "write '(... on train)': there the batch is the whole training split");
    return false;
  }
  return true;
}

/* Finds the first value in a graph of its own.  What it needs and is not there yet is made first, so that the stage
 * sets its variables up in an order in which each may read those before it. */
static void initial_write(struct elab *e, struct scope *scope, const struct ast *ast, uint32_t variable) {
  struct variable *var = &e->program->variables.at[variable];
  const char *name = var->name;
  struct shape shape = var->shape;
  int stage = var->stage;
  struct span span = ast->kid[1]->span;
  struct frame *frame = frame_begin(e, name);
  nested_begin(e, UNIT_INITIAL, "initial");
  struct value v = eval(e, scope, ast->kid[1]);
  if (v.kind == V_CLOSURE && v.closure.ast->kind == AST_DEF) v = call_initialiser(e, v, scope, shape, ast->kid[1]);
  if (v.kind == V_LAW)
    v = draw(e, v, shape, false, text_hash(name), ast->at);
  else if (ast->op == OP_BIND_DRAW && v.kind != V_ERROR) {
    no_law(e, &v, span);
    v = v_error();
  }
  bool good = v.kind != V_ERROR && is_array(e, &v, span) && is_first_value(e, &v, span);
  if (good) v = spread_to(e, v, shape, span);
  if (good && v.kind == V_ARRAY) {
    graph_root(e->unit->graph, ROOT_WRITE, name, variable, v.array.node);
    struct setup setup = {passed(e, "prune", prune(e->arena, e->unit->graph, NULL)), -1};
    vec_push(e->arena, &e->program->stages.at[stage].setup, setup);
  }
  nested_end(e);
  e->frame = frame;
}

struct value needs_itself(struct elab *e, const struct instance *owner, const char *name, struct span span) {
  diag_error(e->diags, DIAG_E0203, span, "the first value of '%s' depends on itself", slot_path(e, owner, name));
  for (size_t i = 0; i < owner->slots.n; i++)
    if (owner->slots.at[i].name == name) diag_label(e->diags, owner->slots.at[i].span, "'%s' is declared here", name);
  return v_error();
}

static uint32_t new_variable(struct elab *e, const char *name, enum variable_kind kind, struct shape shape) {
  struct variable variable = {name, kind, shape, e->unit->stage};
  vec_push(e->arena, &e->program->variables, variable);
  return (uint32_t)e->program->variables.n - 1;
}

static struct parameter_slot *find_slot(struct instance *owner, const char *name) {
  for (size_t i = 0; i < owner->slots.n; i++)
    if (owner->slots.at[i].name == name) return &owner->slots.at[i];
  return NULL;
}

static bool same_shape(struct elab *e, const struct ast *ast, struct instance *owner, struct shape shape,
                       const struct parameter_slot *slot) {
  struct shape before = e->program->variables.at[slot->variable].shape;
  if (shape_equal(before, shape)) return true;
  char a[SHAPE_TEXT], b[SHAPE_TEXT];
  diag_error(e->diags, DIAG_E0233, ast->at, "'%s' of '%s' is %s, but would have to be %s here", ast->name, owner->path,
             shape_text(a, before, false), shape_text(b, shape, false));
  diag_label(e->diags, owner->made, "'%s' was made here", owner->path);
  diag_hint(e->diags, "an instance shares its weights between applications: give it inputs of one shape, or make two");
  return false;
}

/* A draw in a body or a file: `keep ~ bernoulli(0.5)`. */
static void run_draw(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value law = eval(e, scope, ast->kid[0]);
  if (law.kind == V_ERROR) return;
  if (law.kind != V_LAW) {
    no_law(e, &law, ast->kid[0]->span);
    return;
  }
  struct value like = {.kind = V_NUMBER};
  struct value *from[3] = {law.law.like, law.law.a, law.law.b};
  bool level = false;
  for (int k = 0; k < 3; k++) {
    if (!from[k] || from[k]->kind != V_ARRAY) continue;
    level |= from[k]->array.level;
    if (like.kind != V_ARRAY || type_of(e, from[k])->shape.rank > type_of(e, &like)->shape.rank) like = *from[k];
  }
  struct shape shape = like.kind == V_ARRAY ? type_of(e, &like)->shape : (struct shape){0};
  struct value v = draw(e, law, shape, level, key_mix(e->frame->key, text_hash(ast->name)), ast->at);
  if (v.kind != V_ERROR) bind_value(e, scope, ast->name, v, ast->at);
}

/* A weight or state that only measurements or nothing use: something of its shape stands for it, so that the rest can be
 * checked.  It is reported at the end, where nothing else is wrong with its instance. */
static void not_trained(struct elab *e, struct scope *scope, const struct ast *ast, struct instance *owner,
                        struct shape shape) {
  struct span place = diag_place(e->diags, *owner->path ? owner->made : ast->at);
  struct untrained untrained = {ast, owner, slot_path(e, owner, ast->name), place};
  if (!owner->untrained) vec_push(e->arena, &e->untrained, untrained);
  owner->untrained = *owner->path; /* its other weights are no other mistake */
  struct value v = array_of(e, graph_constant(e->unit->graph, shape, 0), false, 0, ast->at);
  v.array.stands_for_state = true;
  bind_value(e, scope, ast->name, v, ast->at);
}

/* Where a term of a stage failed, what the stage reads is not known, and this says little. */
void refuse_untrained(struct elab *e) {
  for (size_t i = 0; i < e->untrained.n && !e->unread; i++) {
    const struct untrained *u = &e->untrained.at[i];
    if (u->owner->broken) continue;
    if (u->ast->kind == AST_PARAM) {
      diag_error(e->diags, DIAG_E0403, u->place, "'%s' is used, but no stage trains it", u->path);
      diag_hint(e->diags, "let a loss term depend on it, or take it out");
    } else {
      diag_error(e->diags, DIAG_E0403, u->place, "the state '%s' is used, but in no stage", u->path);
      diag_hint(e->diags, "only a stage's steps write it: write it in one, or give its first value a name, '%s = ...'",
                u->ast->name);
    }
  }
}

/* The optimiser's states have the shape of their weight and its name in front; see rule scopes in stage.c. */
static struct instance *owner_of(struct scope *scope) { return scope->running ? scope->running->instance : scope->owner; }

void run_parameter(struct elab *e, struct scope *scope, const struct ast *ast) {
  if (ast->kind == AST_DRAW) {
    run_draw(e, scope, ast);
    return;
  }
  struct instance *owner = owner_of(scope);
  if (!owner) {
    diag_error(e->diags, DIAG_E0306, ast->at, "a function cannot own the %s '%s'",
               ast->kind == AST_PARAM ? "weight" : "state", ast->name);
    diag_hint(e->diags, "make the function a block");
    return;
  }
  struct shape shape;
  if (ast->kid[0]) {
    if (!eval_shape(e, scope, ast->kid[0], &shape)) return;
  } else {
    bool rule = owner->block && owner->block->kind == AST_RULE; /* there, as the weight, which is bound first */
    shape = rule ? type_of(e, &scope->names.at[0]->value)->shape : (struct shape){0};
  }
  struct parameter_slot *slot = find_slot(owner, ast->name);
  if (slot && slot->busy) {
    needs_itself(e, owner, ast->name, e->outer);
    return;
  }
  if (slot && !same_shape(e, ast, owner, shape, slot)) return;
  uint32_t variable;
  if (slot) {
    variable = slot->variable;
  } else {
    if (!step_outside(e)) {
      not_trained(e, scope, ast, owner, shape);
      return;
    }
    bool rule = owner->block && owner->block->kind == AST_RULE;
    variable = new_variable(e, slot_path(e, owner, ast->name),
                            rule ? VARIABLE_OPTIMIZER : ast->kind == AST_PARAM ? VARIABLE_WEIGHT : VARIABLE_STATE,
                            shape);
    struct parameter_slot made = {ast->name, variable, ast->at, true};
    vec_push(e->arena, &owner->slots, made);
    size_t at = owner->slots.n - 1;
    initial_write(e, scope, ast, variable);
    owner->slots.at[at].busy = false;
  }
  bind_value(e, scope, ast->name, variable_value(e, variable, ast->at), ast->at);
}

void refuse_write(struct elab *e, const struct ast *write, bool weight) {
  if (weight)
    diag_error(e->diags, DIAG_E0311, write->at, "'%s' is a weight, which only its optimizer writes", write->name);
  else
    diag_error(e->diags, DIAG_E0311, write->at, "'%s' is not a state, so '<-' cannot write it", write->name);
  diag_hint(e->diags, "declare it with 'state %s = 0'", write->name);
}

void write_state(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct binding *b = lookup(scope, ast->name);
  if (!b) {
    unknown_name(e, scope, ast->name, ast->at);
    return;
  }
  struct value old = force(e, b);
  if (old.kind == V_ERROR) return;
  if (old.kind == V_ARRAY && old.array.stands_for_state) return; /* see not_trained */
  const struct instance *owner = owner_of(scope);
  bool rule = owner && owner->block && owner->block->kind == AST_RULE;
  bool kept = old.kind == V_ARRAY && old.array.variable;
  bool weight = kept && !rule && e->program->variables.at[old.array.variable - 1].kind == VARIABLE_WEIGHT;
  if (!kept || weight) {
    refuse_write(e, ast, weight);
    return;
  }
  struct value v = eval(e, scope, ast->kid[0]);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->kid[0]->span)) return;
  uint32_t variable = old.array.variable - 1;
  struct shape shape = e->program->variables.at[variable].shape;
  if (type_of(e, &v)->rows || !shape_equal(type_of(e, &v)->shape, shape)) {
    diag_error(e->diags, DIAG_E0311, ast->kid[0]->span, "'%s' is %s and cannot hold %s", ast->name, describe(e, &old),
               describe(e, &v));
    if (type_of(e, &v)->rows) diag_hint(e->diags, "a state has no rows: take the mean over 'batch'");
    return;
  }
  const struct application *running = scope->running;
  if (running && !(running->training && running->varies)) return;
  v.array.variable = variable + 1;
  if (!scope->declarative) bind_value(e, scope, ast->name, v, b->span); /* there, order means nothing */
  add_write(e, variable, v.array.node);
}

/* ---- names ---- */

/* Where a weight was made: the call that made its instance, or its own name. */
struct span weight_place(const struct elab *e, uint32_t variable, struct span otherwise) {
  for (size_t i = 0; i < e->instances.n; i++)
    for (size_t k = 0; k < e->instances.at[i]->slots.n; k++) {
      const struct parameter_slot *slot = &e->instances.at[i]->slots.at[k];
      if (slot->variable != variable) continue;
      return source_get(e->sources, slot->span.source)->library ? e->instances.at[i]->made : slot->span;
    }
  for (size_t k = 0; k < e->root->slots.n; k++)
    if (e->root->slots.at[k].variable == variable) return e->root->slots.at[k].span;
  return otherwise;
}

static int by_name(const void *a, const void *b) {
  const struct variable *const *x = a, *const *y = b;
  int order = strcmp((*x)->name, (*y)->name);
  return order ? order : (*x > *y) - (*x < *y);
}

void check_variable_names(struct elab *e) {
  struct program *p = e->program;
  const struct variable **sorted = ARENA_ARRAY(e->arena, const struct variable *, p->variables.n + 1);
  size_t n = 0;
  for (size_t v = 0; v < p->variables.n; v++) {
    int stage = p->variables.at[v].stage;
    if (stage >= 0 && !p->stages.at[stage].in_evaluation) sorted[n++] = &p->variables.at[v];
  }
  qsort(sorted, n, sizeof *sorted, by_name);
  for (size_t k = 1; k < n; k++) {
    if (strcmp(sorted[k]->name, sorted[k - 1]->name)) continue;
    static const struct span nowhere;
    diag_error(e->diags, DIAG_E0202, weight_place(e, (uint32_t)(sorted[k] - p->variables.at), nowhere),
               "two weights or states are called '%s'", sorted[k]->name);
    diag_label(e->diags, weight_place(e, (uint32_t)(sorted[k - 1] - p->variables.at), nowhere), "the other");
    diag_hint(e->diags, "give one of them another name: checkpoints and exports find them by it");
    return;
  }
}
