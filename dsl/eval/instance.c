/* Instances: blocks with their weights, and their applications.
 *
 * A block called with its settings makes an instance, owned by whoever's text the call stands in; an instance called
 * with inputs is an application. */
#include "dsl/eval/forms.h"

static const char *child_path(struct elab *e, struct instance *owner, const struct ast *block, const char *hint) {
  const char *name = hint;
  if (!name) {
    int ordinal = 1;
    for (size_t i = 0; i < owner->kinds.n; i++) ordinal += owner->kinds.at[i] == block->name;
    vec_push(e->arena, &owner->kinds, block->name);
    name = arena_format(e->arena, "%s%d", block->name, ordinal);
  }
  if (e->loop_key && !hint) name = arena_format(e->arena, "%s[%s]", name, e->loop_key);
  return *owner->path ? arena_format(e->arena, "%s.%s", owner->path, name) : name;
}

void refuse_ownership(struct elab *e, const char *block, enum ast_kind body, struct span span) {
  const char *what = body == AST_RULE ? "rule" : "function";
  diag_error(e->diags, DIAG_E0306, span, "a %s cannot own an instance of '%s'", what, block);
  if (body == AST_RULE) diag_hint(e->diags, "name it outside the rule");
  else diag_hint(e->diags, "name it outside the function, or make the function a block");
}

void refuse_settings(struct elab *e, const char *block, struct span span) {
  diag_error(e->diags, DIAG_E0302, span, "block '%s' has no settings", block);
  diag_hint(e->diags, "make an instance and apply that: 'f = %s()', then 'f(...)'", block);
}

struct value instance_of(struct elab *e, struct value block, struct arguments *settings, struct scope *scope,
                         const struct ast *place) {
  const struct ast *ast = block.closure.ast;
  struct instance *owner = scope->owner, *found = NULL;
  bool rule = owner && owner->block && owner->block->kind == AST_RULE;
  if (!owner || rule) {
    refuse_ownership(e, ast->name, rule ? AST_RULE : AST_DEF, place->span);
    return v_error();
  }
  struct scope *bound = scope_new(e, block.closure.scope, NULL);
  bound->running = NULL;
  const struct ast *parameters = ast->kid[0];
  if (!parameters && settings->values.n) {
    refuse_settings(e, ast->name, settings->spans.at[0]);
    return v_error();
  }
  const char *hint = e->hint;
  e->hint = NULL;
  if (!bind_parameters(e, parameters, settings, bound, ast->name, place->span, false)) return v_error();
  for (size_t i = 0; i < owner->children.n && !found; i++)
    if (owner->children.at[i].place == place && owner->children.at[i].key == e->loop_key)
      found = owner->children.at[i].instance;
  if (!found) {
    found = ARENA_NEW(e->arena, struct instance);
    found->path = child_path(e, owner, ast, hint);
    found->block = ast;
    found->owner = owner;
    found->made = place->span;
    found->stage = -1;
    struct child child = {place, e->loop_key, found};
    vec_push(e->arena, &owner->children, child);
    vec_push(e->arena, &e->instances, found);
  }
  displace_instance(e, found);
  found->settings = bound;
  struct value v = {.kind = V_INSTANCE, .made = place->span};
  v.instance = found;
  return v;
}

static void begin_application(struct elab *e, struct instance *instance) {
  displace_instance(e, instance);
  if (instance->unit != e->unit->number) {
    instance->unit = e->unit->number;
    instance->last = NULL;
  }
  if (step_outside(e))
    for (struct instance *i = instance; i; i = i->owner)
      if (i->stage < 0 && i->owner) i->stage = e->unit->stage;
}

static void record_site(struct elab *e, struct instance *instance, const struct value *result) {
  struct site site = {.instance = instance, .span = e->outer};
  if (!e->record_sites || result->kind == V_ERROR) return;
  if (result->kind == V_ARRAY) {
    site.type = *type_of(e, result);
    site.level = result->array.level;
  } else {
    site.type.shape.rank = -1;
  }
  vec_push(e->arena, &e->sites, site);
}

struct value apply_instance(struct elab *e, struct instance *instance, struct arguments *arguments,
                            struct span span) {
  const struct ast *ast = instance->block;
  if (!call_enter(e, ast, span)) return v_error();
  begin_application(e, instance);
  struct application application = {.instance = instance, .training = in_training(e, instance),
                                    .unit = e->unit->number};
  application.taps = ARENA_NEW(e->arena, struct record);
  for (size_t i = 0; i < arguments->values.n; i++) {
    struct value *v = &arguments->values.at[i];
    if (v->kind == V_ARRAY && (type_of(e, v)->rows || !v->array.level)) application.varies = true;
  }
  const char *where = e->unit->graph->where, *key = e->loop_key;
  struct frame *frame = frame_call(e, ast->name);
  e->loop_key = NULL; /* what the body makes is the instance's own, whatever loop it is applied in */
  e->unit->graph->where = instance->path;
  struct scope *scope = scope_new(e, instance->settings, instance);
  scope->running = &application;
  const struct instance *running = e->running;
  e->running = instance;
  bind_value(e, scope, name_of_text(e->names, "training"), v_truth(application.training), span);
  struct value v = v_error();
  if (bind_parameters(e, ast->kid[1], arguments, scope, ast->name, span, false))
    v = run_body(e, scope, ast->kid[2]);
  else
    instance->broken = true;
  instance->last = scope;
  e->running = running;
  scope->running = NULL;
  e->unit->graph->where = where;
  e->frame = frame;
  e->loop_key = key;
  call_leave(e);
  if (v.kind == V_ARRAY) v.made = diag_place(e->diags, span);
  instance->broken |= v.kind == V_ERROR;
  if (v.kind != V_ERROR && application.taps->fields.n) v.taps = application.taps;
  record_site(e, instance, &v);
  return v;
}
