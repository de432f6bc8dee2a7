/* Names of a file or a stage, which are evaluated when they are first needed in a unit.
 *
 * Evaluating a name evaluates those that it needs, each within the other, on the C stack.  Where that has become deep,
 * names that are surely needed are evaluated first, from a stack of their own: a chain of names costs no C stack,
 * however long it is.  What may not be needed (branches of `if`, what a loop computes, arguments of a stage) is left to
 * evaluation, which has a limit. */
#include "dsl/eval/forms.h"

static struct value definition(struct elab *e, struct scope *scope, const struct ast *ast) {
  evaluation *form = e->forms->definition[ast->kind];
  return form ? form(e, scope, ast) : eval(e, scope, ast);
}

static struct value force_now(struct elab *e, struct binding *b) {
  b->busy = true;
  b->needed_by = e->forcing;
  e->forcing = b;
  struct instance *owner = b->scope->owner;
  struct frame *frame = frame_of(e, b->scope, b->name);
  const char *hint = e->hint, *where = e->unit->graph->where, *key = e->loop_key;
  int mode = e->override_mode;
  e->hint = NULL;
  e->loop_key = NULL;
  e->override_mode = 0;
  b->scope->owner = b->owner;
  e->unit->graph->where = b->owner ? b->owner->path : "";
  struct value value = definition(e, b->scope, b->ast);
  b->scope->owner = owner;
  e->frame = frame;
  e->unit->graph->where = where;
  e->hint = hint;
  e->loop_key = key;
  e->override_mode = mode;
  b->busy = false;
  e->forcing = b->needed_by;
  displace_binding(e, b);
  b->value = value;
  b->unit = e->unit->number;
  return value;
}

/* ---- long chains of names ---- */

struct needing {
  struct binding *binding;
  VEC(struct binding *) names; /* that its text surely reads */
  size_t next;
};

static bool is_lazy_call(struct scope *scope, const struct ast *call) {
  struct binding *b = call->kid[0]->kind == AST_NAME ? lookup(scope, call->kid[0]->name) : NULL;
  return b && b->ast && b->ast->kind == AST_STAGE;
}

/* How many of the expression's parts are evaluated whatever the others come to; a loop's source alone is. */
static int sure_kids(struct scope *scope, const struct ast *ast) {
  switch (ast->kind) {
    case AST_IF: return 1;
    case AST_FOR: return 0;
    case AST_BINARY: return ast->op == OP_AND || ast->op == OP_OR ? 1 : 2;
    case AST_CALL: return is_lazy_call(scope, ast) ? 1 : ast->kids;
    default: return ast->kids;
  }
}

static void collect(struct elab *e, struct scope *scope, const struct ast *ast, struct needing *need) {
  for (; ast_continues(ast); ast = ast->kid[0])
    for (int i = 1; i < ast->kids; i++) collect(e, scope, ast->kid[i], need);
  if (ast->kind == AST_NAME) {
    struct binding *b = lookup(scope, ast->name);
    if (b && b->ast) vec_push(e->arena, &need->names, b);
  }
  int n = sure_kids(scope, ast);
  for (int i = 0; i < n; i++)
    if (ast->kid[i]) collect(e, scope, ast->kid[i], need);
  if (ast->kind == AST_FOR) collect(e, scope, ast->kid[2], need);
}

static void collect_statement(struct elab *e, struct binding *b, struct needing *need) {
  const struct ast *ast = b->ast;
  switch (ast->kind) {
    case AST_VIEW: case AST_OPTION: case AST_BIND: case AST_DRAW:
      collect(e, b->scope, ast->kid[0], need);
      break;
    case AST_DEF: /* `def f = e`, where e is one expression: a body of statements has names of its own */
      if (!ast->kid[0] && ast->kid[1]->kids == 1) collect(e, b->scope, ast->kid[1], need);
      break;
    case AST_PARAM: case AST_STATE:
      if (ast->kid[0]) collect(e, b->scope, ast->kid[0], need);
      break;
    case AST_DATA: case AST_BLOCK: case AST_RULE: case AST_STAGE:
      break;
    default: /* an argument of a stage */
      collect(e, b->scope, ast, need);
  }
}

typedef VEC(struct needing) need_stack;

static void push(struct elab *e, need_stack *stack, struct binding *b) {
  struct needing need = {.binding = b};
  b->busy = true; /* meeting it again, from what it surely needs, is a circle */
  b->needed_by = stack->n ? stack->at[stack->n - 1].binding : e->forcing;
  collect_statement(e, b, &need);
  vec_push(e->arena, stack, need);
}

static void force_needs(struct elab *e, struct binding *b) {
  need_stack stack = {0};
  struct binding *forcing = e->forcing;
  push(e, &stack, b);
  for (;;) {
    struct needing *top = &stack.at[stack.n - 1];
    struct binding *done = top->binding, *next = NULL;
    while (!next && top->next < top->names.n) {
      next = top->names.at[top->next++];
      if (next->busy || !next->ast || next->unit == e->unit->number) next = NULL;
    }
    if (next) {
      push(e, &stack, next);
      continue;
    }
    stack.n--;
    done->busy = false;
    if (!stack.n) break;
    e->forcing = stack.at[stack.n - 1].binding;
    force_now(e, done);
  }
  e->forcing = forcing;
}

enum { SHOWN_OF_CIRCLE = 8 };

struct value force(struct elab *e, struct binding *b) {
  if (!b->ast) return value_inside(e, b->value);
  if (b->unit == e->unit->number) return b->value;
  if (b->busy) {
    int shown = 0;
    diag_error(e->diags, DIAG_E0203, b->span, "'%s' is defined by itself", b->name);
    for (struct binding *via = e->forcing; via && via != b && shown++ < SHOWN_OF_CIRCLE; via = via->needed_by)
      diag_label(e->diags, via->span, "through '%s'", via->name);
    return v_error();
  }
  if (e->nesting > NEST_DEEP) force_needs(e, b);
  return force_now(e, b);
}
