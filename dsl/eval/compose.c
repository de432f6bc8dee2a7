/* Pipelines that start with a block: `enc = dense(50) -> relu -> dense(10)`.
 *
 * Such a pipeline has no input yet, so it is a block without a name, whose body is the pipeline behind its input, and
 * at once an instance of it, which belongs to whoever's text it stands in.  Its parts are the instance's own:
 * `enc.dense1`, `enc.dense2`. */
#include "dsl/eval/forms.h"

static const char input_name[] = "its input"; /* which no name in a file can be */

static const struct ast *first_of(const struct ast *ast) {
  while (ast->kind == AST_PIPE || ast->kind == AST_AS) ast = ast->kid[0];
  return ast;
}

static bool is_block(const struct context *e, const struct ast *name) {
  const struct binding *b = lookup(e->scope, name->name);
  if (!b || (b->ast && b->ast->kind == AST_DEF && !b->ast->kid[0])) return false;
  struct value v = force(e, (struct binding *)b);
  return v.kind == V_INSTANCE || (v.kind == V_CLOSURE && v.closure.ast->kind == AST_BLOCK);
}

bool starts_with_block(const struct context *e, const struct ast *pipe) {
  const struct ast *first = first_of(pipe);
  if (first->kind == AST_NAME) return is_block(e, first);
  if (first->kind != AST_CALL || first->kid[0]->kind != AST_NAME) return false;
  const struct binding *b = lookup(e->scope, first->kid[0]->name);
  if (!b) return false;
  struct value v = b->ast && b->ast->kind != AST_BLOCK ? v_error() : force(e, (struct binding *)b);
  return v.kind == V_CLOSURE && v.closure.ast->kind == AST_BLOCK;
}

static struct ast *node(const struct context *e, enum ast_kind kind, struct span span, const char *name) {
  struct ast *made = ast_new(e->arena, kind, span);
  made->name = name;
  return made;
}

/* The pipeline with the input before its first item. */
static struct ast *behind_input(const struct context *e, const struct ast *pipe, const char *input) {
  VEC(const struct ast *) chain = {0};
  for (; pipe->kind == AST_PIPE || pipe->kind == AST_AS; pipe = pipe->kid[0]) vec_push(e->arena, &chain, pipe);
  struct ast *made = node(e, AST_PIPE, pipe->span, NULL);
  ast_add(e->arena, made, node(e, AST_NAME, pipe->span, input));
  ast_add(e->arena, made, (struct ast *)pipe);
  while (chain.n) {
    struct ast *copy = ARENA_NEW(e->arena, struct ast);
    *copy = *chain.at[--chain.n];
    const struct ast *link = chain.at[chain.n];
    copy->kids = copy->capacity = 0;
    copy->kid = NULL;
    ast_add(e->arena, copy, made);
    for (int k = 1; k < link->kids; k++) ast_add(e->arena, copy, link->kid[k]);
    made = copy;
  }
  return made;
}

/* block pipeline()(its input) { return its input -> ... } */
static struct ast *block_of(const struct context *e, const struct ast *pipe) {
  const char *input = name_of_string(e->compile->names, input_name);
  struct ast *block = node(e, AST_BLOCK, pipe->span, name_of_string(e->compile->names, "pipeline"));
  struct ast *inputs = node(e, AST_PARAMETERS, pipe->span, NULL), *body = node(e, AST_BODY, pipe->span, NULL);
  struct ast *parameter = node(e, AST_PARAMETER, pipe->span, input), *result = node(e, AST_RETURN, pipe->span, NULL);
  ast_add(e->arena, parameter, NULL);
  ast_add(e->arena, parameter, NULL);
  ast_add(e->arena, inputs, parameter);
  ast_add(e->arena, result, behind_input(e, pipe, input));
  ast_add(e->arena, body, result);
  ast_add(e->arena, block, NULL);
  ast_add(e->arena, block, inputs);
  ast_add(e->arena, block, body);
  return block;
}

struct value compose(const struct context *e, const struct ast *pipe) {
  const struct ast *first = first_of(pipe);
  if (!e->scope->owner) {
    refuse_ownership(e, first->kind == AST_CALL ? first->kid[0]->name : first->name, AST_DEF, first->span);
    return v_error();
  }
  struct value block = {.kind = V_CLOSURE, .made = pipe->span};
  block.closure.ast = block_of(e, pipe);
  block.closure.scope = e->scope;
  struct arguments none = {.scope = e->scope};
  return instance_of(e, block, &none, pipe);
}
