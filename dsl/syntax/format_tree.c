/* Statements and expressions as pieces.
 *
 * Parentheses are printed where the tree needs them, and where the user wrote them: the span of a parenthesised
 * expression includes them. */
#include <string.h>

#include "dsl/syntax/format_pieces.h"

/* How tightly an expression binds: the levels of the grammar, the loosest first. */
enum level {
  CHOICES,
  PIPES,
  CLAUSES,
  ORS,
  ANDS,
  NOTS,
  COMPARISONS,
  SUMS,
  PRODUCTS,
  UNARIES,
  POWERS,
  PREFIXES,
  OVERS,
  OPERANDS
};

enum { LEVELS = OPERANDS + 1 };

static void expression(struct pieces *p, const struct ast *node, enum level level);

static void put_at(struct pieces *p, const char *text, uint32_t offset) {
  struct piece piece = {text, p->gap, p->order, p->broken, offset};
  vec_push(p->arena, &p->list, piece);
  p->gap = TOUCH;
  p->broken = false;
}

static void put(struct pieces *p, const char *text) { put_at(p, text, 0); }

static void gap(struct pieces *p, enum gap gap, enum level level) {
  p->gap = gap;
  p->order = p->nested * LEVELS + (int)level;
}

static void put_open(struct pieces *p, const char *bracket, uint32_t offset) {
  put_at(p, bracket, offset);
  p->nested++;
}

static void put_close(struct pieces *p, const char *bracket, struct span span) {
  p->nested--;
  put_at(p, bracket, span.end - 1);
}

static void comma(struct pieces *p) {
  put(p, ",");
  gap(p, BREAK, PIPES);
}

static void prefix(struct pieces *p, const struct ast *node, const char *word, enum level level) {
  put_at(p, word, node->at.begin);
  gap(p, SPACE, PIPES);
  expression(p, node->kid[0], level);
}

static const char *quoted(struct pieces *p, const char *text) {
  char *out = arena_alloc(p->arena, 2 * strlen(text) + 3), *to = out;
  *to++ = '"';
  for (; *text; text++) {
    if (*text == '"' || *text == '\\' || *text == '\n') *to++ = '\\';
    *to++ = *text == '\n' ? 'n' : *text;
  }
  *to = '"';
  return out;
}

static enum level binary_level(enum ast_op op) {
  switch (op) {
  case OP_ADD:
  case OP_SUB: return SUMS;
  case OP_MUL:
  case OP_DIV:
  case OP_MATMUL: return PRODUCTS;
  case OP_POW: return POWERS;
  case OP_AND: return ANDS;
  case OP_OR: return ORS;
  case OP_WHERE:
  case OP_ELSE: return CLAUSES;
  default: return COMPARISONS;
  }
}

static bool in_parentheses(const struct pieces *p, const struct ast *node) {
  if (p->source->text[node->span.begin] != '(') return false;
  return node->kids == 0 || !node->kid[0] || node->kid[0]->span.begin > node->span.begin;
}

/* `x -> f on train`: the whole pipeline over the split. */
static bool pipeline_over(const struct pieces *p, const struct ast *node) {
  return node->kind == AST_ON && node->kid[0]->kind == AST_PIPE && !in_parentheses(p, node->kid[0]);
}

static enum level level_of(const struct pieces *p, const struct ast *node) {
  switch (node->kind) {
  case AST_PIPE:
  case AST_AS: return PIPES;
  case AST_ON: return pipeline_over(p, node) ? PIPES : OVERS;
  case AST_IF: return CHOICES;
  case AST_NOT: return NOTS;
  case AST_NEGATE: return UNARIES;
  case AST_STILL:
  case AST_LIVE:
  case AST_HELD: return PREFIXES;
  case AST_BINARY: return binary_level(node->op);
  default: return OPERANDS;
  }
}

/* ---- expressions ---- */

static void list(struct pieces *p, const struct ast *node, int from) {
  for (int i = from; i < node->kids; i++) {
    if (i > from) comma(p);
    expression(p, node->kid[i], CHOICES);
  }
}

static void pattern(struct pieces *p, const struct ast *node) {
  bool tuple = node->kids > 1 || p->source->text[node->span.begin] == '(';
  if (tuple) put_open(p, "(", node->span.begin);
  list(p, node, 0);
  if (tuple) put_close(p, ")", node->span);
}

static void comprehension(struct pieces *p, const struct ast *node) {
  expression(p, node->kid[0], CHOICES);
  gap(p, BREAK, PIPES);
  put(p, "for");
  gap(p, SPACE, PIPES);
  pattern(p, node->kid[1]);
  gap(p, SPACE, PIPES);
  put(p, "in");
  gap(p, SPACE, PIPES);
  expression(p, node->kid[2], CHOICES);
  if (!node->kid[3]) return;
  gap(p, BREAK, PIPES);
  put(p, "if");
  gap(p, SPACE, PIPES);
  expression(p, node->kid[3], CHOICES);
}

static bool line_between(const struct pieces *p, uint32_t begin, uint32_t end) {
  return end > begin && memchr(p->source->text + begin, '\n', end - begin);
}

/* How tightly the first part of a chain's link has to bind. */
static enum level first_level(const struct ast *link) {
  if (link->kind != AST_BINARY) return PIPES;
  enum level level = binary_level(link->op);
  return level == POWERS ? PREFIXES : level == COMPARISONS ? SUMS : level;
}

static void infix(struct pieces *p, const struct ast *node) {
  enum level level = binary_level(node->op);
  bool power = level == POWERS;
  if (!power) gap(p, BREAK, level);
  put_at(p, ast_operator(node->op), node->at.begin);
  if (!power) gap(p, SPACE, level);
  expression(p, node->kid[1], power ? UNARIES : level == COMPARISONS ? SUMS : level + 1);
}

static void link_of(struct pieces *p, const struct ast *node) {
  if (node->kind == AST_BINARY) {
    infix(p, node);
  } else if (node->kind == AST_AS) {
    gap(p, SPACE, PIPES);
    put(p, "as");
    gap(p, SPACE, PIPES);
    put_at(p, node->name, node->at.begin);
  } else {
    gap(p, BREAK, PIPES);
    p->broken = p->nested == 0 && line_between(p, node->kid[0]->span.end, node->at.begin);
    put_at(p, "->", node->at.begin);
    gap(p, SPACE, PIPES);
    expression(p, node->kid[1], CLAUSES);
  }
}

static bool wants_parentheses(const struct pieces *p, const struct ast *node, enum level level) {
  return level_of(p, node) < level || in_parentheses(p, node);
}

/* A chain of operators or arrows, up to where it has parentheses. */
static void chain(struct pieces *p, const struct ast *node) {
  VEC(const struct ast *) links = {0};
  vec_push(p->arena, &links, node);
  for (; ast_continues(node) && !wants_parentheses(p, node->kid[0], first_level(node)); node = node->kid[0])
    vec_push(p->arena, &links, node->kid[0]);
  expression(p, node->kid[0], first_level(node));
  while (links.n) link_of(p, links.at[--links.n]);
}

/* Whether a `v else w` stands open in an expression, where behind `then` it would be read as the choice's own. */
static bool holds_else(const struct pieces *p, const struct ast *node) {
  for (;;) {
    if (in_parentheses(p, node)) return false;
    bool where = node->kind == AST_BINARY && node->op == OP_WHERE;
    if (node->kind == AST_BINARY && node->op == OP_ELSE) return true;
    if (where || node->kind == AST_PIPE || node->kind == AST_AS || node->kind == AST_ON) node = node->kid[0];
    else if (node->kind == AST_IF) node = node->kid[2];
    else return false;
  }
}

static void choice(struct pieces *p, const struct ast *node) {
  static const char *const words[] = {"if", "then", "else"};
  for (int i = 0; i < 3; i++) {
    if (i) gap(p, BREAK, CHOICES);
    put(p, words[i]);
    gap(p, SPACE, CHOICES);
    expression(p, node->kid[i], i == 1 && holds_else(p, node->kid[i]) ? OPERANDS : CHOICES);
  }
}

static void named(struct pieces *p, const struct ast *node, const char *sign, const struct ast *value) {
  put_at(p, node->name, node->at.begin);
  gap(p, *sign == ':' ? TOUCH : SPACE, PIPES);
  put(p, sign);
  gap(p, SPACE, PIPES);
  expression(p, value, CHOICES);
}

static void bracketed(struct pieces *p, const char *brackets, const struct ast *node, int from, uint32_t begin) {
  char *open = arena_copy_string(p->arena, brackets, 1), *close = arena_copy_string(p->arena, brackets + 1, 1);
  put_open(p, open, begin);
  list(p, node, from);
  put_close(p, close, node->span);
}

/* The span of a call in parentheses ends behind them: what closes the call itself is not known then, and has no
 * place of its own. */
static void postfix(struct pieces *p, const struct ast *node, const char *brackets) {
  struct ast inner = *node;
  if (in_parentheses(p, node)) inner.span.end = node->kid[node->kids - 1]->span.end + 1;
  expression(p, node->kid[0], OPERANDS);
  bracketed(p, brackets, &inner, 1, 0);
}

static void bare(struct pieces *p, const struct ast *node) {
  switch (node->kind) {
  case AST_STRING: put_at(p, quoted(p, node->name), node->span.begin); break;
  case AST_KEY: put_at(p, arena_format(p->arena, ".%s", node->name), node->span.begin); break;
  case AST_LIST: bracketed(p, "[]", node, 0, node->span.begin); break;
  case AST_RECORD: bracketed(p, "{}", node, 0, node->span.begin); break;
  case AST_ENTRY: named(p, node, ":", node->kid[0]); break;
  case AST_CALL: postfix(p, node, "()"); break;
  case AST_ARGUMENT:
    if (node->name) named(p, node, "=", node->kid[0]);
    else expression(p, node->kid[0], CHOICES);
    break;
  case AST_INDEX: postfix(p, node, "[]"); break;
  case AST_SLICE:
    if (node->kid[0]) expression(p, node->kid[0], CHOICES);
    put_at(p, ":", node->at.begin);
    if (node->kid[1]) expression(p, node->kid[1], CHOICES);
    if (node->kid[2]) put(p, ":");
    if (node->kid[2]) expression(p, node->kid[2], CHOICES);
    break;
  case AST_FIELD: {
    bool digits = node->kid[0]->kind == AST_NUMBER && !in_parentheses(p, node->kid[0]);
    if (digits) put(p, "(");
    expression(p, node->kid[0], OPERANDS);
    put(p, digits ? ")." : ".");
    put_at(p, node->name, node->at.begin);
    break;
  }
  case AST_TRANSPOSE:
    expression(p, node->kid[0], OPERANDS);
    put(p, "'");
    break;
  case AST_NEGATE:
    put_at(p, "-", node->at.begin);
    expression(p, node->kid[0], UNARIES);
    break;
  case AST_NOT: prefix(p, node, "not", NOTS); break;
  case AST_STILL: prefix(p, node, "still", PREFIXES); break;
  case AST_LIVE: prefix(p, node, "live", PREFIXES); break;
  case AST_HELD: prefix(p, node, "held", PREFIXES); break;
  case AST_BINARY:
  case AST_PIPE:
  case AST_AS: chain(p, node); break;
  case AST_IF: choice(p, node); break;
  case AST_ON:
    expression(p, node->kid[0], pipeline_over(p, node) ? PIPES : OPERANDS);
    gap(p, SPACE, PIPES);
    put(p, "on");
    gap(p, SPACE, PIPES);
    put_at(p, node->name, node->at.begin);
    break;
  case AST_FOR: comprehension(p, node); break;
  case AST_REST: put_at(p, "..", node->span.begin); break;
  default: put_at(p, node->name, node->span.begin); break; /* NUMBER, NAME */
  }
}

static void expression(struct pieces *p, const struct ast *node, enum level level) {
  if (!wants_parentheses(p, node, level)) {
    bare(p, node);
    return;
  }
  put_open(p, "(", node->span.begin);
  bare(p, node);
  put_close(p, ")", node->span);
}

/* ---- statements ---- */

static void word(struct pieces *p, const char *text) {
  put(p, text);
  gap(p, SPACE, PIPES);
}

static void word_at(struct pieces *p, const char *text, struct span span) {
  put_at(p, text, span.begin);
  gap(p, SPACE, PIPES);
}

static void shape(struct pieces *p, const struct ast *node) {
  if (node) bracketed(p, "[]", node, 0, node->span.begin);
}

static void parameters(struct pieces *p, const struct ast *node) {
  if (!node) return;
  p->gap = TOUCH;
  put_open(p, "(", node->span.begin);
  for (int i = 0; i < node->kids; i++) {
    const struct ast *parameter = node->kid[i];
    if (i) comma(p);
    put_at(p, parameter->name, parameter->at.begin);
    shape(p, parameter->kid[1]);
    if (!parameter->kid[0]) continue;
    gap(p, SPACE, PIPES);
    word(p, "=");
    expression(p, parameter->kid[0], CHOICES);
  }
  put_close(p, ")", node->span);
  gap(p, SPACE, PIPES);
}

/* `name = value`, `name[key] = value` and the like; sizes and keys may be NULL. */
static void definition(struct pieces *p, const struct ast *node, const struct ast *sizes, const struct ast *keys,
                       const char *sign, const struct ast *value) {
  put_at(p, node->name, node->at.begin);
  shape(p, sizes);
  if (keys) bracketed(p, "[]", keys, 0, 0);
  gap(p, SPACE, PIPES);
  word(p, sign);
  expression(p, value, CHOICES);
}

bool is_one_expression(const struct ast *body) { return body->kids == 1 && body->kid[0]->kind == AST_RETURN; }

const struct ast *statement_body(const struct ast *node, int *first) {
  *first = 0;
  switch (node->kind) {
  case AST_BLOCK:
  case AST_RULE:
  case AST_LOOP: return node->kid[2];
  case AST_DEF: return is_one_expression(node->kid[1]) ? NULL : node->kid[1];
  case AST_VARIANT:
  case AST_STAGE: return node->kid[1];
  case AST_MINIMIZE:
  case AST_MAXIMIZE:
  case AST_TRAIN:
  case AST_EVALUATE: return node;
  case AST_WATCH: *first = node->kids && node->kid[0]->kind == AST_EVERY; return node;
  default: return NULL;
  }
}

static void braces(struct pieces *p, const struct ast *node, bool header) {
  int first;
  const struct ast *body = statement_body(node, &first);
  gap(p, SPACE, PIPES);
  put_open(p, "{", 0);
  if (header) return;
  bool one = node->kind == AST_BLOCK && is_one_expression(body);
  for (int i = first; i < body->kids; i++) {
    gap(p, i > first ? WIDE : SPACE, PIPES);
    if (one) expression(p, body->kid[i]->kid[0], CHOICES);
    else statement_pieces(p, body->kid[i], false);
  }
  gap(p, SPACE, PIPES);
  put_close(p, "}", body->span);
}

static void train_item(struct pieces *p, const struct ast *node) {
  if (node->kind == AST_KEEP) {
    word_at(p, "keep", node->at);
    list(p, node, 0);
  } else if (node->kind == AST_KEEP_BEST) {
    word_at(p, "keep", node->span);
    word_at(p, node->name, node->at);
    expression(p, node->kid[0], CHOICES);
  } else if (node->kind == AST_STOP) {
    word_at(p, "stop", node->at);
    word(p, "after");
    expression(p, node->kid[0], CHOICES);
    gap(p, SPACE, PIPES);
    word(p, "without");
    word(p, node->name);
    expression(p, node->kid[1], CHOICES);
  } else if (node->kind == AST_TRAIN_ONLY) {
    list(p, node, 1);
    gap(p, SPACE, PIPES);
    word_at(p, "with", node->at);
    expression(p, node->kid[0], CHOICES);
  } else if (node->kind == AST_TURN) {
    if (node->kid[1]) {
      expression(p, node->kid[1], OPERANDS);
      gap(p, SPACE, PIPES);
      word(p, "times");
    }
    put_at(p, node->name, node->at.begin);
    word(p, ":");
    train_item(p, node->kid[0]);
  } else if (node->kind == AST_WRITTEN) {
    if (node->name) word_at(p, node->name, node->at);
    expression(p, node->kid[0], OPERANDS);
    gap(p, SPACE, PIPES);
    word(p, "<-");
    expression(p, node->kid[1], CHOICES);
  } else if (!node->kid[0]) {
    word_at(p, node->name, node->at);
    put(p, "last");
  } else {
    word_at(p, node->name, node->at);
    expression(p, node->kid[0], CHOICES);
    if (!node->kid[1]) return;
    gap(p, SPACE, PIPES);
    word(p, "of");
    list(p, node->kid[1], 0);
  }
}

static void headed(struct pieces *p, const char *head, const struct ast *node, bool header) {
  word_at(p, head, node->span);
  if ((node->kind == AST_EVALUATE || node->kind == AST_TRAIN) && node->name) word(p, "on");
  if (node->name) word_at(p, node->name, node->at);
  braces(p, node, header);
}

static void watch(struct pieces *p, const struct ast *node, bool header) {
  const struct ast *every = node->kids && node->kid[0]->kind == AST_EVERY ? node->kid[0] : NULL;
  word_at(p, "watch", node->span);
  word(p, "on");
  word_at(p, node->name, node->at);
  if (every) {
    word_at(p, "every", every->span);
    expression(p, every->kid[0], CHOICES);
    gap(p, SPACE, PIPES);
    word(p, every->name);
  }
  braces(p, node, header);
}

static void def(struct pieces *p, const struct ast *node, bool header) {
  word_at(p, "def", node->span);
  word_at(p, node->name, node->at);
  parameters(p, node->kid[0]);
  if (!is_one_expression(node->kid[1])) {
    braces(p, node, header);
    return;
  }
  word(p, "=");
  expression(p, node->kid[1]->kid[0]->kid[0], CHOICES);
}

static void block(struct pieces *p, const char *head, const struct ast *node, bool header) {
  word_at(p, head, node->span);
  word_at(p, node->name, node->at);
  parameters(p, node->kid[0]);
  parameters(p, node->kid[1]);
  braces(p, node, header);
}

static void loop(struct pieces *p, const struct ast *node, bool header) {
  word_at(p, "for", node->span);
  pattern(p, node->kid[0]);
  gap(p, SPACE, PIPES);
  word(p, "in");
  expression(p, node->kid[1], CHOICES);
  if (node->kid[3]) {
    gap(p, SPACE, CHOICES);
    word(p, "if");
    expression(p, node->kid[3], CHOICES);
  }
  braces(p, node, header);
}

static void variant_or_stage(struct pieces *p, const struct ast *node, bool header) {
  word_at(p, node->kind == AST_VARIANT ? "variant" : "stage", node->span);
  word_at(p, node->name, node->at);
  if (node->kind == AST_VARIANT && node->kid[0]) expression(p, node->kid[0], CHOICES);
  if (node->kind == AST_STAGE) {
    parameters(p, node->kid[0]);
    if (node->kid[2]) {
      word(p, "after");
      put_at(p, node->kid[2]->name, node->kid[2]->span.begin);
    }
  }
  braces(p, node, header);
}

static void row_variable(struct pieces *p, const struct ast *node) {
  word_at(p, "variable", node->span);
  put_at(p, node->name, node->at.begin);
  shape(p, node->kid[0]);
  gap(p, SPACE, PIPES);
  word(p, "for");
  word_at(p, node->kid[2]->name, node->kid[2]->span);
  word(p, ast_operator(node->op));
  expression(p, node->kid[1], CHOICES);
}

static void weight(struct pieces *p, const char *head, const struct ast *node) {
  word_at(p, head, node->span);
  definition(p, node, node->kid[0], NULL, ast_operator(node->op), node->kid[1]);
}

static void head_definition(struct pieces *p, const char *head, const struct ast *node) {
  word_at(p, head, node->span);
  definition(p, node, NULL, NULL, "=", node->kid[0]);
}

void statement_pieces(struct pieces *p, const struct ast *node, bool header) {
  switch (node->kind) {
  case AST_DATA: head_definition(p, "data", node); break;
  case AST_VIEW: head_definition(p, "view", node); break;
  case AST_OPTION:
    head_definition(p, "option", node);
    if (!node->kid[1]) break;
    gap(p, BREAK, PIPES);
    expression(p, node->kid[1], CHOICES);
    break;
  case AST_BLOCK: block(p, "block", node, header); break;
  case AST_RULE: block(p, "rule", node, header); break;
  case AST_DEF: def(p, node, header); break;
  case AST_BIND: definition(p, node, NULL, node->kid[1], "=", node->kid[0]); break;
  case AST_DRAW: definition(p, node, NULL, NULL, "~", node->kid[0]); break;
  case AST_WRITE: definition(p, node, NULL, NULL, "<-", node->kid[0]); break;
  case AST_PARAM: weight(p, "param", node); break;
  case AST_STATE: weight(p, "state", node); break;
  case AST_VARIABLE: row_variable(p, node); break;
  case AST_RETURN:
  case AST_SHOW:
    word_at(p, node->kind == AST_RETURN ? "return" : "show", node->span);
    expression(p, node->kid[0], CHOICES);
    break;
  case AST_LOOP: loop(p, node, header); break;
  case AST_MINIMIZE: headed(p, "minimize", node, header); break;
  case AST_MAXIMIZE: headed(p, "maximize", node, header); break;
  case AST_EVALUATE: headed(p, "evaluate", node, header); break;
  case AST_WATCH: watch(p, node, header); break;
  case AST_TRAIN: headed(p, "train", node, header); break;
  case AST_TERM:
    definition(p, node, NULL, node->kid[2], "=", node->kid[0]);
    if (!node->kid[1]) break;
    gap(p, BREAK, PIPES);
    word(p, "weight");
    expression(p, node->kid[1], CHOICES);
    break;
  case AST_TRAIN_ITEM:
  case AST_TRAIN_ONLY:
  case AST_TURN:
  case AST_WRITTEN:
  case AST_KEEP:
  case AST_KEEP_BEST:
  case AST_STOP: train_item(p, node); break;
  case AST_CALL_ITEM: expression(p, node->kid[0], CHOICES); break;
  case AST_VARIANT:
  case AST_STAGE: variant_or_stage(p, node, header); break;
  case AST_WITHOUT:
    word_at(p, "without", node->span);
    list(p, node, 0);
    break;
  case AST_USE:
    word_at(p, "use", node->span);
    put_at(p, quoted(p, node->name), node->at.begin);
    break;
  default: expression(p, node, CHOICES); break;
  }
}
