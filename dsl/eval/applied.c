/* Order means nothing in a file: what an instance has inside is there to be reached wherever the file applies it, also
 * further down.
 *
 * The text of the running stage and of the file is searched for an application of the instance, which is then
 * rehearsed: evaluated for the weights and the scope that it leaves, and not counted, so that in its turn it comes to
 * the same nodes.  An application whose evaluation would need what is being evaluated is passed over. */
#include "dsl/eval/forms.h"

enum { MAX_HELD = 8 }; /* lists and records in one another that are looked through */

struct search {
  const struct context *e;
  struct instance *instance;
  const char *name; /* of the statement or term that is looked through: what it draws is keyed by it */
  bool term;
  bool done;
};

static bool holds(const struct value *value, const struct instance *instance, int depth) {
  if (value->kind == V_INSTANCE) return value->instance == instance;
  if (depth > MAX_HELD) return false;
  for (size_t i = 0; value->kind == V_LIST && i < value->list.n; i++)
    if (holds(&value->list.at[i], instance, depth + 1)) return true;
  for (size_t i = 0; value->kind == V_RECORD && i < value->record->fields.n; i++)
    if (holds(value->record->fields.at[i].value, instance, depth + 1)) return true;
  return false;
}

/* Whether a definition can be an instance or hold some, by its text: only then is it evaluated to find out. */
static bool may_hold(const struct ast *ast) {
  switch (ast->kind) {
  case AST_NAME:
  case AST_INDEX:
  case AST_FIELD:
  case AST_LIST:
  case AST_RECORD: return true;
  case AST_CALL: return ast->kid[0]->kind == AST_NAME;
  default: return false;
  }
}

static bool is_block_call(const struct binding *b, const struct ast *ast) {
  if (ast->kind != AST_CALL) return true;
  struct binding *block = lookup(b->scope, ast->kid[0]->name);
  return block && block->ast && block->ast->kind == AST_BLOCK;
}

static const struct ast *root_of(const struct ast *ast) {
  while (ast->kind == AST_INDEX || ast->kind == AST_FIELD) ast = ast->kid[0];
  return ast;
}

/* Whether the expression is a name, index or field that can give the instance. */
static bool may_be(struct search *s, struct scope *scope, const struct ast *ast) {
  const struct ast *root = root_of(ast);
  struct binding *b = root->kind == AST_NAME ? lookup(scope, root->name) : NULL;
  if (!b || b->busy) return false;
  bool known = !b->ast || b->build == s->e->build->number;
  if (!known && (b->ast->kind != AST_BIND || !may_hold(b->ast->kid[0]) || !is_block_call(b, b->ast->kid[0])))
    return false;
  struct value v = force(s->e, b);
  return (v.kind == V_INSTANCE) == (ast == root) && holds(&v, s->instance, 0);
}

/* ---- whether an application can be evaluated now ---- */

struct reach {
  struct search *search;
  VEC(struct binding *) names; /* whose texts are to be walked */
  uint32_t mark;
  bool busy;
};

static void reach_names(struct reach *r, struct scope *scope, const struct ast *ast) {
  if (ast->kind == AST_NAME) {
    struct binding *b = lookup(scope, ast->name);
    if (b && b->busy) r->busy = true;
    if (b && b->ast && b->reached != r->mark && b->build != r->search->e->build->number) {
      b->reached = r->mark;
      vec_push(r->search->e->arena, &r->names, b);
    }
  }
  if (ast->kind == AST_FIELD && may_be(r->search, scope, ast->kid[0])) r->busy = true;
  for (; ast_continues(ast); ast = ast->kid[0])
    for (int i = 1; i < ast->kids && !r->busy; i++) reach_names(r, scope, ast->kid[i]);
  for (int i = 0; i < ast->kids && !r->busy; i++)
    if (ast->kid[i]) reach_names(r, scope, ast->kid[i]);
}

static bool can_run(struct search *s, struct scope *scope, const struct ast *ast) {
  struct reach r = {.search = s, .mark = ++s->e->compile->marks};
  reach_names(&r, scope, ast);
  for (size_t i = 0; i < r.names.n && !r.busy; i++) {
    struct binding *b = r.names.at[i];
    if (!source_get(s->e->compile->sources, b->span.source)->library) reach_names(&r, b->scope, b->ast);
  }
  return !r.busy;
}

/* ---- running it ---- */

static void rehearse(struct search *s, struct scope *scope, const struct ast *ast) {
  const char *hint = NULL;
  struct compile *compile = s->e->compile;
  struct context in = in_scope(s->e, scope);
  size_t writes = in.build->writes.n, sites = compile->sites.n;
  in.hint = &hint;
  in.loop_key = NULL;
  in.operation = NULL;
  in.override_mode = 0;
  in.held = false;
  in.branch = NULL;
  in.closure = NULL;
  in.caller = NULL;
  in.where = "";
  in.frame = frame_of(&in, scope, s->term ? "minimize" : s->name);
  if (s->term) in.frame = frame_call(&in, s->name);
  eval(&in, ast);
  for (size_t i = sites; i < compile->sites.n; i++) compile->sites.at[i].rehearsed = true;
  forget_writes(&in, writes);
  s->done = s->instance->build == in.build->number;
}

static bool has_site(const struct context *e, const struct site *site, size_t kept) {
  for (size_t i = 0; i < e->compile->sites.n; i++) {
    const struct site *other = &e->compile->sites.at[i];
    if (other->instance == site->instance && (i < kept || !other->rehearsed)) return true;
  }
  return false;
}

/* What one graph build has met, the step of a loss for one, another meets again. */
static bool is_met_again(const struct context *e, const struct site *site, size_t kept) {
  for (size_t i = 0; i < kept; i++) {
    const struct site *other = &e->compile->sites.at[i];
    if (other->instance != site->instance || other->build == site->build) continue;
    if (other->span.source == site->span.source && other->span.begin == site->span.begin) return true;
  }
  return false;
}

void settle_sites(const struct context *e) {
  size_t kept = 0;
  for (size_t i = 0; i < e->compile->sites.n; i++) {
    struct site site = e->compile->sites.at[i];
    if ((site.rehearsed && has_site(e, &site, kept)) || is_met_again(e, &site, kept)) continue;
    e->compile->sites.at[kept++] = site;
  }
  e->compile->sites.n = kept;
}

/* ---- finding it ---- */

static bool applies(struct search *s, struct scope *scope, const struct ast *ast, bool loop);

/* In a function's or block's body, names are looked up where it was defined. */
static bool applies_in_body(struct search *s, struct scope *scope, const struct ast *callee) {
  struct binding *b = callee->kind == AST_NAME ? lookup(scope, callee->name) : NULL;
  if (!b || !b->ast || b->searched == s->e->compile->searches) return false;
  b->searched = s->e->compile->searches;
  if (b->ast->kind == AST_BIND && b->ast->kid[0]->kind == AST_CALL)
    return applies_in_body(s, b->scope, b->ast->kid[0]->kid[0]);
  if (b->ast->kind != AST_DEF && b->ast->kind != AST_BLOCK) return false;
  bool library = source_get(s->e->compile->sources, b->span.source)->library;
  return !library && applies(s, b->scope, b->ast->kid[b->ast->kids - 1], true);
}

static bool applies_here(struct search *s, struct scope *scope, const struct ast *ast, bool loop) {
  const struct ast *callee = ast->kind == AST_CALL ? ast->kid[0] : ast->kind == AST_PIPE ? ast->kid[1] : NULL;
  if (callee && ast->kind == AST_PIPE && callee->kind == AST_CALL) callee = callee->kid[0];
  if (callee && (may_be(s, scope, callee) || applies_in_body(s, scope, callee))) return true;
  return callee && loop && root_of(callee)->kind == AST_NAME && !lookup(scope, root_of(callee)->name);
}

/* Whether something in the expression may apply the instance. In a loop, any name of the loop may be it. */
static bool applies(struct search *s, struct scope *scope, const struct ast *ast, bool loop) {
  for (; ast_continues(ast); ast = ast->kid[0]) {
    if (applies_here(s, scope, ast, loop)) return true;
    for (int i = 1; i < ast->kids; i++)
      if (applies(s, scope, ast->kid[i], loop)) return true;
  }
  if (applies_here(s, scope, ast, loop)) return true;
  for (int i = 0; i < ast->kids; i++)
    if (ast->kid[i] && applies(s, scope, ast->kid[i], loop || ast->kind == AST_FOR)) return true;
  return false;
}

/* What applies it by itself, once its parts have been looked through. */
static void look_here(struct search *s, struct scope *scope, const struct ast *ast, bool loop) {
  if (s->done || (!loop && ast->kind != AST_CALL && ast->kind != AST_PIPE)) return;
  s->e->compile->searches++;
  if (applies(s, scope, ast, false) && can_run(s, scope, ast)) rehearse(s, scope, ast);
}

/* The innermost expressions outside of loops and bodies are tried first: they need least. */
static void look(struct search *s, struct scope *scope, const struct ast *ast) {
  VEC(const struct ast *) chain = {0};
  for (; ast_continues(ast); ast = ast->kid[0]) vec_push(s->e->arena, &chain, ast);
  bool loop = ast->kind == AST_FOR || (ast->kind == AST_RECORD && ast->kids == 1 && ast->kid[0]->kind == AST_FOR);
  for (int i = 0; i < ast->kids && !s->done && !loop; i++)
    if (ast->kid[i]) look(s, scope, ast->kid[i]);
  look_here(s, scope, ast, loop);
  while (chain.n && !s->done) {
    const struct ast *link = chain.at[--chain.n];
    for (int i = 1; i < link->kids && !s->done; i++) look(s, scope, link->kid[i]);
    look_here(s, scope, link, false);
  }
}

static void look_item(const struct context *e, const struct ast *item, void *of) {
  struct search *s = of;
  s->name = e->loop_key ? arena_format(e->arena, "%s[%s]", item->name, e->loop_key) : item->name ? item->name : "";
  if (!s->done) look(s, e->scope, item->kid[0]);
}

static void look_in(struct search *s, struct scope *scope, const struct ast *list) {
  struct context in = in_scope(s->e, scope);
  for (int i = 0; i < list->kids && !s->done; i++) {
    const struct ast *one = list->kid[i];
    bool measures = one->kind == AST_EVALUATE || one->kind == AST_WATCH;
    s->name = one->name ? one->name : "";
    s->term = one->kind == AST_MINIMIZE || one->kind == AST_MAXIMIZE;
    switch (one->kind) {
    case AST_VIEW:
    case AST_BIND:
    case AST_DRAW:
    case AST_WRITE: look(s, scope, one->kid[0]); break;
    case AST_MINIMIZE:
    case AST_MAXIMIZE:
    case AST_EVALUATE:
    case AST_WATCH:
      if (!measures || s->e->build->kind == BUILD_EVALUATE) walk_items(&in, one, 0, look_item, s);
      break;
    case AST_SHOW:
      if (s->e->build->kind == BUILD_EVALUATE) look(s, scope, one->kid[0]);
      break;
    default: break;
    }
  }
}

void apply_somewhere(const struct context *e, struct instance *instance) {
  struct search s = {.e = e, .instance = instance};
  if (instance->sought) return;
  instance->sought = true;
  const struct graph_build *build = e->build;
  while (!build->list && build->outside) build = build->outside;
  if (build->list && build->list != e->compile->text) look_in(&s, build->scope, build->list);
  if (!s.done && e->compile->text) look_in(&s, e->compile->file, e->compile->text);
  instance->sought = false;
}
