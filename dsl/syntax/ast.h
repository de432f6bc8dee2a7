/* The tree: what the grammar builds and everything else reads.  Its kinds and their children are ast.def.
 *
 * Ownership: nodes, names and strings belong to the arena (and name table) of the compile; nothing is freed by
 * itself. */
#ifndef DSL_AST_H
#define DSL_AST_H
#include "base/arena.h"
#include "base/names.h"
#include "dsl/syntax/diag.h"
#include "dsl/syntax/source.h"

enum { DEPTH_LIMIT = 200 }; /* of nesting: one limit for parse, walk and format */

enum ast_kind {
#define AST(kind, called, kids) AST_##kind,
#include "dsl/syntax/ast.def"
#undef AST
  AST_KINDS
};

/* Operators, with their spelling. */
#define AST_OPERATORS(X) \
  X(ADD, "+")            \
  X(SUB, "-")            \
  X(MUL, "*")            \
  X(DIV, "/")            \
  X(MATMUL, "@")         \
  X(POW, "^")            \
  X(EQ, "==")            \
  X(NE, "!=")            \
  X(LT, "<")             \
  X(LE, "<=")            \
  X(GT, ">")             \
  X(GE, ">=")            \
  X(AND, "and")          \
  X(OR, "or")            \
  X(WHERE, "where")      \
  X(ELSE, "else")        \
  X(BIND_EQUAL, "=")     \
  X(BIND_DRAW, "~")

enum ast_op {
#define X(name, spelling) OP_##name,
  AST_OPERATORS(X)
#undef X
};

struct ast {
  enum ast_kind kind;
  enum ast_op op;
  struct span span; /* the whole construct */
  struct span at;   /* its operator or name: where the caret goes */
  const char *name; /* interned */
  double number;
  int kids, capacity;
  int depth; /* 1 for a leaf; at most DEPTH_LIMIT; a chain is as deep as its deepest link */
  struct ast **kid;
};

/* The grammar, which the front end does not know by itself: NULL where the text has no tree. */
typedef struct ast *parse_function(struct arena *arena, struct names *names, const struct sources *sources,
                                   uint32_t source, struct diags *diags);

struct ast *ast_new(struct arena *arena, enum ast_kind kind, struct span span);
void ast_add(struct arena *arena, struct ast *parent, struct ast *kid); /* kid may be NULL */
/* Whether the first kid is of the same chain: `a + b - c * d`, `v -> f as n -> g`.  A chain may be as long as you
 * like, so whoever walks over a tree goes along it in a loop. */
bool ast_continues(const struct ast *ast);
/* Whether a name, which is interned, stands anywhere in a tree as an expression. */
bool ast_reads(const struct ast *ast, const char *name);
/* Whether a statement gives its name a meaning that can be used before the line. */
bool ast_defines(const struct ast *statement);
const char *ast_called(enum ast_kind kind);
const char *ast_operator(enum ast_op op);

/* The tree as text, one node a line, indented: the dump of the parse. */
const char *ast_dump(struct arena *arena, const struct ast *tree);

/* The canonical text of a parsed file, comments kept (the formatter).  Formatting its result changes nothing. */
const char *ast_format(struct arena *arena, const struct sources *sources, const struct ast *file);

#endif
