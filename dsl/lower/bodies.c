/* Mistakes in what evaluation may never reach: bodies that nothing calls, branches that are not taken, comprehensions
 * over nothing.  This walk over the tree knows names and heads, not values: it reports unknown names, arguments that no
 * parameter takes, and what a body can never hold.  What evaluation has reported at the same location is dropped there.
 *
 * Scopes are made as evaluation makes them, with errors for values.  A body's own functions are walked when all its
 * names are bound, as they may be called from anywhere below. */
#include "dsl/eval/tables.h"
#include "dsl/lower/stage.h"

struct body {
  const struct context *e;
  enum ast_kind kind;      /* AST_BLOCK, AST_DEF, AST_RULE; AST_FILE for what is in no body */
  const struct ast *list;  /* its statements, or NULL */
  const struct ast *heads; /* what may be written beside states: the inputs of a rule */
};

static void walk(const struct body *in, struct scope *scope, const struct ast *ast);
static void walk_statements(const struct body *in, struct scope *scope, const struct ast *list);

static void walk_all(const struct body *in, struct scope *scope, const struct ast *ast, int from) {
  for (int i = from; i < ast->kids; i++)
    if (ast->kid[i]) walk(in, scope, ast->kid[i]);
}

static struct scope *inner_scope(const struct body *in, struct scope *scope) { return scope_new(in->e, scope, NULL); }

static void bind_unknown(const struct body *in, struct scope *scope, const struct ast *name) {
  bind_value(in->e, scope, name->name, v_error(), name->at);
}

/* ---- heads and bodies ---- */

static void bind_pattern_names(const struct body *in, struct scope *scope, const struct ast *shape) {
  for (int k = 0; shape && k < shape->kids; k++) {
    const struct ast *item = shape->kid[k];
    if (item->kind == AST_NAME) bind_unknown(in, scope, item);
    else if (item->kind != AST_REST) walk(in, scope, item);
  }
}

static void bind_heads(const struct body *in, struct scope *scope, const struct ast *parameters) {
  for (int k = 0; parameters && k < parameters->kids; k++) {
    const struct ast *p = parameters->kid[k];
    if (p->kid[0]) walk(in, scope, p->kid[0]);
    bind_pattern_names(in, scope, p->kids > 1 ? p->kid[1] : NULL);
    bind_unknown(in, scope, p);
  }
}

/* A def, block, rule or stage with parameters, called or not. */
static void walk_closure(const struct context *e, struct scope *scope, const struct ast *ast) {
  bool two = ast->kind == AST_BLOCK || ast->kind == AST_RULE;
  const struct ast *body = ast->kid[two ? 2 : 1];
  struct body in = {e, ast->kind == AST_STAGE ? AST_FILE : ast->kind, body, ast->kind == AST_RULE ? ast->kid[1] : NULL};
  struct body head = {.e = e, .kind = two ? AST_DEF : in.kind}; /* what settings compute belongs to nobody either */
  struct scope *inner = inner_scope(&in, scope);
  check_parameters(e, ast);
  bind_heads(&head, inner, ast->kid[0]);
  if (two) bind_heads(&head, inner = inner_scope(&in, inner), ast->kid[1]);
  if (ast->kind == AST_BLOCK) bind_value(e, inner, name_of_string(e->compile->names, "training"), v_error(), ast->at);
  if (ast->kind == AST_RULE) check_rule(e, ast);
  if (ast->kind == AST_STAGE) {
    inner = inner_scope(&in, inner);
    for (int i = 0; i < body->kids; i++)
      if (ast_defines(body->kid[i])) bind_unknown(&in, inner, body->kid[i]);
  }
  walk_statements(&in, inner, body);
}

/* The statement of the body that defines a name, or NULL. */
static const struct ast *defining(const struct body *in, const char *name) {
  for (int i = 0; in->list && i < in->list->kids; i++) {
    const struct ast *s = in->list->kid[i];
    if (s->name == name && s->kind != AST_WRITE) return s;
  }
  return NULL;
}

/* `s <- e`: s is a state of the body or of the file, or the weight of a rule. */
static void check_target(const struct body *in, struct scope *scope, const struct ast *s) {
  const struct binding *b = lookup(scope, s->name);
  if (!b) {
    unknown_name(in->e, scope, s->name, s->at);
    return;
  }
  const struct ast *made = b->ast ? b->ast : defining(in, s->name);
  bool weight = in->heads && in->heads->kids && in->heads->kid[0]->name == s->name;
  bool rows = made && made->kind == AST_VARIABLE; /* evaluation has said so */
  if (!weight && !rows && (!made || made->kind != AST_STATE)) refuse_write(in->e, s, made && made->kind == AST_PARAM);
}

static bool is_closure(const struct ast *s) {
  return s->kind == AST_DEF || s->kind == AST_BLOCK || s->kind == AST_RULE || s->kind == AST_STAGE;
}

static void walk_statement(const struct body *in, struct scope *scope, const struct ast *s) {
  struct value v = v_error();
  switch (s->kind) {
  case AST_BIND:
  case AST_DRAW:
  case AST_PARAM:
  case AST_STATE:
  case AST_VIEW:
  case AST_OPTION:
    walk_all(in, scope, s, 0);
    if (in->kind == AST_FILE || !defined_before(in->e, scope, s)) bind_unknown(in, scope, s);
    break;
  case AST_DEF:
  case AST_BLOCK:
  case AST_RULE:
  case AST_STAGE:
    v.kind = V_CLOSURE;
    v.closure.ast = s;
    if (s->kind == AST_DEF && !s->kid[0]) v = v_error(); /* `def f = e`: its value */
    if (in->kind != AST_FILE && defined_before(in->e, scope, s)) break;
    bind_value(in->e, scope, s->name, v, s->at);
    break;
  case AST_WRITE:
    check_target(in, scope, s);
    walk_all(in, scope, s, 0);
    break;
  case AST_DATA:
  case AST_VARIANT:
  case AST_WITHOUT:
  case AST_USE: break;
  default: walk(in, scope, s);
  }
}

static void walk_statements(const struct body *in, struct scope *scope, const struct ast *list) {
  for (int i = 0; i < list->kids; i++)
    if (!refuse_loop(in->e, list->kid[i])) walk_statement(in, scope, list->kid[i]);
  for (int i = 0; i < list->kids; i++)
    if (is_closure(list->kid[i])) walk_closure(in->e, scope, list->kid[i]);
}

/* ---- calls ---- */

struct callee {
  const struct ast *head; /* a def, block, rule or stage */
  const struct builtin *builtin;
  bool instance; /* of the block `head` */
};

static struct callee callee_of(const struct body *in, struct scope *scope, const struct ast *ast) {
  struct callee found = {0};
  struct binding *b = ast->kind == AST_NAME ? lookup(scope, ast->name) : NULL;
  if (!b) return found;
  const struct ast *made = b->ast ? b->ast : defining(in, ast->name);
  if (b->ast && is_closure(b->ast) && !(b->ast->kind == AST_DEF && !b->ast->kid[0])) found.head = b->ast;
  if (!b->ast && b->value.kind == V_CLOSURE) found.head = b->value.closure.ast;
  if (!b->ast && b->value.kind == V_BUILTIN && b->value.builtin->parameters) found.builtin = b->value.builtin;
  if (made && made->kind == AST_BIND && made->kid[0]->kind == AST_CALL) {
    const struct ast *called = made->kid[0]->kid[0]; /* enc = dense(32) */
    struct binding *block = called->kind == AST_NAME ? lookup(b->ast ? b->scope : scope, called->name) : NULL;
    found.instance = block && block->ast && block->ast->kind == AST_BLOCK;
    if (found.instance) found.head = block->ast;
  }
  return found;
}

static void add_given(const struct context *e, struct arguments *given, const struct ast *kid) {
  bool named = kid->kind == AST_ARGUMENT;
  vec_push(e->arena, &given->values, v_error());
  vec_push(e->arena, &given->names, named ? kid->name : NULL);
  vec_push(e->arena, &given->spans, kid->span);
  vec_push(e->arena, &given->asts, named ? kid->kid[0] : kid);
}

/* The arguments against the callee's head.  `piped` is what a pipeline hands to it, or NULL. */
static void check_call(const struct body *in, struct scope *scope, const struct ast *callee, const struct ast *call,
                       const struct ast *piped, struct span span) {
  struct callee f = callee_of(in, scope, callee);
  struct arguments given = {.scope = scope}, input = {.scope = scope};
  bool block = f.head && f.head->kind == AST_BLOCK && !f.instance;
  if (piped) add_given(in->e, block ? &input : &given, piped);
  for (int i = 1; call && i < call->kids; i++) add_given(in->e, &given, call->kid[i]);
  if (block && (in->kind == AST_DEF || in->kind == AST_RULE)) refuse_ownership(in->e, f.head->name, in->kind, span);
  else if (block && !f.head->kid[0] && given.values.n) refuse_settings(in->e, f.head->name, given.spans.at[0]);
  else if (f.builtin) match_builtin(in->e, f.builtin, &given, span, NULL);
  else if (f.head && match_parameters(in->e, f.head->kid[f.instance], &given, f.head->name, span) && block && piped)
    match_parameters(in->e, f.head->kid[1], &input, f.head->name, span);
}

/* ---- expressions ---- */

static void walk_for(const struct body *in, struct scope *scope, const struct ast *pattern, const struct ast *source,
                     struct scope **inner) {
  walk(in, scope, source);
  *inner = inner_scope(in, scope);
  for (int i = 0; i < pattern->kids; i++) bind_unknown(in, *inner, pattern->kid[i]);
}

/* In a list and an index, a name that nothing defines is a key. */
static void walk_items_or_keys(const struct body *in, struct scope *scope, const struct ast *ast, int from) {
  for (int i = from; i < ast->kids; i++)
    if (ast->kid[i]->kind != AST_NAME) walk(in, scope, ast->kid[i]);
}

/* Whether it is a pipeline that may start with a block, and so is one itself: evaluation knows. */
static bool may_be_block(struct scope *scope, const struct ast *ast) {
  while (ast->kind == AST_PIPE || ast->kind == AST_AS) ast = ast->kid[0];
  if (ast->kind == AST_CALL) ast = ast->kid[0];
  const struct binding *b = ast->kind == AST_NAME ? lookup(scope, ast->name) : NULL;
  return b && (!b->ast || b->ast->kind == AST_BLOCK || b->ast->kind == AST_BIND);
}

static void walk_as(const struct body *in, struct scope *scope, const struct ast *ast) {
  bool composed = in->kind != AST_DEF && may_be_block(scope, ast);
  if (in->kind != AST_BLOCK && !composed) refuse_intermediate_output(in->e, ast);
  bind_unknown(in, scope, ast);
}

static void walk_field(const struct body *in, struct scope *scope, const struct ast *ast) {
  const struct ast *base = ast->kid[0];
  walk(in, scope, base);
  struct binding *b = base->kind == AST_NAME ? lookup(scope, base->name) : NULL;
  struct value v = b && b->ast && b->ast->kind == AST_DATA ? force(in->e, b) : v_error();
  if (v.kind == V_SET) set_column(in->e, v.set, ast->name, ast->at);
}

/* A link of a chain, whose first part has been walked. */
static void walk_link(const struct body *in, struct scope *scope, const struct ast *ast) {
  const struct ast *right = ast->kids > 1 ? ast->kid[1] : NULL;
  const struct ast *call = right && right->kind == AST_CALL ? right : NULL;
  if (ast->kind == AST_AS) {
    walk_as(in, scope, ast);
  } else if (ast->kind == AST_BINARY) {
    walk(in, scope, right);
  } else {
    if (call) walk_all(in, scope, call, 0);
    else walk(in, scope, right);
    check_call(in, scope, call ? call->kid[0] : right, call, ast->kid[0], right->span);
  }
}

static void walk_chain(const struct body *in, struct scope *scope, const struct ast *ast) {
  VEC(const struct ast *) chain = {0};
  vec_push(in->e->arena, &chain, ast);
  for (; ast_continues(ast); ast = ast->kid[0]) vec_push(in->e->arena, &chain, ast->kid[0]);
  walk(in, scope, ast->kid[0]);
  while (chain.n) walk_link(in, scope, chain.at[--chain.n]);
}

static void walk(const struct body *in, struct scope *scope, const struct ast *ast) {
  struct scope *inner;
  switch (ast->kind) {
  case AST_NAME:
    if (!lookup(scope, ast->name)) unknown_name(in->e, scope, ast->name, ast->span);
    break;
  case AST_LIST: walk_items_or_keys(in, scope, ast, 0); break;
  case AST_INDEX:
    walk(in, scope, ast->kid[0]);
    walk_items_or_keys(in, scope, ast, 1);
    break;
  case AST_FIELD: walk_field(in, scope, ast); break;
  case AST_FOR:
    walk_for(in, scope, ast->kid[1], ast->kid[2], &inner);
    if (ast->kids > 3 && ast->kid[3]) walk(in, inner, ast->kid[3]);
    walk(in, inner, ast->kid[0]);
    break;
  case AST_LOOP:
    walk_for(in, scope, ast->kid[0], ast->kid[1], &inner);
    walk(in, inner, ast->kid[2]);
    break;
  case AST_CALL:
    walk_all(in, scope, ast, 0);
    check_call(in, scope, ast->kid[0], ast, NULL, ast->span);
    break;
  case AST_PIPE:
  case AST_AS:
  case AST_BINARY: walk_chain(in, scope, ast); break;
  case AST_SHOW: walk_all(in, scope, ast->kid[0], 1); break;
  case AST_STOP: walk(in, scope, ast->kid[0]); break;
  case AST_KEEP_BEST: break;            /* a metric's name is none of a value */
  default: walk_all(in, scope, ast, 0); /* all that has no names of its own */
  }
}

/* ---- files ---- */

static void walk_definitions(const struct context *e, struct scope *scope) {
  struct body in = {.e = e, .kind = AST_FILE};
  for (size_t i = 0; i < scope->names.n; i++) {
    const struct ast *s = scope->names.at[i]->ast;
    if (!s) continue;
    if (is_closure(s)) walk_closure(e, scope, s);
    else if (s->kind != AST_DATA) walk_all(&in, scope, s, 0);
  }
}

static bool of_library(const struct context *e, const struct scope *scope) {
  const struct compile *compile = e->compile;
  if (scope == compile->builtins) return true;
  return scope->names.n && source_get(compile->sources, scope->names.at[0]->span.source)->library;
}

/* Of the file and of those that it uses. */
void check_bodies(const struct context *e, const struct ast *file) {
  struct body in = {.e = e, .kind = AST_FILE};
  for (struct scope *scope = e->compile->file; !of_library(e, scope); scope = scope->parent) walk_definitions(e, scope);
  for (int i = 0; i < file->kids; i++) {
    const struct ast *s = file->kid[i];
    switch (s->kind) {
    case AST_MINIMIZE:
    case AST_MAXIMIZE:
    case AST_TRAIN:
    case AST_EVALUATE:
    case AST_WATCH:
    case AST_SHOW:
    case AST_WRITE: walk_statement(&in, e->compile->file, s); break;
    default: break;
    }
  }
}
