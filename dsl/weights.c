/* Weights, states and draws.
 *
 * A weight's first value is found in a graph of its own, the `initial` graph of the stage that reaches it first: it can
 * draw, but cannot depend on the data.  A state is read as it is at that point of the text: reads after a `<-` in the
 * same unit see what was written. */
#include <math.h>

#include "dsl/elab.h"

struct value variable_value(struct elab *e, uint32_t variable, struct span made) {
  struct graph *g = e->unit->graph;
  node_id node = 0;
  for (size_t i = e->unit->writes.n; i-- > 0 && !node;)
    if (e->unit->writes.at[i].variable == variable) node = e->unit->writes.at[i].node;
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

struct value draw(struct elab *e, struct value law, struct shape shape, bool level, const char *path,
                  struct span span) {
  struct attr attr = {.key = text_hash(path), .shape = shape, .rows = level};
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

/* Puts the first value's nodes into the initial graph of the unit's stage. */
static void initial_write(struct elab *e, struct scope *scope, const struct ast *ast, uint32_t variable) {
  struct variable *var = &e->program->variables.at[variable];
  struct stage *stage = &e->program->stages.at[var->stage];
  struct unit *outside = e->unit;
  struct unit *unit = ARENA_NEW(e->arena, struct unit);
  *unit = (struct unit){.number = ++e->units, .kind = UNIT_INITIAL, .graph = stage->initial, .stage = var->stage,
                         .outer = outside};
  e->unit = unit;
  struct shape shape = var->shape;
  struct value v = eval(e, scope, ast->kid[1]);
  if (v.kind == V_CLOSURE && v.closure.ast->kind == AST_DEF) v = call_initialiser(e, v, scope, shape, ast->kid[1]);
  if (v.kind == V_LAW)
    v = draw(e, v, shape, false, var->name, ast->at);
  else if (ast->op == OP_BIND_DRAW && v.kind != V_ERROR) {
    no_law(e, &v, ast->kid[1]->span);
    v = v_error();
  }
  if (v.kind != V_ERROR && is_array(e, &v, ast->kid[1]->span)) v = spread_to(e, v, shape, ast->kid[1]->span);
  if (v.kind == V_ARRAY) graph_root(stage->initial, ROOT_WRITE, var->name, variable, v.array.node);
  e->unit = outside;
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

static const char *slot_path(struct elab *e, const struct instance *owner, const char *name) {
  return *owner->path ? arena_format(e->arena, "%s.%s", owner->path, name) : name;
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
  const char *path = arena_format(e->arena, "%s%s%s", e->path, *e->path ? "." : "", ast->name);
  struct value v = draw(e, law, shape, level, path, ast->at);
  if (v.kind != V_ERROR) bind_value(e, scope, ast->name, v, ast->at);
}

/* A weight that only measurements or nothing use.  After other errors that says little, as its stage was not built:
 * something of its shape stands for it, so that the rest can be checked. */
static void not_trained(struct elab *e, struct scope *scope, const struct ast *ast, struct instance *owner,
                        struct shape shape) {
  if (!mistaken(e)) {
    diag_error(e->diags, DIAG_E0403, *owner->path ? owner->made : ast->at, "'%s' is used, but no stage trains it",
               slot_path(e, owner, ast->name));
    diag_hint(e->diags, "let a loss term depend on it, or take it out");
  }
  struct value v = array_of(e, graph_constant(e->unit->graph, shape, 0), false, 0, ast->at);
  bind_value(e, scope, ast->name, v, ast->at);
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
  if (slot && !same_shape(e, ast, owner, shape, slot)) return;
  uint32_t variable;
  if (slot) {
    variable = slot->variable;
  } else {
    if (e->unit->kind != UNIT_STEP) {
      not_trained(e, scope, ast, owner, shape);
      return;
    }
    bool rule = owner->block && owner->block->kind == AST_RULE;
    variable = new_variable(e, slot_path(e, owner, ast->name),
                            rule ? VARIABLE_OPTIMIZER : ast->kind == AST_PARAM ? VARIABLE_WEIGHT : VARIABLE_STATE,
                            shape);
    struct parameter_slot made = {ast->name, variable, ast->at};
    vec_push(e->arena, &owner->slots, made);
    initial_write(e, scope, ast, variable);
  }
  bind_value(e, scope, ast->name, variable_value(e, variable, ast->at), ast->at);
}

void write_state(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct binding *b = lookup(scope, ast->name);
  if (!b) {
    unknown_name(e, scope, ast->name, ast->at);
    return;
  }
  struct value old = force(e, b);
  if (old.kind == V_ERROR) return;
  if (old.kind == V_ARRAY && e->unit->kind != UNIT_STEP && mistaken(e)) return; /* see not_trained */
  if (old.kind != V_ARRAY || !old.array.variable) {
    diag_error(e->diags, DIAG_E0311, ast->at, "'%s' is not a state, so '<-' cannot write it", ast->name);
    diag_hint(e->diags, "declare it with 'state %s = 0'", ast->name);
    return;
  }
  struct value v = eval(e, scope, ast->kid[0]);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->kid[0]->span)) return;
  uint32_t variable = old.array.variable - 1;
  struct shape shape = e->program->variables.at[variable].shape;
  if (type_of(e, &v)->rows || !shape_equal(type_of(e, &v)->shape, shape)) {
    char text[SHAPE_TEXT];
    diag_error(e->diags, DIAG_E0311, ast->kid[0]->span, "'%s' is %s and cannot hold %s", ast->name,
               shape_text(text, shape, false), describe(e, &v));
    if (type_of(e, &v)->rows) diag_hint(e->diags, "a state has no rows: take the mean over 'batch'");
    return;
  }
  const struct application *running = scope->running;
  if (running && !(running->training && running->varies)) return;
  v.array.variable = variable + 1;
  if (!scope->declarative) bind_value(e, scope, ast->name, v, b->span); /* there, order means nothing */
  struct pending_write write = {variable, v.array.node};
  vec_push(e->arena, &e->unit->writes, write);
}
