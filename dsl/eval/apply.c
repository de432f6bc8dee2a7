/* Calls: functions of the core, defs, blocks and their instances.
 *
 * A block called with its settings makes an instance, owned by whoever's text the call stands in; an instance called
 * with inputs is an application.  `x -> f(a)` calls a function as f(x, a), and makes and applies an instance where f is
 * a block. */
#include <math.h>

#include "dsl/lower/stage.h"

/* ---- arguments ---- */

static void add_argument(struct elab *e, struct arguments *arguments, const char *name, struct value value,
                         const struct ast *ast, struct span span) {
  vec_push(e->arena, &arguments->values, value);
  vec_push(e->arena, &arguments->names, name);
  vec_push(e->arena, &arguments->spans, span);
  vec_push(e->arena, &arguments->asts, ast);
}

bool gather_arguments(struct elab *e, struct scope *scope, const struct ast *call, int from, bool lazy,
                      struct arguments *out) {
  out->scope = scope;
  bool good = true;
  for (int i = from; i < call->kids; i++) {
    const struct ast *kid = call->kid[i];
    const struct ast *value = kid->kind == AST_ARGUMENT ? kid->kid[0] : kid;
    struct value v = lazy ? v_error() : eval(e, scope, value);
    good &= lazy || v.kind != V_ERROR;
    add_argument(e, out, kid->kind == AST_ARGUMENT ? kid->name : NULL, v, value, kid->span);
  }
  return good;
}

/* The parameter that argument i is for; -1 after an error. */
static int parameter_of(struct elab *e, const struct ast *parameters, struct arguments *arguments, size_t i,
                        const char *called) {
  const char *name = arguments->names.at[i];
  int n = parameters ? parameters->kids : 0;
  VEC(const char *) all = {0};
  for (int k = 0; k < n; k++) vec_push(e->arena, &all, parameters->kid[k]->name);
  if (!name) {
    if ((int)i < n) return (int)i;
    diag_error(e->diags, DIAG_E0302, arguments->spans.at[i], "'%s' takes %d argument%s, not %zu", called, n,
               n == 1 ? "" : "s", arguments->values.n);
    suggest(e, "", all.at, all.n, "it takes");
    return -1;
  }
  for (int k = 0; k < n; k++)
    if (parameters->kid[k]->name == name) return k;
  diag_error(e->diags, DIAG_E0303, arguments->spans.at[i], "'%s' has no argument '%s'", called, name);
  suggest(e, name, all.at, all.n, "it takes");
  return -1;
}

/* Binds the names in `v[c, h, ..]` to the dimensions of an argument, `of` which the messages are. */
static bool match_shape(struct elab *e, const struct ast *pattern, struct value *value, struct scope *scope,
                        const char *called, const char *of, struct span span) {
  if (value->kind != V_ARRAY && value->kind != V_NUMBER && value->kind != V_TRUTH && value->kind != V_KEY) {
    diag_error(e->diags, DIAG_E0204, span, "'%s' takes an array, not %s", called, describe(e, value));
    suggest_array(e, value);
    return false;
  }
  if (!is_array(e, value, span)) return false;
  struct shape shape = type_of(e, value)->shape;
  int n = pattern->kids;
  bool rest = n > 0 && pattern->kid[n - 1]->kind == AST_REST;
  if (rest) n--;
  if (shape.rank < n || (shape.rank > n && !rest)) {
    const char *text = source_get(e->sources, pattern->span.source)->text + pattern->span.begin;
    int length = (int)(pattern->span.end - pattern->span.begin);
    if (pattern->kids)
      diag_error(e->diags, DIAG_E0232, span, "'%s' takes %.*s%s, not %s", called, length, text, of, describe(e, value));
    else
      diag_error(e->diags, DIAG_E0232, span, "'%s' takes one number%s, not %s", called, of, describe(e, value));
    blame_made(e, value, span);
    if (n == 1 && !rest && shape.rank > 1) diag_hint(e->diags, "flatten it first: '... -> flatten -> %s'", called);
    return false;
  }
  for (int k = 0; k < n; k++) {
    const struct ast *item = pattern->kid[k];
    struct binding *b = item->kind == AST_NAME && scope->parent ? scope_find_here(scope->parent, item->name) : NULL;
    struct value want = item->kind != AST_NAME ? eval_number(e, scope, item, "a dimension")
                        : b                    ? force(e, b)
                                               : v_number((double)shape.dim[k], span);
    if (want.kind == V_ERROR) return false;
    if (want.kind == V_NUMBER && want.number != (double)shape.dim[k]) {
      diag_error(e->diags, DIAG_E0232, span, "'%s' takes %g elements along axis %d, not %lld", called, want.number, k,
                 (long long)shape.dim[k]);
      blame_made(e, value, span);
      return false;
    }
    if (item->kind == AST_NAME && !b) bind_value(e, scope, item->name, want, item->span);
  }
  return true;
}

int *match_parameters(struct elab *e, const struct ast *parameters, struct arguments *arguments, const char *called,
                      struct span span) {
  int n = parameters ? parameters->kids : 0;
  int *from = ARENA_ARRAY(e->arena, int, n + 1);
  bool good = true;
  for (size_t i = 0; i < arguments->values.n; i++) {
    int k = parameter_of(e, parameters, arguments, i, called);
    if (k >= 0 && from[k]) {
      diag_error(e->diags, DIAG_E0202, arguments->spans.at[i], "argument '%s' of '%s' is given twice",
                 parameters->kid[k]->name, called);
      good = false;
    } else if (k >= 0) {
      from[k] = (int)i + 1;
    } else if (good && !arguments->names.at[i]) {
      return NULL; /* one too many: the next are no other mistake */
    } else {
      good = false;
    }
  }
  for (int k = 0; k < n && good; k++)
    if (!from[k] && !parameters->kid[k]->kid[0]) {
      diag_error(e->diags, DIAG_E0301, span, "'%s' needs its argument '%s'", called, parameters->kid[k]->name);
      good = false;
    }
  return good ? from : NULL;
}

bool bind_parameters(struct elab *e, const struct ast *parameters, struct arguments *arguments, struct scope *into,
                     const char *called, struct span span, bool lazy) {
  int n = parameters ? parameters->kids : 0;
  int *from = match_parameters(e, parameters, arguments, called, span);
  if (!from) return false;
  for (int k = 0; k < n; k++) {
    const struct ast *p = parameters->kid[k];
    size_t i = (size_t)from[k] - 1;
    if (lazy) {
      bind_lazy(e, into, p->name, from[k] ? arguments->asts.at[i] : p->kid[0], from[k] ? arguments->scope : into,
                from[k] ? arguments->scope->owner : into->owner);
      continue;
    }
    struct value value = from[k] ? arguments->values.at[i] : eval(e, into, p->kid[0]);
    if (value.kind == V_ERROR) return false;
    const char *of = n > 1 ? arena_format(e->arena, " for its %s", p->name) : "";
    if (p->kids > 1 && p->kid[1] &&
        !match_shape(e, p->kid[1], &value, into, called, of, from[k] ? arguments->spans.at[i] : span))
      return false;
    bind_value(e, into, p->name, value, p->at);
  }
  return true;
}

/* ---- running bodies ---- */

static bool enter(struct elab *e, const struct ast *closure, struct span span) {
  for (size_t i = 0; i < e->active.n; i++)
    if (e->active.at[i] == closure) {
      diag_error(e->diags, DIAG_E0203, span, "'%s' calls itself", closure->name);
      diag_label(e->diags, closure->at, "'%s' is defined here", closure->name);
      diag_hint(e->diags, "evaluation always ends, so nothing repeats itself: write a comprehension, such as "
                          "'[f(v) for v in views]'");
      return false;
    }
  if (e->depth >= CALL_LIMIT) {
    diag_error(e->diags, DIAG_E0310, span, "calls are nested more than %d deep", CALL_LIMIT);
    return false;
  }
  if (e->depth++ == 0) e->outer = span;
  vec_push(e->arena, &e->active, closure);
  diag_enter(e->diags, span, closure->name);
  return true;
}

static void leave(struct elab *e) {
  e->depth--;
  e->active.n--;
  diag_leave(e->diags);
}

static struct value call_def(struct elab *e, struct value def, struct arguments *arguments, struct span span) {
  const struct ast *ast = def.closure.ast;
  if (!enter(e, ast, span)) return v_error();
  struct scope *scope = scope_new(e, def.closure.scope, NULL);
  scope->running = NULL;
  const struct instance *running = e->running;
  e->running = NULL;
  struct frame *frame = frame_call(e, ast->name);
  struct value v = v_error();
  if (bind_parameters(e, ast->kid[0], arguments, scope, ast->name, span, false)) v = run_body(e, scope, ast->kid[1]);
  e->running = running;
  e->frame = frame;
  leave(e);
  return v;
}

struct value read_name(struct elab *e, struct binding *b, struct span span) {
  struct value v = force(e, b);
  struct arguments none = {0};
  if (v.kind == V_BUILTIN && !v.builtin->parameters) return v.builtin->call(e, v.builtin, NULL, 0, span);
  bool called = v.kind == V_CLOSURE && v.closure.ast->kind == AST_DEF && !v.closure.ast->kid[0];
  return called ? call_def(e, v, &none, span) : v;
}

/* A name whose statement failed is bound to an error, of which what uses it stays silent. */
static void statement(struct elab *e, struct scope *scope, const struct ast *s) {
  struct value v;
  if (refuse_loop(e, s)) {
    if (s->kind == AST_BIND && !scope_find_here(scope, s->name)) bind_value(e, scope, s->name, v_error(), s->at);
    return;
  }
  if (s->name && s->kind != AST_WRITE && defined_before(e, scope, s)) return;
  switch (s->kind) {
    case AST_BIND:
      e->hint = s->name;
      v = eval(e, scope, s->kid[0]);
      e->hint = NULL;
      bind_value(e, scope, s->name, v, s->at);
      return;
    case AST_PARAM: case AST_STATE: case AST_DRAW:
      run_parameter(e, scope, s);
      if (!scope_find_here(scope, s->name)) bind_value(e, scope, s->name, v_error(), s->at);
      return;
    case AST_WRITE:
      write_state(e, scope, s);
      return;
    case AST_DEF: case AST_BLOCK: case AST_RULE:
      v = (struct value){.kind = V_CLOSURE, .made = s->at};
      v.closure.ast = s;
      v.closure.scope = scope;
      check_parameters(e, s);
      bind_value(e, scope, s->name, v, s->at);
      return;
    default:
      diag_error(e->diags, DIAG_E0208, s->span, "%s does not belong in a body", ast_called(s->kind));
  }
}

void run_statements(struct elab *e, struct scope *scope, const struct ast *body) {
  for (int i = 0; i < body->kids; i++)
    if (body->kid[i]->kind != AST_RETURN) statement(e, scope, body->kid[i]);
}

/* A body of the library ends with its first mistake, which is the caller's: what follows would be of the same. */
struct value run_body(struct elab *e, struct scope *scope, const struct ast *body) {
  const char *hint = e->hint;
  struct value v = v_error();
  bool library = source_get(e->sources, body->span.source)->library;
  size_t met = diag_met(e->diags);
  e->hint = NULL;
  for (int i = 0; i < body->kids && !(library && diag_met(e->diags) > met); i++) {
    const struct ast *s = body->kid[i];
    if (s->kind == AST_RETURN) {
      v = eval(e, scope, s->kid[0]);
      break;
    }
    statement(e, scope, s);
  }
  e->hint = hint;
  return v;
}

/* ---- instances ---- */

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

static bool is_listed(struct instance *const *list, size_t n, const struct instance *instance) {
  for (size_t k = 0; k < n; k++)
    if (list[k] == instance) return true;
  return false;
}

/* Whether the instance, or what it owns, has weights of an earlier stage (old), and such as this stage trains (now). */
static void whose_weights(const struct elab *e, const struct instance *instance, bool *old, bool *now) {
  for (size_t k = 0; k < instance->slots.n; k++) {
    uint32_t v = instance->slots.at[k].variable;
    *now |= is_trained(e, v);
    *old |= e->program->variables.at[v].kind == VARIABLE_WEIGHT && e->program->variables.at[v].stage != e->unit->stage;
  }
  for (size_t k = 0; k < instance->children.n; k++) whose_weights(e, instance->children.at[k].instance, old, now);
}

/* In a training step everything is in training but what the stage keeps, or leaves as an earlier one trained it, and
 * what that owns.  A stage that is called in evaluate finds all of the file so, but for what it trains. */
static bool in_training(const struct elab *e, const struct instance *instance) {
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
  if (!enter(e, ast, span)) return v_error();
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
  leave(e);
  if (v.kind == V_ARRAY) v.made = diag_place(e->diags, span);
  instance->broken |= v.kind == V_ERROR;
  if (v.kind != V_ERROR && application.taps->fields.n) v.taps = application.taps;
  record_site(e, instance, &v);
  return v;
}

/* ---- calls ---- */

static struct value make_rule(struct elab *e, struct value rule, struct arguments *arguments, struct span span) {
  const struct ast *ast = rule.closure.ast;
  struct value v = {.kind = V_RULE, .made = span};
  v.rule.ast = ast;
  v.rule.scope = scope_new(e, rule.closure.scope, NULL);
  v.rule.scope->running = NULL;
  return bind_parameters(e, ast->kid[0], arguments, v.rule.scope, ast->name, span, false) ? v : v_error();
}

enum { MOST = 8 }; /* arguments of a function of the core */

/* Its parameter list is a text: "v, axes?". */
/* Arguments that are all named, and by the caller: a record of them. */
static int gather_named(struct elab *e, const struct builtin *f, struct arguments *arguments, struct value *in) {
  struct record *record = ARENA_NEW(e->arena, struct record);
  for (size_t i = 0; i < arguments->values.n; i++) {
    const char *name = arguments->names.at[i];
    struct value v = arguments->values.at[i];
    if (!name || record_get(record, name)) {
      diag_error(e->diags, name ? DIAG_E0202 : DIAG_E0302, arguments->spans.at[i],
                 name ? "'%s' gives '%s' twice" : "each argument of '%s' has a name", f->name, name);
      if (!name) diag_hint(e->diags, "write '%s(x = ...)'", f->name);
      return -1;
    }
    v.made = arguments->spans.at[i];
    record_set(e, record, name, v);
  }
  if (in) *in = (struct value){.kind = V_RECORD, .record = record};
  return 1;
}

int match_builtin(struct elab *e, const struct builtin *f, struct arguments *arguments, struct span span,
                  struct value *in) {
  bool given[MOST] = {false};
  const char *name[MOST];
  bool optional[MOST] = {false};
  int n = 0;
  if (!strcmp(f->parameters, "...")) return gather_named(e, f, arguments, in);
  for (const char *p = f->parameters; *p && n < MOST; n++) {
    size_t length = strcspn(p, "?,");
    name[n] = name_of(e->names, p, length);
    p += length;
    if (*p == '?') optional[n] = true, p++;
    while (*p == ',' || *p == ' ') p++;
  }
  for (size_t i = 0; i < arguments->values.n; i++) {
    int k = (int)i;
    if (arguments->names.at[i])
      for (k = 0; k < n && name[k] != arguments->names.at[i]; k++) {}
    if (k >= n && arguments->names.at[i]) {
      diag_error(e->diags, DIAG_E0303, arguments->spans.at[i], "'%s' has no argument '%s'", f->name,
                 arguments->names.at[i]);
      suggest(e, arguments->names.at[i], name, (size_t)n, "it takes");
      return -1;
    }
    if (k >= n) {
      diag_error(e->diags, DIAG_E0302, arguments->spans.at[i], "'%s' takes %d argument%s, not %zu", f->name, n,
                 n == 1 ? "" : "s", arguments->values.n);
      suggest(e, "", name, (size_t)n, "it takes");
      return -1;
    }
    if (given[k]) {
      diag_error(e->diags, DIAG_E0202, arguments->spans.at[i], "argument '%s' of '%s' is given twice", name[k], f->name);
      return -1;
    }
    if (in) in[k] = arguments->values.at[i];
    given[k] = true;
  }
  for (int k = 0; k < n; k++)
    if (!given[k] && !optional[k]) {
      diag_error(e->diags, DIAG_E0301, span, "'%s' needs its argument '%s'", f->name, name[k]);
      return -1;
    }
  return n;
}

static struct value call_builtin(struct elab *e, const struct builtin *f, struct arguments *arguments,
                                 struct span span) {
  struct value in[MOST] = {{0}}; /* V_ERROR stands for "not given" */
  int n = match_builtin(e, f, arguments, span, in);
  return n < 0 ? v_error() : f->call(e, f, in, n, span);
}

struct value call_value(struct elab *e, struct value callee, struct arguments *arguments, struct scope *scope,
                        const struct ast *place) {
  struct span span = place->span;
  if (callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_BLOCK)
    return instance_of(e, callee, arguments, scope, place);
  if (callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_STAGE)
    return call_stage(e, callee, arguments, scope, place);
  e->hint = NULL;
  if (callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_RULE) return make_rule(e, callee, arguments, span);
  if (callee.kind == V_CLOSURE) return call_def(e, callee, arguments, span);
  if (callee.kind == V_INSTANCE) return apply_instance(e, callee.instance, arguments, span);
  if (callee.kind == V_BUILTIN) return call_builtin(e, callee.builtin, arguments, span);
  diag_error(e->diags, DIAG_E0305, span, "%s cannot be called", describe(e, &callee));
  return v_error();
}

struct value pipe_link(struct elab *e, struct scope *scope, const struct ast *pipe, struct value v) {
  const struct ast *right = pipe->kid[1];
  e->hint = NULL;
  bool called = right->kind == AST_CALL;
  struct value f = eval(e, scope, called ? right->kid[0] : right);
  struct arguments first = {.scope = scope}, rest = {.scope = scope};
  add_argument(e, &first, NULL, v, pipe->kid[0], pipe->kid[0]->span);
  bool good = !called || gather_arguments(e, scope, right, 1, false, &rest);
  if (f.kind == V_INSTANCE && (!good || v.kind == V_ERROR)) f.instance->broken = true;
  if (!good || v.kind == V_ERROR || f.kind == V_ERROR) return v_error();
  if (f.kind == V_CLOSURE && f.closure.ast->kind == AST_BLOCK) {
    f = instance_of(e, f, &rest, scope, right);
    if (f.kind == V_ERROR) return f;
    return apply_instance(e, f.instance, &first, right->span);
  }
  for (size_t i = 0; i < rest.values.n; i++)
    add_argument(e, &first, rest.names.at[i], rest.values.at[i], rest.asts.at[i], rest.spans.at[i]);
  return call_value(e, f, &first, scope, right);
}
