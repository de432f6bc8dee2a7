/* Which statements may stand where, and what a body needs.
 *
 * The grammar reads any statement in any braces, so that the message can say what is wrong instead of
 * "unexpected". */
#include <stdint.h>

#include "grammar/build.h"

#define MAY(kind) ((uint64_t)1 << (AST_##kind - AST_FILE))
_Static_assert(AST_KINDS - AST_FILE <= 64, "a set of kinds is one word");

#define DEFINES (MAY(BIND) | MAY(DRAW) | MAY(LOOP))
#define OWNS (MAY(PARAM) | MAY(STATE) | MAY(WRITE) | MAY(DEF))
#define TRAINS (MAY(MINIMIZE) | MAY(MAXIMIZE) | MAY(TRAIN) | MAY(EVALUATE) | MAY(WATCH) | MAY(SHOW))
#define STAGED (DEFINES | OWNS | TRAINS | MAY(VIEW) | MAY(BLOCK))
#define AT_TOP (STAGED | MAY(DATA) | MAY(OPTION) | MAY(VARIABLE) | MAY(RULE) | MAY(USE) | MAY(STAGE))

static const struct {
  const char *called;
  uint64_t may;
} bodies[LOCATIONS] = {
    [IN_FILE] = {"at the top level", AT_TOP | MAY(VARIANT)},
    [IN_VARIANT] = {"in a variant", AT_TOP | MAY(WITHOUT)},
    [IN_STAGE] = {"in a stage", STAGED | MAY(RETURN)},
    [IN_BLOCK] = {"in a block", DEFINES | OWNS | MAY(RETURN)},
    [IN_DEF] = {"in a def", DEFINES | MAY(RETURN)},
    [IN_RULE] = {"in a rule", DEFINES | MAY(WRITE) | MAY(STATE)},
    [IN_TERMS] = {"in 'minimize' and 'maximize'", MAY(TERM) | MAY(LOOP)},
    [IN_EVALUATE] = {"in 'evaluate'", MAY(BIND) | MAY(CALL_ITEM) | MAY(LOOP)},
    [IN_WATCH] = {"in 'watch'", MAY(BIND) | MAY(CALL_ITEM) | MAY(LOOP)},
};

static bool is_expression(const struct ast *node) { return node->kind < AST_FILE; }

/* Whether two neighbours stand on the same line. */
static bool on_one_line(const struct reader *reader, const struct ast *left, const struct ast *right) {
  const char *text = reader->text->text;
  for (uint32_t i = left->span.end; i < right->span.begin; i++) {
    if (text[i] == '\n') return false;
  }
  return true;
}

/* An expression among statements.  On a line that already has an error it is part of that, and of two neighbours
 * the second is the location where something is missing. */
static void idle(struct reader *reader, const struct ast *node, const struct ast *before, const struct ast *after) {
  bool follows = before && on_one_line(reader, before, node);
  if (reader->stopped) return; /* it may go on in what is not read */
  if (after && is_expression(after) && on_one_line(reader, node, after)) return;
  if (diag_on_line(reader->diags, node->span)) return;
  if (node->kind == AST_NAME && after && after->kind == AST_BIND && on_one_line(reader, node, after)) {
    diag_error(reader->diags, DIAG_E0114, node->span, "unknown statement '%s'", node->name);
    diag_hint(reader->diags, "a statement is 'name = ...' or begins with a word such as 'def'");
    return;
  }
  char first = reader->text->text[node->span.begin];
  diag_error(reader->diags, DIAG_E0103, node->span, "%s does nothing by itself", ast_called(node->kind));
  if (follows && (first == '(' || first == '[')) {
    diag_hint(reader->diags, "a call's '(' and an index's '[' touch what they belong to: `f(x)`, `a[0]`");
  } else if (follows && first == '.') {
    diag_hint(reader->diags, "a field's '.' touches what it belongs to: `r.left`");
  } else if (follows) {
    diag_hint(reader->diags, "is a `->` or an operator missing before it?");
  } else if (node->kind == AST_BINARY && node->op == OP_EQ && node->kid[0]->kind == AST_NAME) {
    diag_hint(reader->diags, "a definition is written with one `=`");
  } else {
    diag_hint(reader->diags, "name its result: `h = ...`");
  }
}

static bool measures(enum location location) { return location == IN_EVALUATE || location == IN_WATCH; }

static void misplaced(struct reader *reader, const struct ast *node, enum location location, bool loop) {
  if (node->kind == AST_TERM) {
    diag_error(reader->diags, DIAG_E0108, node->kid[1]->span, "a weight stands only in 'minimize' and 'maximize'");
    diag_hint(reader->diags, "elsewhere, multiply: `%s = 0.5 * ...`", node->name);
    return;
  }
  diag_error(reader->diags, DIAG_E0104, node->at, "%s does not belong %s", ast_called(node->kind),
             loop && node->kind == AST_RETURN ? "in a loop" : bodies[location].called);
  if (location == IN_DEF && (node->kind == AST_PARAM || node->kind == AST_STATE || node->kind == AST_WRITE)) {
    diag_hint(reader->diags, "a def owns nothing: make it a block");
  } else if (measures(location) && node->kind == AST_TERM) {
    diag_hint(reader->diags, "a metric has no weight");
  } else if (location == IN_TERMS) {
    diag_hint(reader->diags, "a loss term is `name = value`, maybe with `weight w`; is a '}' missing before this?");
  } else if (node->kind == AST_VARIABLE) {
    diag_hint(reader->diags, "it belongs to the file: declare it there, and let this take its value");
  } else if (node->kind == AST_WITHOUT) {
    diag_hint(reader->diags, "`without` takes loss terms out of a variant");
  } else if (node->kind == AST_RETURN) {
    diag_hint(reader->diags, "only a block or a def has a result");
  } else {
    diag_hint(reader->diags, "is a '}' missing before this?");
  }
}

static void make_term(struct reader *reader, struct ast *bind) {
  struct ast *key = bind->kid[1];
  bind->kind = AST_TERM;
  bind->kid[1] = NULL;
  ast_add(reader->arena, bind, key);
}

static struct ast *wrap(struct reader *reader, enum ast_kind kind, struct ast *node) {
  struct ast *item = build(reader, kind, node->span, node->at, NULL, 1, &node);
  return item;
}

/* One statement as it belongs here, or NULL when it does not. */
static struct ast *check_item(struct reader *reader, enum location location, bool loop, struct ast *item,
                              const struct ast *before, const struct ast *after) {
  if (measures(location) && item->kind == AST_CALL) return wrap(reader, AST_CALL_ITEM, item);
  if (is_expression(item)) {
    idle(reader, item, before, after);
    return NULL;
  }
  if (location == IN_TERMS && item->kind == AST_BIND) make_term(reader, item);
  bool may = (bodies[location].may >> (item->kind - AST_FILE) & 1) && !(loop && item->kind == AST_RETURN);
  if (may) return item;
  misplaced(reader, item, location, loop);
  return NULL;
}

static void check_items(struct reader *reader, enum location location, bool loop, struct ast *body) {
  int kept = 0;
  const struct ast *before = NULL;
  for (int i = 0; i < body->kids; i++) {
    const struct ast *after = i + 1 < body->kids ? body->kid[i + 1] : NULL;
    struct ast *item = check_item(reader, location, loop, body->kid[i], before, after);
    before = body->kid[i];
    if (!item) {
      body->number = 1;
      continue;
    }
    if (item->kind == AST_LOOP) check_items(reader, location, true, item->kid[2]);
    body->kid[kept++] = item;
  }
  body->kids = kept;
}

/* A body with a result ends in its only `return`. */
static void check_result(struct reader *reader, enum location location, struct ast *body) {
  int result = 0;
  while (result < body->kids && body->kid[result]->kind != AST_RETURN) result++;
  if (result + 1 < body->kids) {
    diag_error(reader->diags, DIAG_E0106, body->kid[result + 1]->at, "nothing stands after the result");
    diag_label(reader->diags, body->kid[result]->at, "the result is here");
    diag_hint(reader->diags, "move it before the 'return', or remove it");
    body->kids = result + 1;
  } else if (result == body->kids && !body->number) {
    struct span close = body->span;
    if (close.end > close.begin) close.begin = close.end - 1;
    diag_error(reader->diags, DIAG_E0105, close, "this %s ends without a result", location == IN_DEF ? "def" : "block");
    diag_hint(reader->diags, "end it with `return` and the value, or make it one expression");
  }
}

struct ast *check_body(struct reader *reader, enum location location, struct ast *body) {
  bool has_result = location == IN_BLOCK || location == IN_DEF;
  if (has_result && body->kids == 1 && is_expression(body->kid[0]) && !body->number) {
    body->kid[0] = wrap(reader, AST_RETURN, body->kid[0]);
    if (body->kid[0]->depth >= body->depth) body->depth = body->kid[0]->depth + 1;
  }
  check_items(reader, location, false, body);
  if (has_result) check_result(reader, location, body);
  return body;
}
