/* What the scanner, the grammar and parse.c share.
 *
 * A source is first cut into tokens, all of them; the grammar then reads the list.  Having the whole list is what
 * lets `(` know that it touches, a word know that it is a record key, and recovery look ahead for the next
 * statement.
 *
 * Ownership: everything belongs to the arena of the compile. */
#ifndef GRAMMAR_READER_H
#define GRAMMAR_READER_H
#include <stdbool.h>

#include "base/vec.h"
#include "dsl/syntax/ast.h"

struct token {
  int kind; /* enum yytokentype of the generated parser */
  struct span span;
  const char *name; /* of a name, number (its spelling) or text */
  double number;
};

struct reader {
  struct arena *arena;
  struct names *names;
  const struct sources *sources;
  const struct source *text;
  uint32_t source;
  struct diags *diags;

  VEC(struct token) tokens;   /* ends with TOKEN_END */
  size_t next;                /* the token that the grammar reads next */
  size_t read;                /* the token that it read last */
  VEC(size_t) open;           /* the brackets that are open after that */
  const struct token *closed; /* the bracket that it closed, where it closes one */

  size_t sync_at;    /* after an error: where to go on */
  bool syncing;      /* the grammar is to be told so with a SYNC token */
  size_t last_error; /* the token of the last error, + 1: two errors at one token are one */
  bool stopped;      /* the rest is not read */
  struct ast *file;
};

/* crl.l: cuts the source into tokens. */
void scan(struct reader *reader);
/* parse.c, from keywords.def: what kind of word a token is, or none (names and punctuation). */
enum word_group { NO_WORD, HEAD, EXPRESSION, CONTEXTUAL };
enum word_group token_group(int kind);

#endif
