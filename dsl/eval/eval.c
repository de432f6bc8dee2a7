/* Evaluating an expression: by the form of its kind, within limits. */
#include "dsl/eval/forms.h"

static struct value no_expression(const struct context *e, const struct ast *ast) {
  diag_error(e->diags, DIAG_E0204, ast->span, "%s is not an expression", ast_called(ast->kind));
  return v_error();
}

struct value eval(const struct context *e, const struct ast *ast) {
  if (++e->compile->work >= WORK_LIMIT) {
    if (!e->compile->spent)
      diag_error(e->diags, DIAG_E0310, ast->span, "the model takes more than %d evaluations", WORK_LIMIT);
    e->compile->spent = true;
    e->compile->work = WORK_LIMIT; /* all that is under way ends at once */
    return v_error();
  }
  if (e->nesting >= NEST_LIMIT) {
    if (!e->compile->too_deep)
      diag_error(e->diags, DIAG_E0310, ast->span, "expressions need each other more than %d deep", NEST_LIMIT);
    e->compile->too_deep = true; /* the rest of a long chain is as deep */
    return v_error();
  }
  struct value known;
  if (names_known_sets(e, ast, &known)) return known;
  evaluation *form = e->compile->forms->expression[ast->kind];
  struct context in = *e;
  in.nesting++;
  return form ? form(&in, ast) : no_expression(e, ast);
}

struct value eval_number(const struct context *e, const struct ast *ast, const char *what) {
  struct value v = eval(e, ast);
  if (v.kind == V_NUMBER || v.kind == V_ERROR) return v;
  if (v.kind == V_ARRAY)
    diag_error(e->diags, DIAG_E0204, ast->span, "%s is known when the file is read, not computed as %s is", what,
               describe(e, &v));
  else diag_error(e->diags, DIAG_E0204, ast->span, "%s is a number, not %s", what, describe(e, &v));
  return v_error();
}
