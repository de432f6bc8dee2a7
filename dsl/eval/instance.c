/* Instances: blocks with their weights, and their applications.
 *
 * A block called with its settings makes an instance, owned by whoever's text the call stands in; an instance called
 * with inputs is an application. */
#include <stdint.h>

#include "base/random.h"
#include "dsl/eval/forms.h"

static const char *child_path(const struct context *e, struct instance *owner, const struct ast *block,
                              const char *hint) {
  const char *name = hint;
  if (!name) name = arena_format(e->arena, "%s%d", block->name, ordinal_of(e, &owner->kinds, block->name));
  if (e->loop_key && !hint) name = arena_format(e->arena, "%s[%s]", name, e->loop_key);
  return *owner->path ? arena_format(e->arena, "%s.%s", owner->path, name) : name;
}

void refuse_ownership(const struct context *e, const char *block, enum ast_kind body, struct span span) {
  const char *what = body == AST_RULE ? "rule" : "function";
  diag_error(e->diags, DIAG_E0306, span, "a %s cannot own an instance of '%s'", what, block);
  if (body == AST_RULE) diag_hint(e->diags, "name it outside the rule");
  else diag_hint(e->diags, "name it outside the function, or make the function a block");
}

void refuse_settings(const struct context *e, const char *block, struct span span) {
  diag_error(e->diags, DIAG_E0302, span, "block '%s' has no settings", block);
  suggest_instance(e, block, "");
}

enum { FEW_CHILDREN = 16 }; /* that are looked through one by one */

static size_t slot_of(const struct instance *owner, const struct ast *location, const char *key) {
  size_t mask = owner->index_slots - 1;
  size_t at = (size_t)key_mix((uint64_t)(uintptr_t)location, (uint64_t)(uintptr_t)key) & mask;
  for (; owner->index[at]; at = (at + 1) & mask) {
    const struct child *child = &owner->children.at[owner->index[at] - 1];
    if (child->location == location && child->key == key) break;
  }
  return at;
}

static void index_children(const struct context *e, struct instance *owner) {
  if (2 * owner->children.n > owner->index_slots) {
    owner->index_slots = owner->index_slots ? owner->index_slots : 2 * FEW_CHILDREN;
    while (2 * owner->children.n > owner->index_slots) owner->index_slots *= 2;
    owner->index = ARENA_ARRAY(e->arena, uint32_t, owner->index_slots);
    owner->indexed = 0;
  }
  for (; owner->indexed < owner->children.n; owner->indexed++) {
    const struct child *child = &owner->children.at[owner->indexed];
    owner->index[slot_of(owner, child->location, child->key)] = (uint32_t)owner->indexed + 1;
  }
}

struct instance *child_at(const struct context *e, struct instance *owner, const struct ast *location,
                          const char *key) {
  if (owner->children.n > FEW_CHILDREN) {
    index_children(e, owner);
    uint32_t found = owner->index[slot_of(owner, location, key)];
    return found ? owner->children.at[found - 1].instance : NULL;
  }
  for (size_t i = 0; i < owner->children.n; i++)
    if (owner->children.at[i].location == location && owner->children.at[i].key == key)
      return owner->children.at[i].instance;
  return NULL;
}

struct instance *instance_at(const struct context *e, const struct ast *block, const struct ast *location) {
  struct instance *owner = e->scope->owner;
  const char *hint = *e->hint;
  *e->hint = NULL;
  struct instance *known = child_at(e, owner, location, e->loop_key);
  if (known) return known;
  struct instance *made = ARENA_NEW(e->arena, struct instance);
  made->path = child_path(e, owner, block, hint);
  made->block = block;
  made->owner = owner;
  made->made = location->span;
  made->stage = -1;
  struct child child = {location, e->loop_key, made};
  vec_push(e->arena, &owner->children, child);
  vec_push(e->arena, &e->compile->instances, made);
  return made;
}

struct value instance_of(const struct context *e, struct value block, struct arguments *settings,
                         const struct ast *location) {
  const struct ast *ast = block.closure.ast;
  struct instance *owner = e->scope->owner;
  bool rule = owner && owner->block && owner->block->kind == AST_RULE;
  if (!owner || rule) {
    refuse_ownership(e, ast->name, rule ? AST_RULE : AST_DEF, location->span);
    return v_error();
  }
  struct context in = in_scope(e, scope_new(e, block.closure.scope, NULL));
  in.scope->running = NULL;
  const struct ast *parameters = ast->kid[0];
  if (!parameters && settings->values.n) {
    refuse_settings(e, ast->name, settings->spans.at[0]);
    return v_error();
  }
  const char *hint = *e->hint;
  *e->hint = NULL;
  if (!bind_parameters(&in, parameters, settings, ast->name, location->span, false)) return v_error();
  *e->hint = hint;
  struct instance *found = instance_at(e, ast, location);
  displace_instance(e, found);
  found->settings = in.scope;
  struct value v = {.kind = V_INSTANCE, .made = location->span};
  v.instance = found;
  return v;
}

static void begin_application(const struct context *e, struct instance *instance) {
  displace_instance(e, instance);
  if (instance->build != e->build->number) {
    instance->build = e->build->number;
    instance->last = NULL;
  }
  if (step_outside(e))
    for (struct instance *i = instance; i; i = i->owner)
      if (i->stage < 0 && i->owner) i->stage = e->build->stage;
}

static void record_site(const struct context *e, struct instance *instance, const struct value *result) {
  struct site site = {.instance = instance, .span = e->outer, .build = e->build->number};
  if (!e->record_sites || result->kind == V_ERROR) return;
  if (result->kind == V_ARRAY) {
    site.type = *type_of(e, result);
    site.per_sample = result->array.per_sample;
  } else {
    site.type.shape.rank = -1;
  }
  vec_push(e->arena, &e->compile->sites, site);
}

/* Outside of a step no write is kept: what others read of the instance does not depend on which application came first. */
static void forget_states(const struct context *in, const struct instance *instance, size_t writes) {
  if (in->build->writes.n == writes) return;
  forget_writes(in, writes);
  for (size_t i = 0; i < instance->slots.n; i++) {
    const struct parameter_slot *slot = &instance->slots.at[i];
    struct binding *b = scope_find_here(in->scope, slot->name);
    if (b) b->value = variable_value(in, slot->variable, slot->span);
  }
}

struct value apply_instance(const struct context *e, struct instance *instance, struct arguments *arguments,
                            struct span span) {
  const struct ast *ast = instance->block;
  struct context in;
  if (instance->averaged && instance->decay && !e->compile->forms->begin_average(e, instance, span)) return v_error();
  if (!call_enter(e, ast, span, &in)) return v_error();
  begin_application(e, instance);
  struct application application = {
      .instance = instance, .training = in_training(e, instance), .build = e->build->number};
  application.intermediate_outputs = ARENA_NEW(e->arena, struct record);
  for (size_t i = 0; i < arguments->values.n; i++) {
    struct value *v = &arguments->values.at[i];
    if (v->kind == V_ARRAY && (type_of(e, v)->rows || !v->array.per_sample)) application.varies = true;
  }
  const char *hint = NULL;
  in.scope = scope_new(e, instance->settings, instance);
  in.scope->running = &application;
  in.running = instance;
  in.frame = frame_call(e, ast->name);
  in.where = instance->path;
  in.hint = &hint;
  in.loop_key = NULL; /* what the body makes is the instance's own, whatever loop it is applied in */
  bind_value(e, in.scope, name_of_string(e->compile->names, "training"), v_boolean(application.training), span);
  size_t writes = e->build->writes.n;
  struct value v = v_error();
  if (bind_parameters(&in, ast->kid[1], arguments, ast->name, span, false)) v = run_body(&in, ast->kid[2]);
  else instance->broken = true;
  if (e->build->kind != BUILD_STEP) forget_states(&in, instance, writes);
  instance->last = in.scope;
  in.scope->running = NULL;
  call_leave(&in);
  if (v.kind == V_ARRAY) v.made = diag_location(e->diags, span);
  instance->broken |= v.kind == V_ERROR;
  if (v.kind != V_ERROR && application.intermediate_outputs->fields.n)
    v.intermediate_outputs = application.intermediate_outputs;
  record_site(&in, instance, &v);
  return v;
}
