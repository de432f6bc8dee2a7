/* Names of a file or a stage, which are evaluated when they are first needed in a graph build.
 *
 * Evaluating a name evaluates those that it needs, each within the other, on the C stack.  Where that has become deep,
 * names that are surely needed are evaluated first, from a stack of their own: a chain of names costs no C stack,
 * however long it is.  What may not be needed (branches of `if`, what a loop computes, arguments of a stage) is left to
 * evaluation, which has a limit. */
#include "dsl/eval/forms.h"

static struct value definition(const struct context *e, const struct ast *ast) {
  evaluation *form = e->compile->forms->definition[ast->kind];
  return form ? form(e, ast) : eval(e, ast);
}

static struct value force_now(const struct context *e, struct binding *b) {
  const char *hint = NULL;
  struct context in = in_scope(e, b->scope);
  b->busy = true;
  b->needed_by = e->forcing;
  in.forcing = b;
  in.frame = frame_of(e, b->scope, b->name);
  in.hint = &hint;
  in.loop_key = NULL;
  in.override_mode = 0;
  in.held = false;
  in.branch = NULL; /* what a name stands for is the same wherever it is read */
  in.where = b->scope->owner ? b->scope->owner->path : "";
  struct value value = definition(&in, b->ast);
  b->busy = false;
  displace_binding(e, b);
  b->value = value;
  b->build = e->build->number;
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

static void collect(const struct context *e, struct scope *scope, const struct ast *ast, struct needing *need) {
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

static void collect_statement(const struct context *e, struct binding *b, struct needing *need) {
  const struct ast *ast = b->ast;
  switch (ast->kind) {
  case AST_VIEW:
  case AST_OPTION:
  case AST_BIND:
  case AST_DRAW: collect(e, b->scope, ast->kid[0], need); break;
  case AST_DEF: /* `def f = e`, where e is one expression: a body of statements has names of its own */
    if (!ast->kid[0] && ast->kid[1]->kids == 1) collect(e, b->scope, ast->kid[1], need);
    break;
  case AST_PARAM:
  case AST_STATE:
  case AST_VARIABLE:
    if (ast->kid[0]) collect(e, b->scope, ast->kid[0], need);
    break;
  case AST_DATA:
  case AST_BLOCK:
  case AST_RULE:
  case AST_STAGE: break;
  default: /* an argument of a stage */ collect(e, b->scope, ast, need);
  }
}

typedef VEC(struct needing) need_stack;

static void push(const struct context *e, need_stack *stack, struct binding *b) {
  struct needing need = {.binding = b};
  b->busy = true; /* meeting it again, from what it surely needs, is a circle */
  b->needed_by = stack->n ? stack->at[stack->n - 1].binding : e->forcing;
  collect_statement(e, b, &need);
  vec_push(e->arena, stack, need);
}

static void force_needs(const struct context *e, struct binding *b) {
  need_stack stack = {0};
  push(e, &stack, b);
  for (;;) {
    struct needing *top = &stack.at[stack.n - 1];
    struct binding *done = top->binding, *next = NULL;
    while (!next && top->next < top->names.n) {
      next = top->names.at[top->next++];
      if (next->busy || !next->ast || next->build == e->build->number) next = NULL;
    }
    if (next) {
      push(e, &stack, next);
      continue;
    }
    stack.n--;
    done->busy = false;
    if (!stack.n) break;
    struct context in = *e;
    in.forcing = stack.at[stack.n - 1].binding;
    force_now(&in, done);
  }
}

enum { SHOWN_OF_CIRCLE = 8 };

struct value force(const struct context *e, struct binding *b) {
  if (!b->ast) return value_inside(e, b->value);
  if (b->build == e->build->number) return b->value;
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
