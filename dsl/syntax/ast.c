/* Tree nodes, and the dump of a tree.
 *
 * Trees are built from the leaves up: a node's depth is known when it is added to its parent, so the parser can
 * keep every tree within DEPTH_LIMIT and no walk over one needs a limit of its own.  A node of a chain has its kind and
 * operator before its kids. */
#include "dsl/syntax/ast.h"

#include <stdio.h>
#include <string.h>

#include "base/string_builder.h"
#include "base/vec.h"

static const char *const called[] = {
#define AST(kind, what, kids) what,
#include "dsl/syntax/ast.def"
#undef AST
};

static const char *const kind_names[] = {
#define AST(kind, what, kids) #kind,
#include "dsl/syntax/ast.def"
#undef AST
};

static const char *const spellings[] = {
#define X(name, spelling) spelling,
    AST_OPERATORS(X)
#undef X
};

struct ast *ast_new(struct arena *arena, enum ast_kind kind, struct span span) {
  struct ast *node = ARENA_NEW(arena, struct ast);
  node->kind = kind;
  node->span = node->at = span;
  node->depth = 1;
  return node;
}

bool ast_reads(const struct ast *ast, const char *name) {
  for (; ast; ast = ast->kids ? ast->kid[0] : NULL) {
    if (ast->kind == AST_NAME && ast->name == name) return true;
    for (int i = 1; i < ast->kids; i++)
      if (ast_reads(ast->kid[i], name)) return true;
  }
  return false;
}

bool ast_defines(const struct ast *s) {
  switch (s->kind) {
  case AST_DATA:
  case AST_VIEW:
  case AST_OPTION:
  case AST_BLOCK:
  case AST_DEF:
  case AST_RULE:
  case AST_BIND:
  case AST_PARAM:
  case AST_STATE:
  case AST_VARIABLE:
  case AST_DRAW:
  case AST_STAGE: return true;
  default: return false;
  }
}

enum chain { NO_CHAIN, ARITHMETIC, PIPELINE };

static enum chain chain_of(const struct ast *ast) {
  if (ast->kind == AST_PIPE || ast->kind == AST_AS) return PIPELINE;
  bool arithmetic = ast->kind == AST_BINARY && (ast->op == OP_ADD || ast->op == OP_SUB || ast->op == OP_MUL ||
                                                ast->op == OP_DIV || ast->op == OP_MATMUL);
  return arithmetic ? ARITHMETIC : NO_CHAIN;
}

bool ast_continues(const struct ast *ast) {
  return ast->kids && ast->kid[0] && chain_of(ast) && chain_of(ast) == chain_of(ast->kid[0]);
}

void ast_add(struct arena *arena, struct ast *parent, struct ast *kid) {
  if (parent->kids == parent->capacity) {
    int capacity = parent->capacity ? 2 * parent->capacity : 2;
    struct ast **grown = ARENA_ARRAY(arena, struct ast *, (size_t)capacity);
    if (parent->kids) memcpy(grown, parent->kid, (size_t)parent->kids * sizeof *grown);
    parent->kid = grown;
    parent->capacity = capacity;
  }
  parent->kid[parent->kids++] = kid;
  int depth = !kid ? 0 : parent->kids == 1 && ast_continues(parent) ? kid->depth : kid->depth + 1;
  if (depth > parent->depth) parent->depth = depth;
}

const char *ast_called(enum ast_kind kind) { return called[kind]; }
const char *ast_operator(enum ast_op op) { return spellings[op]; }

static void dump_string(struct string_builder *out, const char *shown) {
  string_put(out, " \"");
  for (; *shown; shown++) {
    if (*shown == '\n') string_put(out, "\\n");
    else {
      if (*shown == '"' || *shown == '\\') string_put(out, "\\");
      string_put_bytes(out, shown, 1);
    }
  }
  string_put(out, "\"");
}

static void dump_line(struct string_builder *out, const struct ast *node, int depth) {
  for (int i = 0; i < depth; i++) string_put(out, "  ");
  string_put(out, kind_names[node->kind]);
  if (node->kind == AST_STRING) dump_string(out, node->name);
  else if (node->name) string_put(out, " "), string_put(out, node->name);
  bool has_op = node->kind == AST_BINARY || node->kind == AST_PARAM || node->kind == AST_STATE ||
                node->kind == AST_VARIABLE;
  if (has_op) string_put(out, " "), string_put(out, spellings[node->op]);
  if (node->kind == AST_FILE) {
    char number[32];
    snprintf(number, sizeof number, " %g", node->number);
    string_put(out, number);
  }
  string_put(out, "\n");
}

static void dump(struct string_builder *out, const struct ast *node, int depth) {
  VEC(const struct ast *) chain = {0};
  for (; node && ast_continues(node); node = node->kid[0], depth++) {
    dump_line(out, node, depth);
    vec_push(out->arena, &chain, node);
  }
  if (node) {
    dump_line(out, node, depth);
    for (int i = 0; i < node->kids; i++) dump(out, node->kid[i], depth + 1);
  } else {
    for (int i = 0; i < depth; i++) string_put(out, "  ");
    string_put(out, "-\n");
  }
  while (chain.n) {
    const struct ast *link = chain.at[--chain.n];
    for (int i = 1; i < link->kids; i++) dump(out, link->kid[i], depth);
    depth--;
  }
}

const char *ast_dump(struct arena *arena, const struct ast *tree) {
  struct string_builder out = {.arena = arena};
  dump(&out, tree, 0);
  return string_get(&out);
}
