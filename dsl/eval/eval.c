/* Evaluating an expression: by the form of its kind, within limits. */
#include "dsl/eval/forms.h"

static struct value no_expression(struct elab *e, const struct ast *ast) {
  diag_error(e->diags, DIAG_E0204, ast->span, "%s is not an expression", ast_called(ast->kind));
  return v_error();
}

struct value eval(struct elab *e, struct scope *scope, const struct ast *ast) {
  if (++e->work >= WORK_LIMIT) {
    if (!e->spent)
      diag_error(e->diags, DIAG_E0310, ast->span, "the model takes more than %d evaluations", WORK_LIMIT);
    e->spent = true;
    e->work = WORK_LIMIT; /* all that is under way ends at once */
    return v_error();
  }
  if (e->nesting >= NEST_LIMIT) {
    if (!e->too_deep)
      diag_error(e->diags, DIAG_E0310, ast->span, "expressions need each other more than %d deep", NEST_LIMIT);
    e->too_deep = true; /* the rest of a long chain is as deep */
    return v_error();
  }
  evaluation *form = e->forms->expression[ast->kind];
  e->nesting++;
  struct value v = form ? form(e, scope, ast) : no_expression(e, ast);
  e->nesting--;
  return v;
}

struct value eval_number(struct elab *e, struct scope *scope, const struct ast *ast, const char *what) {
  struct value v = eval(e, scope, ast);
  if (v.kind == V_NUMBER || v.kind == V_ERROR) return v;
  if (v.kind == V_ARRAY)
    diag_error(e->diags, DIAG_E0204, ast->span, "%s is known when the file is read, not computed as %s is", what,
               describe(e, &v));
  else
    diag_error(e->diags, DIAG_E0204, ast->span, "%s is a number, not %s", what, describe(e, &v));
  return v_error();
}
