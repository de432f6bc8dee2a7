/* Running bodies: statement by statement. */
#include "dsl/eval/forms.h"

bool call_enter(struct elab *e, const struct ast *closure, struct span span) {
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

void call_leave(struct elab *e) {
  e->depth--;
  e->active.n--;
  diag_leave(e->diags);
}

/* A name whose statement failed is bound to an error, of which what uses it stays silent. */
static void statement(struct elab *e, struct scope *scope, const struct ast *s) {
  if (refuse_loop(e, s)) {
    if (s->kind == AST_BIND && !scope_find_here(scope, s->name)) bind_value(e, scope, s->name, v_error(), s->at);
    return;
  }
  if (s->name && s->kind != AST_WRITE && defined_before(e, scope, s)) return;
  if (!e->forms->statement[s->kind])
    diag_error(e->diags, DIAG_E0208, s->span, "%s does not belong in a body", ast_called(s->kind));
  else
    e->forms->statement[s->kind](e, scope, s);
}

/* A definition in a body, where it is evaluated at once. */
void run_definition(struct elab *e, struct scope *scope, const struct ast *s) {
  struct value v = e->forms->definition[s->kind](e, scope, s);
  e->hint = NULL;
  bind_value(e, scope, s->name, v, s->at);
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
