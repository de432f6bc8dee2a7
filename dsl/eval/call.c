/* Calls: functions of the core, defs, blocks and their instances.
 *
 * `x -> f(a)` calls a function as f(x, a), and makes and applies an instance where f is a block. */
#include "dsl/eval/forms.h"

static struct value call_def(struct elab *e, struct value def, struct arguments *arguments, struct span span) {
  const struct ast *ast = def.closure.ast;
  if (!call_enter(e, ast, span)) return v_error();
  struct scope *scope = scope_new(e, def.closure.scope, NULL);
  scope->running = NULL;
  const struct instance *running = e->running;
  e->running = NULL;
  struct frame *frame = frame_call(e, ast->name);
  struct value v = v_error();
  if (bind_parameters(e, ast->kid[0], arguments, scope, ast->name, span, false)) v = run_body(e, scope, ast->kid[1]);
  e->running = running;
  e->frame = frame;
  call_leave(e);
  return v;
}

struct value read_name(struct elab *e, struct binding *b, struct span span) {
  struct value v = force(e, b);
  struct arguments none = {0};
  if (v.kind == V_BUILTIN && !v.builtin->parameters) return v.builtin->call(e, v.builtin, NULL, 0, span);
  bool called = v.kind == V_CLOSURE && v.closure.ast->kind == AST_DEF && !v.closure.ast->kid[0];
  return called ? call_def(e, v, &none, span) : v;
}

/* A name; where it may be a key, one that nothing defines stands for itself. */
struct value eval_name_or_key(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct binding *b = lookup(scope, ast->name);
  if (b) return read_name(e, b, ast->span);
  return (struct value){.kind = V_KEY, .made = ast->span, .bare = true, .text = ast->name};
}

struct value eval_name(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct binding *b = lookup(scope, ast->name);
  if (b) return read_name(e, b, ast->span);
  unknown_name(e, scope, ast->name, ast->span);
  return v_error();
}

static struct value make_rule(struct elab *e, struct value rule, struct arguments *arguments, struct span span) {
  const struct ast *ast = rule.closure.ast;
  struct value v = {.kind = V_RULE, .made = span};
  v.rule.ast = ast;
  v.rule.scope = scope_new(e, rule.closure.scope, NULL);
  v.rule.scope->running = NULL;
  return bind_parameters(e, ast->kid[0], arguments, v.rule.scope, ast->name, span, false) ? v : v_error();
}

static struct value call_builtin(struct elab *e, const struct builtin *f, struct arguments *arguments,
                                 struct span span) {
  struct value in[MOST_ARGUMENTS] = {{0}}; /* V_ERROR stands for "not given" */
  int n = match_builtin(e, f, arguments, span, in);
  return n < 0 ? v_error() : f->call(e, f, in, n, span);
}

struct value call_value(struct elab *e, struct value callee, struct arguments *arguments, struct scope *scope,
                        const struct ast *place) {
  struct span span = place->span;
  if (callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_BLOCK)
    return instance_of(e, callee, arguments, scope, place);
  if (callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_STAGE)
    return e->forms->call_stage(e, callee, arguments, scope, place);
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

struct value eval_call(struct elab *e, struct scope *scope, const struct ast *ast) {
  const char *hint = e->hint;
  e->hint = NULL;
  struct value callee = eval(e, scope, ast->kid[0]);
  struct arguments arguments = {0};
  bool lazy = callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_STAGE;
  bool good = gather_arguments(e, scope, ast, 1, lazy, &arguments);
  if (!good && callee.kind == V_INSTANCE) callee.instance->broken = true;
  if (!good || callee.kind == V_ERROR) return v_error();
  e->hint = hint;
  struct value v = call_value(e, callee, &arguments, scope, ast);
  e->hint = hint;
  return v;
}
