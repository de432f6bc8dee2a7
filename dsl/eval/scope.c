/* Scopes and frames; nothing is evaluated here.
 *
 * A declarative scope (a file, a stage) holds its statements as lazy bindings: their order in the text does not matter.
 * The scopes of bodies hold values, in order. */
#include <stdint.h>

#include "base/random.h"
#include "dsl/eval/scope.h"

struct scope *scope_new(const struct context *e, struct scope *parent, struct instance *owner) {
  struct scope *scope = ARENA_NEW(e->arena, struct scope);
  scope->parent = parent;
  scope->owner = owner;
  scope->path = parent ? parent->path : "";
  scope->running = parent ? parent->running : NULL;
  return scope;
}

/* ---- frames ---- */

struct frame *frame_begin(const struct context *e, const char *path) {
  struct frame *frame = ARENA_NEW(e->arena, struct frame);
  frame->key = string_hash(path);
  return frame;
}

struct frame *frame_of(const struct context *e, const struct scope *scope, const char *name) {
  return frame_begin(e, *scope->path ? arena_format(e->arena, "%s.%s", scope->path, name) : name);
}

int ordinal_of(const struct context *e, tallies *met, const char *name) {
  for (size_t i = 0; i < met->n; i++)
    if (met->at[i].name == name) return ++met->at[i].n;
  vec_push(e->arena, met, (struct tally){name, 1});
  return 1;
}

struct frame *frame_call(const struct context *e, const char *name) {
  int ordinal = ordinal_of(e, &e->frame->called, name);
  struct frame *frame = frame_begin(e, name);
  frame->key = key_mix(key_mix(e->frame->key, frame->key), (uint64_t)ordinal);
  return frame;
}

/* ---- names ---- */

enum { SMALL_SCOPE = 16 }; /* names that are looked through one by one */

/* Where the name is in the index, or would be.  Names are interned: equal ones are one pointer. */
static size_t slot_in(const struct scope *scope, const char *name) {
  size_t at = (size_t)((uintptr_t)name * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (scope->slots - 1);
  while (scope->index[at] && scope->index[at]->name != name) at = (at + 1) & (scope->slots - 1);
  return at;
}

static void index_names(const struct context *e, struct scope *scope) {
  if (2 * scope->names.n <= scope->slots) {
    struct binding *b = scope->names.at[scope->names.n - 1];
    scope->index[slot_in(scope, b->name)] = b;
    return;
  }
  scope->slots = scope->slots ? 2 * scope->slots : 8 * SMALL_SCOPE;
  scope->index = ARENA_ARRAY(e->arena, struct binding *, scope->slots);
  for (size_t i = 0; i < scope->names.n; i++)
    scope->index[slot_in(scope, scope->names.at[i]->name)] = scope->names.at[i];
}

struct binding *scope_find_here(struct scope *scope, const char *name) {
  if (scope->slots) return scope->index[slot_in(scope, name)];
  for (size_t i = scope->names.n; i-- > 0;)
    if (scope->names.at[i]->name == name) return scope->names.at[i];
  return NULL;
}

static struct binding *add(const struct context *e, struct scope *scope, const char *name, struct span span) {
  struct binding *b = ARENA_NEW(e->arena, struct binding);
  b->name = name;
  b->span = span;
  vec_push(e->arena, &scope->names, b);
  if (scope->names.n > SMALL_SCOPE) index_names(e, scope);
  return b;
}

struct binding *bind_value(const struct context *e, struct scope *scope, const char *name, struct value value,
                           struct span span) {
  struct binding *b = scope_find_here(scope, name);
  if (!b) b = add(e, scope, name, span);
  b->value = value;
  b->ast = NULL;
  b->build = 0;
  return b;
}

struct binding *bind_lazy(const struct context *e, struct scope *scope, const char *name, const struct ast *ast,
                          struct scope *where) {
  struct binding *b = add(e, scope, name, ast->at);
  b->ast = ast;
  b->scope = where;
  return b;
}

struct binding *lookup(struct scope *scope, const char *name) {
  for (; scope; scope = scope->parent) {
    struct binding *b = scope_find_here(scope, name);
    if (b) {
      b->used = true;
      return b;
    }
  }
  return NULL;
}

void unknown_name(const struct context *e, struct scope *scope, const char *name, struct span span) {
  struct scope *from = scope;
  VEC(const char *) all = {0};
  diag_error(e->diags, DIAG_E0201, span, "unknown name '%s'", name);
  if (diag_errors(e->diags) > 5 * DIAG_CAP) return; /* looking through all names takes time */
  for (; scope; scope = scope->parent)
    for (size_t i = 0; i < scope->names.n; i++) vec_push(e->arena, &all, scope->names.at[i]->name);
  size_t length = strlen(name);
  const char *near = NULL;
  if (length > 2 && !strcmp(name + length - 2, "2d")) { /* layers of images have no number in their names */
    const char *plain = name_of(e->compile->names, name, length - 2);
    if (lookup(from, plain)) near = plain;
  }
  if (!near) near = nearest(name, all.at, all.n);
  if (near) diag_hint(e->diags, "did you mean '%s'?", near);
}

bool defined_before(const struct context *e, struct scope *scope, const struct ast *s) {
  struct binding *old = scope_find_here(scope, s->name);
  if (!old) return false;
  diag_error(e->diags, DIAG_E0202, s->at, "'%s' is defined twice", s->name);
  diag_label(e->diags, old->span, "'%s' was defined here", s->name);
  return true;
}

bool refuse_loop(const struct context *e, const struct ast *s) {
  if (s->kind == AST_LOOP) {
    diag_error(e->diags, DIAG_E0208, s->span, "'for' as a statement belongs in minimize, maximize and evaluate");
    diag_hint(e->diags, "write a list or a record, '[e for k in list]', or 'fold(f, start, list)' for what goes on");
    return true;
  }
  if (s->kind != AST_BIND || s->kids < 2 || !s->kid[1]) return false;
  diag_error(e->diags, DIAG_E0208, s->at, "'%s' with a key belongs in minimize, maximize and evaluate", s->name);
  diag_hint(e->diags, "write a record: '%s = {k: e for k in list}'", s->name);
  return true;
}

void declare_statements(const struct context *e, struct scope *scope, const struct ast *list, int from) {
  scope->declarative = true;
  for (int i = from; i < list->kids; i++) {
    const struct ast *s = list->kid[i];
    if (refuse_loop(e, s)) continue;
    if (ast_defines(s) && !defined_before(e, scope, s)) bind_lazy(e, scope, s->name, s, scope);
  }
}

static void check_list(const struct context *e, const struct ast *closure, const struct ast *parameters) {
  for (int i = 0; parameters && i < parameters->kids; i++)
    for (int k = 0; k < i; k++) {
      if (parameters->kid[k]->name != parameters->kid[i]->name) continue;
      diag_error(e->diags, DIAG_E0202, parameters->kid[i]->at, "'%s' has two arguments '%s'", closure->name,
                 parameters->kid[i]->name);
      diag_label(e->diags, parameters->kid[k]->at, "the first");
    }
}

/* Different arguments have different names. */
void check_parameters(const struct context *e, const struct ast *ast) {
  check_list(e, ast, ast->kid[0]);
  if (ast->kind == AST_BLOCK || ast->kind == AST_RULE) check_list(e, ast, ast->kid[1]);
}
