/* Builds the tree, bottom-up. */
#include "grammar/build.h"

#define KIDS(...) \
  (int)(sizeof((struct ast *[]){__VA_ARGS__}) / sizeof(struct ast *)), (struct ast *[]) { __VA_ARGS__ }

void build_too_deep(struct reader *reader, struct span span) {
  if (reader->stopped) return;
  reader->stopped = true;
  diag_error(reader->diags, DIAG_E0102, span, "this is nested more than %d deep", DEPTH_LIMIT);
  diag_hint(reader->diags, "give an intermediate value a name and go on from there");
}

/* The node with its kids, or the first of them where they are too deep. */
static struct ast *with_kids(struct reader *reader, struct ast *node, int kids, struct ast *const *kid) {
  for (int i = 0; i < kids; i++) ast_add(reader->arena, node, kid[i]);
  if (node->depth <= DEPTH_LIMIT) return node;
  build_too_deep(reader, node->at);
  for (int i = 0; i < kids; i++) {
    if (kid[i]) return kid[i];
  }
  return node;
}

struct ast *build(struct reader *reader, enum ast_kind kind, struct span span, struct span at, const char *name,
                  int kids, struct ast *const *kid) {
  struct ast *node = ast_new(reader->arena, kind, span);
  node->at = at;
  node->name = name;
  return with_kids(reader, node, kids, kid);
}

struct ast *build_add(struct reader *reader, struct ast *list, struct ast *item) {
  if (!item) {
    list->number = 1; /* incomplete: see check_body */
  } else if (item->depth >= DEPTH_LIMIT) {
    build_too_deep(reader, item->at);
  } else {
    ast_add(reader->arena, list, item);
    list->span.end = item->span.end;
  }
  return list;
}

struct ast *build_number(struct reader *reader, const struct token *token) {
  struct ast *node = build(reader, AST_NUMBER, token->span, token->span, token->name, 0, NULL);
  node->number = token->number;
  return node;
}

struct ast *build_binary(struct reader *reader, enum ast_op op, struct span span, struct span at, struct ast *left,
                         struct ast *right) {
  struct ast *node = ast_new(reader->arena, AST_BINARY, span);
  node->at = at;
  node->op = op;
  return with_kids(reader, node, KIDS(left, right));
}

struct ast *build_on(struct reader *reader, struct span span, struct ast *value, const struct token *split,
                     struct span at) {
  if (value->kind == AST_NUMBER && value->span.begin == value->at.begin) {
    diag_error(reader->diags, DIAG_E0113, value->span, "'on %s' belongs to the number before it alone", split->name);
    diag_hint(reader->diags, "write brackets around all that is computed there: `(mean(x, batch) / 255) on %s`",
              split->name);
  }
  return build(reader, AST_ON, span, at, split->name, KIDS(value));
}

/* What is written behind the last part of a pipeline is said of the whole: `x -> f on train`, `x -> f where m`. */
static bool is_clause(const struct reader *reader, const struct ast *to) {
  bool clause = to->kind == AST_ON || (to->kind == AST_BINARY && (to->op == OP_WHERE || to->op == OP_ELSE));
  return clause && reader->text->text[to->span.begin] != '(';
}

struct ast *build_pipe(struct reader *reader, struct span span, struct span at, struct ast *from, struct ast *to) {
  if (is_clause(reader, to)) {
    struct span whole = {span.source, span.begin, to->kid[0]->span.end};
    struct ast *pipe = build_pipe(reader, whole, at, from, to->kid[0]);
    if (to->kind == AST_ON) return build(reader, AST_ON, span, to->at, to->name, KIDS(pipe));
    return build_binary(reader, to->op, span, to->at, pipe, to->kid[1]);
  }
  if (to->kind != AST_NAME && to->kind != AST_FIELD && to->kind != AST_CALL) {
    diag_error(reader->diags, DIAG_E0109, to->span, "a pipeline cannot go into %s", ast_called(to->kind));
    diag_hint(reader->diags, "the right side of `->` is a name, a field or a call");
  }
  return build(reader, AST_PIPE, span, at, NULL, KIDS(from, to));
}

/* Puts `first` before the kids of a list. */
static struct ast *lead(struct reader *reader, enum ast_kind kind, struct span span, struct ast *first,
                        struct ast *items) {
  struct ast *node = ast_new(reader->arena, kind, span);
  node->at = first->at;
  ast_add(reader->arena, node, first);
  for (int i = 0; i < items->kids; i++) ast_add(reader->arena, node, items->kid[i]);
  if (node->depth <= DEPTH_LIMIT) return node;
  build_too_deep(reader, first->at);
  return first;
}

struct ast *build_call(struct reader *reader, struct span span, struct ast *callee, struct ast *items) {
  return lead(reader, AST_CALL, span, callee, items);
}

struct ast *build_index(struct reader *reader, struct span span, struct ast *base, struct ast *items) {
  return lead(reader, AST_INDEX, span, base, items);
}

struct ast *build_block(struct reader *reader, enum ast_kind kind, struct span span, const struct token *name,
                        struct ast *groups, struct ast *body) {
  check_body(reader, kind == AST_RULE ? IN_RULE : IN_BLOCK, body);
  struct ast *settings = groups->kids > 1 ? groups->kid[0] : NULL, *inputs = groups->kid[groups->kids - 1];
  return build(reader, kind, span, name->span, name->name, KIDS(settings, inputs, body));
}

struct ast *build_def(struct reader *reader, struct span span, const struct token *name, struct ast *parameters,
                      struct ast *body) {
  if (body->kind != AST_BODY) body = build(reader, AST_BODY, body->span, body->span, NULL, KIDS(body));
  check_body(reader, IN_DEF, body);
  return build(reader, AST_DEF, span, name->span, name->name, KIDS(parameters, body));
}

struct ast *build_weight(struct reader *reader, enum ast_kind kind, enum ast_op op, struct span span,
                         const struct token *name, struct ast *shape, struct ast *value) {
  struct ast *node = build(reader, kind, span, name->span, name->name, KIDS(shape, value));
  if (node->kind == kind) node->op = op;
  return node;
}

struct ast *build_row_variable(struct reader *reader, enum ast_op op, struct span span, const struct token *name,
                               struct ast *shape, const struct token *table, struct ast *value) {
  struct ast *of = build(reader, AST_NAME, table->span, table->span, table->name, 0, NULL);
  struct ast *node = build(reader, AST_VARIABLE, span, name->span, name->name, KIDS(shape, value, of));
  if (node->kind == AST_VARIABLE) node->op = op;
  return node;
}

struct ast *build_definition(struct reader *reader, struct span span, struct ast *target, struct ast *value,
                             struct ast *weight) {
  struct ast *key = NULL, *name = target;
  if (target->kind == AST_INDEX) {
    name = target->kid[0];
    struct span inside = {target->span.source, target->kid[1]->span.begin, target->span.end};
    key = build(reader, AST_KEYS, inside, inside, NULL, target->kids - 1, target->kid + 1);
    for (int i = 1; i < target->kids; i++) {
      if (target->kid[i]->kind != AST_SLICE) continue;
      diag_error(reader->diags, DIAG_E0112, target->kid[i]->span, "'%s' is defined for a slice", name->name);
      diag_hint(reader->diags, "write `%s[k] = ...` with the key of the loop", name->name);
    }
  }
  if (weight) return build(reader, AST_TERM, span, name->span, name->name, KIDS(value, weight, key));
  return build(reader, AST_BIND, span, name->span, name->name, KIDS(value, key));
}

struct ast *build_terms(struct reader *reader, enum ast_kind kind, struct span span, struct span at,
                        const struct token *name, struct ast *body) {
  check_body(reader, kind == AST_EVALUATE ? IN_EVALUATE : IN_TERMS, body);
  body->kind = kind;
  body->span = span;
  body->at = name ? name->span : at;
  body->name = name ? name->name : NULL;
  return body;
}

struct ast *build_watch(struct reader *reader, struct span span, const struct token *split, struct ast *every,
                        struct ast *body) {
  check_body(reader, IN_WATCH, body);
  struct ast *node = ast_new(reader->arena, AST_WATCH, span);
  node->at = split->span;
  node->name = split->name;
  node->number = body->number;
  if (every) ast_add(reader->arena, node, every);
  return with_kids(reader, node, body->kids, body->kid);
}

struct ast *build_show(struct reader *reader, struct span span, struct ast *call) {
  if (call->kind != AST_CALL) {
    diag_error(reader->diags, DIAG_E0110, call->span, "'show' is followed by a call, not %s", ast_called(call->kind));
    diag_hint(reader->diags, "for example `show images(x, y)`");
    return NULL;
  }
  return build(reader, AST_SHOW, span, call->at, NULL, KIDS(call));
}

struct ast *build_only(struct reader *reader, struct span span, struct span at, struct ast *what, struct ast *rule) {
  struct ast *node = lead(reader, AST_TRAIN_ONLY, span, rule, what);
  node->at = at;
  return node;
}

struct ast *build_setting_equal(struct reader *reader, struct span span, struct span equal, const struct token *word,
                                struct ast *value) {
  diag_error(reader->diags, DIAG_E0107, equal, "unexpected '=' after '%s'", word->name);
  diag_hint(reader->diags, "a training setting is its word and its value: write `%s %s`", word->name,
            value->kind == AST_NUMBER ? value->name : "...");
  return build(reader, AST_TRAIN_ITEM, span, word->span, word->name, KIDS(value, NULL));
}

struct ast *build_train_on(struct span span, struct span at, const struct token *split, struct ast *items) {
  items->span = span;
  items->at = at;
  items->name = split->name;
  return items;
}

struct ast *build_unknown_setting(struct reader *reader, const struct token *word) {
  static const char *const settings[] = {"epochs", "batch", "optimizer", "clip", "drop", "keep", "stop"};
  /* as others call it, and ours */
  static const char *const elsewhere[][2] = {{"batch_size", "batch"},
                                             {"num_epochs", "epochs"},
                                             {"max_epochs", "epochs"},
                                             {"clip_norm", "clip"},
                                             {"drop_last", "drop last"},
                                             {"early_stopping", "stop after 10 without lower NAME"},
                                             {"patience", "stop after 10 without lower NAME"}};
  const char *near = nearest(word->name, settings, sizeof settings / sizeof *settings);
  for (size_t k = 0; k < sizeof elsewhere / sizeof *elsewhere; k++)
    if (!strcmp(word->name, elsewhere[k][0])) near = elsewhere[k][1];
  diag_error(reader->diags, DIAG_E0111, word->span, "'%s' is not a training setting", word->name);
  if (near) diag_hint(reader->diags, "did you mean '%s'?", near);
  else diag_hint(reader->diags, "settings of the optimizer stand in its call: `optimizer adam(lr = 0.01)`");
  return NULL;
}
