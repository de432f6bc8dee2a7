/* The formatter in two halves: format_tree.c turns a statement into pieces of text, format.c lays them out on
 * lines and puts the comments back.
 *
 * Ownership: everything belongs to the arena of the formatter. */
#ifndef DSL_FORMAT_PIECES_H
#define DSL_FORMAT_PIECES_H
#include <stdbool.h>

#include "base/vec.h"
#include "dsl/syntax/ast.h"

/* What stands between a piece and the one before it. */
enum gap { TOUCH, SPACE, WIDE, BREAK /* a space, or a new line where the line is full */ };

struct piece {
  const char *text;
  enum gap gap;
  int order;       /* of a BREAK: the lowest on a line is broken first */
  bool broken;     /* of a BREAK: the user broke the line here */
  uint32_t offset; /* of the piece in the source, or 0 where it has no place of its own */
};

struct pieces {
  struct arena *arena;
  const struct source *source;
  VEC(struct piece) list;
  enum gap gap; /* before the next piece */
  int order;
  bool broken;
  int nested; /* brackets around the next piece */
};

/* The whole statement on one line, or, with `header`, only what comes before its items and their '{'. */
void statement_pieces(struct pieces *p, const struct ast *node, bool header);

/* The items that stand in the braces of a statement, or NULL where it has none; first is the index of its first.
 * */
const struct ast *statement_body(const struct ast *node, int *first);

/* The pattern `{ expression }` of a body that is one expression. */
bool is_one_expression(const struct ast *body);

#endif
