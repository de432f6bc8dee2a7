/* The front door of the grammar: text to tree.
 *
 * Ownership: the tree belongs to arena. */
#ifndef GRAMMAR_PARSE_H
#define GRAMMAR_PARSE_H
#include "dsl/syntax/ast.h"

/* Parses one source.  Problems go to diags; the tree is returned as far as it could be built (with the broken
 * statements left out), so that checking can go on, or NULL where nothing could be.  A file must start with
 * `crl 1`. */
struct ast *parse(struct arena *arena, struct names *names, const struct sources *sources, uint32_t source,
                  struct diags *diags);

#endif
