/* Calls: functions of the core, defs, blocks and their instances.
 *
 * `x -> f(a)` calls a function as f(x, a), and makes and applies an instance where f is a block. */
#include "dsl/eval/forms.h"

static struct value call_def(const struct context *e, struct value def, struct arguments *arguments, struct span span) {
  const struct ast *ast = def.closure.ast;
  const char *hint = NULL;
  struct value v = v_error();
  struct context in;
  if (!call_enter(e, ast, span, &in)) return v;
  in.scope = scope_new(e, def.closure.scope, NULL);
  in.scope->running = NULL;
  in.running = NULL;
  in.hint = &hint;
  in.frame = frame_call(e, ast->name);
  if (bind_parameters(&in, ast->kid[0], arguments, ast->name, span, false)) v = run_body(&in, ast->kid[1]);
  call_leave(&in);
  return v;
}

struct value read_name(const struct context *e, struct binding *b, struct span span) {
  struct value v = weight_read(e, force(e, b), span);
  struct arguments none = {0};
  if (v.kind == V_BUILTIN && !v.builtin->parameters) return v.builtin->call(e, v.builtin, NULL, 0, span);
  bool called = v.kind == V_CLOSURE && v.closure.ast->kind == AST_DEF && !v.closure.ast->kid[0];
  return called ? call_def(e, v, &none, span) : v;
}

/* A name; where it may be a key, one that nothing defines stands for itself. */
struct value eval_name_or_key(const struct context *e, const struct ast *ast) {
  struct binding *b = lookup(e->scope, ast->name);
  if (b) return read_name(e, b, ast->span);
  return (struct value){.kind = V_KEY, .made = ast->span, .bare = true, .string = ast->name};
}

struct value eval_name(const struct context *e, const struct ast *ast) {
  struct binding *b = lookup(e->scope, ast->name);
  if (b) return read_name(e, b, ast->span);
  unknown_name(e, e->scope, ast->name, ast->span);
  return v_error();
}

static struct value make_rule(const struct context *e, struct value rule, struct arguments *arguments,
                              struct span span) {
  const struct ast *ast = rule.closure.ast;
  struct value v = {.kind = V_RULE, .made = span};
  v.rule.ast = ast;
  v.rule.scope = scope_new(e, rule.closure.scope, NULL);
  v.rule.scope->running = NULL;
  struct context in = in_scope(e, v.rule.scope);
  return bind_parameters(&in, ast->kid[0], arguments, ast->name, span, false) ? v : v_error();
}

static struct value call_builtin(const struct context *e, const struct builtin *f, struct arguments *arguments,
                                 const struct ast *location) {
  struct value in[MOST_ARGUMENTS] = {{0}}; /* V_ERROR stands for "not given" */
  if (f->call) *e->hint = NULL;            /* the others may make instances */
  int n = match_builtin(e, f, arguments, location->span, in);
  if (n < 0) return v_error();
  return f->call ? f->call(e, f, in, n, location->span) : e->compile->forms->function[f->which](e, f, in, location);
}

struct value call_value(const struct context *e, struct value callee, struct arguments *arguments,
                        const struct ast *location) {
  struct span span = location->span;
  if (callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_BLOCK)
    return instance_of(e, callee, arguments, location);
  if (callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_STAGE)
    return e->compile->forms->call_stage(e, callee, arguments, location);
  if (callee.kind == V_BUILTIN) return call_builtin(e, callee.builtin, arguments, location);
  *e->hint = NULL;
  if (callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_RULE) return make_rule(e, callee, arguments, span);
  if (callee.kind == V_CLOSURE) return call_def(e, callee, arguments, span);
  if (callee.kind == V_INSTANCE) return apply_instance(e, callee.instance, arguments, span);
  diag_error(e->diags, DIAG_E0305, span, "%s cannot be called", describe(e, &callee));
  const char *words = source_words(e->compile->sources, location->kind == AST_CALL ? location->kid[0]->span : span);
  if (callee.kind == V_RECORD || callee.kind == V_LIST)
    diag_hint(e->diags, "take one of its entries first: '%s[%s](...)'", words, callee.kind == V_LIST ? "0" : "k");
  return v_error();
}

/* A pipeline hands one value on: an instance that needs more is made before. */
static bool takes_one(const struct context *e, struct instance *instance, struct span span) {
  const struct ast *inputs = instance->block->kid[1];
  const char *all = "", *needed = NULL;
  for (int k = 0; inputs && k < inputs->kids; k++) {
    all = arena_format(e->arena, "%s%s%s", all, k ? ", " : "", inputs->kid[k]->name);
    if (k && !inputs->kid[k]->kid[0] && !needed) needed = inputs->kid[k]->name;
  }
  if (!needed) return true;
  diag_error(e->diags, DIAG_E0301, span, "'%s' needs its argument '%s'", instance->block->name, needed);
  diag_hint(e->diags, "a pipeline hands on one value: make it first, 'f = %s', then call 'f(%s)'",
            source_words(e->compile->sources, span), all);
  instance->broken = true;
  return false;
}

struct value pipe_link(const struct context *e, const struct ast *pipe, struct value v) {
  const struct ast *right = pipe->kid[1];
  *e->hint = NULL;
  bool called = right->kind == AST_CALL;
  struct value f = eval(e, called ? right->kid[0] : right);
  struct arguments first = {.scope = e->scope}, rest = {.scope = e->scope};
  add_argument(e, &first, NULL, v, pipe->kid[0], pipe->kid[0]->span);
  bool good = !called || gather_arguments(e, right, 1, false, &rest);
  if (f.kind == V_INSTANCE && (!good || v.kind == V_ERROR)) f.instance->broken = true;
  if (!good || v.kind == V_ERROR || f.kind == V_ERROR) return v_error();
  if (f.kind == V_CLOSURE && f.closure.ast->kind == AST_BLOCK) {
    f = instance_of(e, f, &rest, right);
    if (f.kind == V_ERROR || !takes_one(e, f.instance, right->span)) return v_error();
    return apply_instance(e, f.instance, &first, right->span);
  }
  for (size_t i = 0; i < rest.values.n; i++)
    add_argument(e, &first, rest.names.at[i], rest.values.at[i], rest.asts.at[i], rest.spans.at[i]);
  return call_value(e, f, &first, right);
}

/* The name that the result gets is that of an instance which the call itself makes, and of none in its parts. */
struct value eval_call(const struct context *e, const struct ast *ast) {
  const char *none = NULL, *hint = *e->hint;
  struct context parts = *e, whole = *e;
  parts.hint = &none;
  whole.hint = &hint;
  struct value callee = eval(&parts, ast->kid[0]);
  struct arguments arguments = {0};
  bool lazy = callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_STAGE;
  bool good = gather_arguments(&parts, ast, 1, lazy, &arguments);
  if (!good && callee.kind == V_INSTANCE) callee.instance->broken = true;
  if (!good || callee.kind == V_ERROR) return v_error();
  return call_value(&whole, callee, &arguments, ast);
}
