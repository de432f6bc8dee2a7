/* Tree nodes, and the dump of a tree.
 *
 * Trees are built from the leaves up: a node's depth is known when it is added to its parent, so the parser can
 * keep every tree within DEPTH_LIMIT and no walk over one needs a limit of its own.  A node of a chain has its kind and
 * operator before its kids. */
#include "dsl/ast.h"

#include <stdio.h>
#include <string.h>

#include "base/vec.h"

static const char *const called[] = {
#define AST(kind, what, kids) what,
#include "dsl/ast.def"
#undef AST
};

static const char *const kind_names[] = {
#define AST(kind, what, kids) #kind,
#include "dsl/ast.def"
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
  if (parent->kids == parent->room) {
    int room = parent->room ? 2 * parent->room : 2;
    struct ast **grown = ARENA_ARRAY(arena, struct ast *, (size_t)room);
    if (parent->kids) memcpy(grown, parent->kid, (size_t)parent->kids * sizeof *grown);
    parent->kid = grown;
    parent->room = room;
  }
  parent->kid[parent->kids++] = kid;
  int depth = !kid ? 0 : parent->kids == 1 && ast_continues(parent) ? kid->depth : kid->depth + 1;
  if (depth > parent->depth) parent->depth = depth;
}

const char *ast_called(enum ast_kind kind) { return called[kind]; }
const char *ast_operator(enum ast_op op) { return spellings[op]; }

typedef VEC(char) text;

static void put(struct arena *arena, text *out, const char *add) {
  for (; *add; add++) vec_push(arena, out, *add);
}

static void dump_text(struct arena *arena, text *out, const char *shown) {
  put(arena, out, " \"");
  for (; *shown; shown++) {
    if (*shown == '\n') put(arena, out, "\\n");
    else {
      if (*shown == '"' || *shown == '\\') vec_push(arena, out, '\\');
      vec_push(arena, out, *shown);
    }
  }
  put(arena, out, "\"");
}

static void dump_line(struct arena *arena, text *out, const struct ast *node, int depth) {
  for (int i = 0; i < depth; i++) put(arena, out, "  ");
  put(arena, out, kind_names[node->kind]);
  if (node->kind == AST_STRING) dump_text(arena, out, node->name);
  else if (node->name) put(arena, out, " "), put(arena, out, node->name);
  bool has_op = node->kind == AST_BINARY || node->kind == AST_PARAM || node->kind == AST_STATE;
  if (has_op) put(arena, out, " "), put(arena, out, spellings[node->op]);
  if (node->kind == AST_FILE) {
    char number[32];
    snprintf(number, sizeof number, " %g", node->number);
    put(arena, out, number);
  }
  put(arena, out, "\n");
}

static void dump(struct arena *arena, text *out, const struct ast *node, int depth) {
  VEC(const struct ast *) chain = {0};
  for (; node && ast_continues(node); node = node->kid[0], depth++) {
    dump_line(arena, out, node, depth);
    vec_push(arena, &chain, node);
  }
  if (node) {
    dump_line(arena, out, node, depth);
    for (int i = 0; i < node->kids; i++) dump(arena, out, node->kid[i], depth + 1);
  } else {
    for (int i = 0; i < depth; i++) put(arena, out, "  ");
    put(arena, out, "-\n");
  }
  while (chain.n) {
    const struct ast *link = chain.at[--chain.n];
    for (int i = 1; i < link->kids; i++) dump(arena, out, link->kid[i], depth);
    depth--;
  }
}

const char *ast_dump(struct arena *arena, const struct ast *tree) {
  text out = {0};
  dump(arena, &out, tree, 0);
  vec_push(arena, &out, '\0');
  return out.at;
}
