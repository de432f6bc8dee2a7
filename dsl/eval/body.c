/* Running bodies: statement by statement. */
#include "dsl/eval/forms.h"

bool call_enter(const struct context *e, const struct ast *closure, struct span span, struct context *in) {
  for (const struct context *c = e; c && c->closure; c = c->caller)
    if (c->closure == closure) {
      diag_error(e->diags, DIAG_E0203, span, "'%s' calls itself", closure->name);
      diag_label(e->diags, closure->at, "'%s' is defined here", closure->name);
      diag_hint(e->diags, "evaluation always ends, so nothing repeats itself: write '[f(v) for v in views]', or "
                          "'fold(f, start, range(5))'");
      return false;
    }
  if (e->depth >= CALL_LIMIT) {
    diag_error(e->diags, DIAG_E0310, span, "calls are nested more than %d deep", CALL_LIMIT);
    return false;
  }
  *in = *e;
  in->closure = closure;
  in->caller = e;
  if (in->depth++ == 0) in->outer = span;
  diag_enter(e->diags, span, closure->name);
  return true;
}

void call_leave(const struct context *in) { diag_leave(in->diags); }

/* A name whose statement failed is bound to an error, of which what uses it stays silent. */
static void statement(const struct context *e, const struct ast *s) {
  if (refuse_loop(e, s)) {
    if (s->kind == AST_BIND && !scope_find_here(e->scope, s->name)) bind_value(e, e->scope, s->name, v_error(), s->at);
    return;
  }
  if (s->name && s->kind != AST_WRITE && defined_before(e, e->scope, s)) return;
  if (!e->compile->forms->statement[s->kind])
    diag_error(e->diags, DIAG_E0208, s->span, "%s does not belong in a body", ast_called(s->kind));
  else e->compile->forms->statement[s->kind](e, s);
}

/* A definition in a body, where it is evaluated at once. */
void run_definition(const struct context *e, const struct ast *s) {
  bind_value(e, e->scope, s->name, e->compile->forms->definition[s->kind](e, s), s->at);
}

void run_statements(const struct context *e, const struct ast *body) {
  for (int i = 0; i < body->kids; i++)
    if (body->kid[i]->kind != AST_RETURN) statement(e, body->kid[i]);
}

/* A body of the library ends with its first mistake, which is the caller's: what follows would be of the same. */
struct value run_body(const struct context *e, const struct ast *body) {
  bool library = source_get(e->compile->sources, body->span.source)->library;
  size_t met = diag_met(e->diags);
  for (int i = 0; i < body->kids && !(library && diag_met(e->diags) > met); i++) {
    const struct ast *s = body->kid[i];
    if (s->kind == AST_RETURN) return eval(e, s->kid[0]);
    statement(e, s);
  }
  return v_error();
}
