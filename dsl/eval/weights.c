/* Weights, states and draws.
 *
 * An initial value is found in a graph of its own, which the stage that reaches the weight first runs when it begins:
 * it is made of numbers, draws, other weights and values over the training split.  A state is read as it is at that
 * point of the text: reads after a `<-` in the same graph build see what was written. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "dsl/eval/forms.h"

/* `[out, features(x)]`: whole positive numbers. */
bool eval_shape(const struct context *e, const struct ast *ast, struct shape *shape) {
  *shape = (struct shape){0};
  if (!ast) return true;
  if (ast->kids > MAX_RANK) {
    diag_error(e->diags, DIAG_E0234, ast->span, "an array has at most %d axes, not %d", MAX_RANK, ast->kids);
    return false;
  }
  for (int k = 0; k < ast->kids; k++) {
    struct value v = eval_number(e, ast->kid[k], "a dimension");
    if (v.kind == V_ERROR) return false;
    if (!(v.number >= 1) || v.number != floor(v.number) || v.number > (double)ELEMENT_LIMIT) {
      diag_error(e->diags, DIAG_E0234, ast->kid[k]->span, "a dimension is an integer from 1 to %lld, not %g",
                 (long long)ELEMENT_LIMIT, v.number);
      return false;
    }
    shape->dim[shape->rank++] = (int64_t)v.number;
  }
  int64_t count = shape_count(*shape);
  if (count < 0 || count > ELEMENT_LIMIT) {
    char string[SHAPE_STRING];
    diag_error(e->diags, DIAG_E0234, ast->span, "%s has more than %lld elements", shape_string(string, *shape, false),
               (long long)ELEMENT_LIMIT);
    return false;
  }
  return true;
}

struct value draw(const struct context *e, struct value distribution, struct shape shape, bool per_sample, int table,
                  uint64_t key, struct span span) {
  struct attr attr = {.i = {0, per_sample ? table - 1 : 0}, .key = key, .shape = shape, .rows = per_sample};
  if (distribution.distribution.fixed) {
    attr.i[0] = 1;
    attr.key = key_mix(distribution.distribution.seed, key);
  }
  enum op op = distribution.distribution.kind == DISTRIBUTION_NORMAL ? OP_normal : OP_uniform;
  struct value in[2] = {array_of(e, graph_add(graph_of(e), op, &attr, NULL, NULL), per_sample, 0, span),
                        *distribution.distribution.a};
  in[0].array.table = table;
  if (distribution.distribution.kind == DISTRIBUTION_BERNOULLI) return apply_op(e, OP_less, NULL, in, 2, span);
  struct value scale = *distribution.distribution.b;
  if (distribution.distribution.kind == DISTRIBUTION_UNIFORM)
    scale = binary(e, OP_SUB, *distribution.distribution.b, *distribution.distribution.a, span);
  struct value scaled = binary(e, OP_MUL, in[0], scale, span);
  return binary(e, OP_ADD, scaled, *distribution.distribution.a, span);
}

void no_distribution(const struct context *e, const struct value *value, struct span span) {
  diag_error(e->diags, DIAG_E0320, span, "'~' draws from a distribution, not from %s", describe(e, value));
  const char *layer = called(e, "", span), *call = source_words(e->compile->sources, diag_location(e->diags, span));
  bool dense = !strcmp(layer, "dense") || !strcmp(layer, "linear");
  if (value->kind == V_NUMBER && dense && !strstr(call, "init")) { /* two numbers by place, as if widths */
    diag_hint(e->diags, "the width of the input is inferred: write '%s(%g)'", layer, value->number);
    return;
  }
  diag_hint(e->diags,
            "write '=' for a value, or draw from normal(mean, sd), uniform(low, high), bernoulli(p) or glorot");
}

/* A rule runs for a weight in every stage that trains it, with states of the stage's own. */
static const char *slot_path(const struct context *e, const struct instance *owner, const char *name) {
  const char *path = *owner->path ? arena_format(e->arena, "%s.%s", owner->path, name) : name;
  return owner->stage_name ? arena_format(e->arena, "%s@%s", path, owner->stage_name) : path;
}

struct value needs_itself(const struct context *e, const struct instance *owner, const char *name, struct span span) {
  diag_error(e->diags, DIAG_E0203, span, "the initial value of '%s' depends on itself", slot_path(e, owner, name));
  for (size_t i = 0; i < owner->slots.n; i++)
    if (owner->slots.at[i].name == name) diag_label(e->diags, owner->slots.at[i].span, "'%s' is declared here", name);
  return v_error();
}

static uint32_t new_variable(const struct context *e, const char *name, enum variable_kind kind, struct shape shape) {
  struct variable variable = {name, kind, shape, e->build->stage};
  vec_push(e->arena, &e->program->variables, variable);
  return (uint32_t)e->program->variables.n - 1;
}

static bool same_shape(const struct context *e, const struct ast *ast, struct instance *owner, struct shape shape,
                       const struct parameter_slot *slot) {
  struct shape before = e->program->variables.at[slot->variable].shape;
  if (shape_equal(before, shape)) return true;
  char a[SHAPE_STRING], b[SHAPE_STRING];
  diag_error(e->diags, DIAG_E0233, ast->at, "'%s' of '%s' is %s, but would have to be %s here", ast->name, owner->path,
             shape_string(a, before, false), shape_string(b, shape, false));
  diag_label(e->diags, owner->made, "'%s' was made here", owner->path);
  diag_hint(e->diags, "an instance shares its weights between applications: give it inputs of one shape, or make two");
  return false;
}

/* A draw in a body or a file: `keep ~ bernoulli(0.5)`. */
void run_draw(const struct context *e, const struct ast *ast) {
  struct value distribution = eval(e, ast->kid[0]);
  if (distribution.kind != V_DISTRIBUTION) {
    if (distribution.kind != V_ERROR) no_distribution(e, &distribution, ast->kid[0]->span);
    bind_value(e, e->scope, ast->name, v_error(), ast->at);
    return;
  }
  struct value like = {.kind = V_NUMBER};
  struct value *from[3] = {distribution.distribution.like, distribution.distribution.a, distribution.distribution.b};
  bool per_sample = false;
  int table = 0;
  for (int k = 0; k < 3; k++) {
    if (!from[k] || from[k]->kind != V_ARRAY) continue;
    per_sample |= from[k]->array.per_sample;
    if (!table) table = from[k]->array.table;
    if (like.kind != V_ARRAY || type_of(e, from[k])->shape.rank > type_of(e, &like)->shape.rank) like = *from[k];
  }
  struct shape shape = like.kind == V_ARRAY ? type_of(e, &like)->shape : (struct shape){0};
  uint64_t key = key_mix(e->frame->key, string_hash(ast->name));
  struct value v = draw(e, distribution, shape, per_sample, table, key, ast->at);
  bind_value(e, e->scope, ast->name, v, ast->at);
}

/* A weight or state that only measurements or nothing use: something of its shape stands for it, so that the rest can
 * be checked.  It is reported at the end, where nothing else is wrong with its instance. */
static void not_trained(const struct context *e, const struct ast *ast, struct instance *owner, struct shape shape) {
  struct span location = diag_location(e->diags, *owner->path ? owner->made : ast->at);
  struct untrained untrained = {ast, owner, slot_path(e, owner, ast->name), location};
  if (!owner->untrained) vec_push(e->arena, &e->compile->untrained, untrained);
  owner->untrained = *owner->path; /* its other weights are not another mistake */
  struct value v = array_of(e, graph_constant(graph_of(e), shape, 0), false, 0, ast->at);
  v.array.stands_for_state = true;
  bind_value(e, e->scope, ast->name, v, ast->at);
}

/* The optimiser's states have the shape of their weight and its name in front; see rule scopes in stage.c. */
static struct instance *owner_of(struct scope *scope) {
  return scope->running ? scope->running->instance : scope->owner;
}

/* The state of a rule that runs for a row variable has its shape, and rows. */
static void make_row_state(const struct context *e, const struct ast *ast, const struct instance *owner,
                           const struct value *of, struct shape shape) {
  size_t before = e->compile->rows.n;
  uint32_t column = row_column(e, NULL, slot_path(e, owner, ast->name), shape, of->array.table - 1);
  if (e->compile->rows.n > before) {
    e->program->columns.at[column].made_by[e->build->split] = e->build->stage + 1;
    e->compile->forms->initial_rows(e, ast, column);
  }
  struct value v = array_of(e, rows_node(e, column), true, 0, ast->at);
  v.array.column = column + 1;
  v.array.table = of->array.table;
  bind_value(e, e->scope, ast->name, v, ast->at);
}

static void make_parameter(const struct context *e, const struct ast *ast) {
  struct instance *owner = owner_of(e->scope);
  if (!owner) {
    diag_error(e->diags, DIAG_E0306, ast->at, "a function cannot own the %s '%s'",
               ast->kind == AST_PARAM ? "weight" : "state", ast->name);
    diag_hint(e->diags, "make the function a block");
    return;
  }
  struct shape shape;
  if (ast->kid[0]) {
    if (!eval_shape(e, ast->kid[0], &shape)) return;
  } else {
    bool rule = owner->block && owner->block->kind == AST_RULE; /* there, as the weight, which is bound first */
    shape = rule ? type_of(e, &e->scope->names.at[0]->value)->shape : (struct shape){0};
  }
  bool of_rule = owner->block && owner->block->kind == AST_RULE;
  if (of_rule && e->scope->names.at[0]->value.array.column) {
    make_row_state(e, ast, owner, &e->scope->names.at[0]->value, shape);
    return;
  }
  struct parameter_slot *slot = slot_named(owner, ast->name);
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
      not_trained(e, ast, owner, shape);
      return;
    }
    bool rule = owner->block && owner->block->kind == AST_RULE;
    variable = new_variable(e, slot_path(e, owner, ast->name),
                            rule                     ? VARIABLE_OPTIMIZER
                            : ast->kind == AST_PARAM ? VARIABLE_WEIGHT
                                                     : VARIABLE_STATE,
                            shape);
    struct parameter_slot made = {ast->name, variable, ast->at, true};
    vec_push(e->arena, &owner->slots, made);
    size_t at = owner->slots.n - 1;
    e->compile->forms->initial_value(e, ast, variable);
    owner->slots.at[at].busy = false;
  }
  bind_value(e, e->scope, ast->name, variable_value(e, variable, ast->at), ast->at);
}

/* A state that follows the slot of another instance, and begins as that begins. */
void follow_slot(const struct context *e, struct instance *owner, const struct parameter_slot *from) {
  struct shape shape = e->program->variables.at[from->variable].shape;
  uint32_t variable = new_variable(e, slot_path(e, owner, from->name), VARIABLE_STATE, shape);
  struct parameter_slot made = {from->name, variable, from->span, false};
  vec_push(e->arena, &owner->slots, made);
  e->compile->forms->initial_copy(e, from->variable, variable);
}

void run_parameter(const struct context *e, const struct ast *ast) {
  make_parameter(e, ast);
  if (!scope_find_here(e->scope, ast->name)) bind_value(e, e->scope, ast->name, v_error(), ast->at);
}

void refuse_write(const struct context *e, const struct ast *write, bool weight) {
  if (weight)
    diag_error(e->diags, DIAG_E0311, write->at, "'%s' is a weight, which only its optimizer writes", write->name);
  else diag_error(e->diags, DIAG_E0311, write->at, "'%s' is not a state, so '<-' cannot write it", write->name);
  diag_hint(e->diags, "declare it with 'state %s = 0'", write->name);
}

/* A row variable or its state, by a rule: in the rows of the batch. */
static void write_rows(const struct context *e, const struct ast *ast, const struct value *old) {
  struct value v = eval(e, ast->kid[0]);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->kid[0]->span)) return;
  uint32_t column = old->array.column - 1;
  if (!shape_equal(type_of(e, &v)->shape, e->program->columns.at[column].shape)) {
    diag_error(e->diags, DIAG_E0311, ast->kid[0]->span, "'%s' is %s and cannot hold %s", ast->name, describe(e, old),
               describe(e, &v));
    return;
  }
  v.array.column = column + 1;
  v.array.variable = 0;
  v.array.per_sample = true;
  v.array.table = old->array.table;
  bind_value(e, e->scope, ast->name, v, ast->at);
  add_row_write(e, column, v.array.node);
}

void write_state(const struct context *e, const struct ast *ast) {
  struct binding *b = lookup(e->scope, ast->name);
  if (!b) {
    unknown_name(e, e->scope, ast->name, ast->at);
    return;
  }
  struct value old = force(e, b);
  if (old.kind == V_ERROR) return;
  if (old.kind == V_ARRAY && old.array.stands_for_state) return; /* see not_trained */
  const struct instance *owner = owner_of(e->scope);
  bool rule = owner && owner->block && owner->block->kind == AST_RULE;
  if (rule && old.kind == V_ARRAY && old.array.column) {
    write_rows(e, ast, &old);
    return;
  }
  if (old.kind == V_ARRAY && old.array.column) {
    diag_error(e->diags, DIAG_E0311, ast->at, "'%s' is a row variable, which a stage writes", ast->name);
    diag_hint(e->diags, "put '%s <- ...' among the items of 'train'", ast->name);
    return;
  }
  bool kept = old.kind == V_ARRAY && old.array.variable;
  bool weight = kept && !rule && e->program->variables.at[old.array.variable - 1].kind == VARIABLE_WEIGHT;
  if (!kept || weight) {
    refuse_write(e, ast, weight);
    return;
  }
  struct value v = eval(e, ast->kid[0]);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->kid[0]->span)) return;
  uint32_t variable = old.array.variable - 1;
  struct shape shape = e->program->variables.at[variable].shape;
  if (type_of(e, &v)->rows || !shape_equal(type_of(e, &v)->shape, shape)) {
    diag_error(e->diags, DIAG_E0311, ast->kid[0]->span, "'%s' is %s and cannot hold %s", ast->name, describe(e, &old),
               describe(e, &v));
    if (type_of(e, &v)->rows) diag_hint(e->diags, "a state has no rows: take the mean over 'batch'");
    return;
  }
  const struct application *running = e->scope->running;
  if (running && !(running->training && running->varies)) return;
  v.array.variable = variable + 1;
  if (!e->scope->declarative) bind_value(e, e->scope, ast->name, v, b->span); /* there, order means nothing */
  add_write(e, variable, v.array.node);
}

/* ---- names ---- */

/* Where a weight was made: the call that made its instance, or its own name. */
struct span weight_location(const struct context *e, uint32_t variable, struct span otherwise) {
  for (size_t i = 0; i < e->compile->instances.n; i++)
    for (size_t k = 0; k < e->compile->instances.at[i]->slots.n; k++) {
      const struct parameter_slot *slot = &e->compile->instances.at[i]->slots.at[k];
      if (slot->variable != variable) continue;
      return source_get(e->compile->sources, slot->span.source)->library ? e->compile->instances.at[i]->made
                                                                         : slot->span;
    }
  for (size_t k = 0; k < e->compile->root->slots.n; k++)
    if (e->compile->root->slots.at[k].variable == variable) return e->compile->root->slots.at[k].span;
  return otherwise;
}
