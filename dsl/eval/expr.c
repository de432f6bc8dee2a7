/* Evaluating expressions. */
#include <math.h>
#include <stdlib.h>

#include "dsl/eval/forms.h"
#include "dsl/eval/tables.h"

static struct context of_operator(const struct context *e, const struct ast *ast) {
  struct context in = *e;
  in.operation = ast;
  in.swapped = false;
  return in;
}

/* x @ W' as one product, without making the transpose. */
static struct value product_with_transposed(const struct context *e, const struct ast *ast, struct value a,
                                            bool *done) {
  struct value b = eval(e, ast->kid[1]->kid[0]);
  *done = true;
  if (a.kind == V_ERROR || b.kind == V_ERROR) return v_error();
  if (a.kind == V_ARRAY && b.kind == V_ARRAY && !type_of(e, &b)->rows && type_of(e, &b)->shape.rank == 2 &&
      type_of(e, &a)->shape.rank >= 1) {
    struct value in[2] = {a, b};
    struct attr attr = {.i = {1}};
    struct context operation = of_operator(e, ast);
    struct value v = apply_op(&operation, OP_matmul, &attr, in, 2, ast->span);
    struct shape left = type_of(e, &a)->shape;
    if (v.kind == V_ERROR && left.dim[left.rank - 1] == type_of(e, &b)->shape.dim[0])
      diag_hint(e->diags, "without the ' they fit");
    return v;
  }
  *done = false;
  return v_error();
}

static bool is_of_rows(const struct value *v) { return v->kind == V_COLUMN || v->kind == V_CONDITION; }

static struct value binary_link(const struct context *e, const struct ast *ast, struct value a) {
  bool done;
  if (ast->op == OP_MATMUL && ast->kid[1]->kind == AST_TRANSPOSE) {
    struct value v = product_with_transposed(e, ast, a, &done);
    if (done) return v;
  }
  if (a.kind == V_BOOLEAN && (ast->op == OP_AND || ast->op == OP_OR) && a.boolean == (ast->op == OP_OR)) return a;
  struct value b = eval(e, ast->kid[1]);
  if (a.kind == V_KEY && ast->kid[1]->kind == AST_NAME && !lookup(e->scope, ast->kid[1]->name))
    diag_hint(e->diags, "a key is written '.%s'", ast->kid[1]->name);
  struct context operation = of_operator(e, ast);
  if (e->in_data && a.kind != V_ERROR && b.kind != V_ERROR) {
    if (a.kind == V_SET && ast->op == OP_WHERE) return table_where(e, &a, &b, ast->span);
    bool asks = ast->op == OP_AND || ast->op == OP_OR || (ast->op >= OP_EQ && ast->op <= OP_GE);
    if (asks && (is_of_rows(&a) || is_of_rows(&b))) return condition_of(e, ast->op, &a, &b, ast->span);
  }
  return binary(&operation, ast->op, a, b, ast->span);
}

/* ---- constants, fields, transposes ---- */

struct value eval_number_literal(const struct context *e, const struct ast *ast) {
  (void)e, (void)e->scope;
  return v_number(ast->number, ast->span);
}

struct value eval_string(const struct context *e, const struct ast *ast) {
  (void)e, (void)e->scope;
  return (struct value){.kind = V_STRING, .made = ast->span, .string = ast->name};
}

struct value eval_key(const struct context *e, const struct ast *ast) {
  (void)e, (void)e->scope;
  return (struct value){.kind = V_KEY, .made = ast->span, .string = ast->name};
}

struct value eval_field(const struct context *e, const struct ast *ast) {
  struct value base = eval(e, ast->kid[0]), v = field_of(e, base, ast->name, ast->at);
  if (base.kind == V_SET) v.made = ast->span;
  return v;
}

struct value eval_transpose(const struct context *e, const struct ast *ast) {
  struct value v = eval(e, ast->kid[0]);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->span)) return v_error();
  int rank = type_of(e, &v)->shape.rank;
  if (rank < 2) {
    diag_error(e->diags, DIAG_E0232, ast->at, "only matrices can be transposed, not %s", describe(e, &v));
    blame_made(e, &v, ast->span);
    if (rank && v.array.per_sample)
      diag_hint(e->diags, "all rows as a matrix are 'rows(v)', and turned over 'rows(v)''; the inner product of two "
                          "vectors of a row is 'a @ b'");
    return v_error();
  }
  struct attr attr = {.i = {0, 1, 2, 3, 4}};
  attr.i[rank - 2] = rank - 1;
  attr.i[rank - 1] = rank - 2;
  return apply_op(e, OP_transpose, &attr, &v, 1, ast->span);
}

/* ---- the rest ---- */

static struct value eval_branch(const struct context *e, const struct ast *ast, const struct value *c, int side) {
  struct branch branch = {*c, side == 2, e->branch};
  struct context in = *e;
  in.branch = &branch;
  return eval(&in, ast->kid[side]);
}

struct value eval_if(const struct context *e, const struct ast *ast) {
  struct value c = eval(e, ast->kid[0]);
  if (c.kind == V_BOOLEAN) return eval(e, ast->kid[c.boolean ? 1 : 2]);
  if (c.kind == V_ERROR) return c;
  if (c.kind != V_ARRAY) {
    diag_error(e->diags, DIAG_E0204, ast->kid[0]->span, "a condition is a boolean, not %s", describe(e, &c));
    return v_error();
  }
  struct value in[3] = {c, eval_branch(e, ast, &c, 1), eval_branch(e, ast, &c, 2)};
  if (in[1].kind == V_ERROR || in[2].kind == V_ERROR) return v_error();
  return apply_op(e, OP_select, NULL, in, 3, ast->span);
}

void refuse_intermediate_output(const struct context *e, const struct ast *as) {
  diag_error(e->diags, DIAG_E0208, as->at, "'as %s' outside of a block", as->name);
  diag_hint(e->diags, "name it instead: '%s = ...'", as->name);
}

static struct value as_link(const struct context *e, const struct ast *ast, struct value v) {
  if (v.kind != V_ERROR && e->scope->running && e->scope->running->build != e->build->number) {
    diag_error(e->diags, DIAG_E0208, ast->at, "'as %s' inside of %s", ast->name,
               e->build->kind == BUILD_FIT ? "'on train'" : "an initial value");
    diag_hint(e->diags, "name it in a line of its own, before it is used here: '%s = ...'", ast->name);
    return v_error();
  }
  if (e->scope->running) {
    if (record_get(e->scope->running->intermediate_outputs, ast->name)) {
      struct binding *old = scope_find_here(e->scope, ast->name);
      diag_error(e->diags, DIAG_E0202, ast->at, "'%s' is defined twice", ast->name);
      if (old) diag_label(e->diags, old->span, "'%s' was defined here", ast->name);
      return v_error();
    }
    record_set(e, e->scope->running->intermediate_outputs, ast->name, v);
  } else {
    refuse_intermediate_output(e, ast);
    return v_error();
  }
  bind_value(e, e->scope, ast->name, v, ast->at);
  return v;
}

/* A name stands for what was computed where it is defined: nothing is applied here. */
static bool applies_something(const struct context *e, const struct ast *ast, const struct value *v) {
  const char *word = ast->kind == AST_HELD ? "held" : ast->kind == AST_STILL ? "still" : "live";
  if (ast->kid[0]->kind != AST_NAME || v->kind != V_ARRAY || v->array.variable || v->array.column) return true;
  diag_error(e->diags, DIAG_E0304, ast->span, "'%s' changes how something is applied, and '%s' is computed already",
             word, ast->kid[0]->name);
  blame_made(e, v, ast->span);
  diag_hint(e->diags,
            ast->kind == AST_HELD
                ? "write it where it is applied, 'held enc(x)'; 'stop(%s)' is the value without any gradient"
                : "write it where '%s' is applied, as in 'still enc(x)'",
            ast->kid[0]->name);
  return false;
}

struct value eval_mode(const struct context *e, const struct ast *ast) {
  struct context in = *e;
  if (ast->kind == AST_HELD) in.held = true;
  else in.override_mode = ast->kind == AST_STILL ? -1 : 1;
  struct value v = eval(&in, ast->kid[0]);
  return applies_something(e, ast, &v) ? v : v_error();
}

struct value eval_negate(const struct context *e, const struct ast *ast) {
  struct value v = eval(e, ast->kid[0]);
  if (v.kind == V_NUMBER) return v_number(-v.number, ast->span);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->span)) return v_error();
  return apply_op(e, OP_negate, NULL, &v, 1, ast->span);
}

struct value eval_not(const struct context *e, const struct ast *ast) {
  struct value v = eval(e, ast->kid[0]);
  if (v.kind == V_BOOLEAN) return v_boolean(!v.boolean);
  if (is_of_rows(&v)) return condition_not(e, &v, ast->span);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->span)) return v_error();
  struct value in[2] = {v_number(1, ast->span), v};
  return apply_op(e, OP_sub, NULL, in, 2, ast->span);
}

/* `a + b - c`, `v -> f as n -> g`: the first part, then link by link. */
struct value eval_chain(const struct context *e, const struct ast *ast) {
  if (ast->kind != AST_BINARY && starts_with_block(e, ast)) return compose(e, ast);
  VEC(const struct ast *) chain = {0};
  for (;; ast = ast->kid[0]) {
    vec_push(e->arena, &chain, ast);
    if (ast->kind == AST_PIPE) *e->hint = NULL; /* the name is that of the last part's result */
    if (!ast_continues(ast)) break;
  }
  struct value v = eval(e, ast->kid[0]);
  e->compile->work += (int)chain.n - 1;
  while (chain.n) {
    const struct ast *link = chain.at[--chain.n];
    v = link->kind == AST_PIPE ? pipe_link(e, link, v)
        : link->kind == AST_AS ? as_link(e, link, v)
                               : binary_link(e, link, v);
  }
  return v;
}
