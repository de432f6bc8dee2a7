/* What the grammar's actions call to build the tree.  Optional kids may be NULL.
 *
 * Depth is checked here, once: a node that would nest deeper than DEPTH_LIMIT is reported, is not built (its
 * first kid stands for it), and nothing after it is read.
 *
 * Ownership: the tree belongs to the arena of the compile. */
#ifndef GRAMMAR_BUILD_H
#define GRAMMAR_BUILD_H
#include "grammar/reader.h"

struct ast *build(struct reader *reader, enum ast_kind kind, struct span span, struct span at, const char *name,
                  int kids, struct ast *const *kid);
void build_too_deep(struct reader *reader, struct span span);
/* Adds to a list; a NULL item is a broken statement, and marks the list as incomplete. */
struct ast *build_add(struct reader *reader, struct ast *list, struct ast *item);

struct ast *build_number(struct reader *reader, const struct token *token);
struct ast *build_binary(struct reader *reader, enum ast_op op, struct span span, struct span at, struct ast *left,
                         struct ast *right);
struct ast *build_on(struct reader *reader, struct span span, struct ast *value, const struct token *split,
                     struct span at);
struct ast *build_pipe(struct reader *reader, struct span span, struct span at, struct ast *from, struct ast *to);
/* items: a node whose kids are the arguments or indices. */
struct ast *build_call(struct reader *reader, struct span span, struct ast *callee, struct ast *items);
struct ast *build_index(struct reader *reader, struct span span, struct ast *base, struct ast *items);

/* groups: settings (or NULL) and inputs. */
struct ast *build_block(struct reader *reader, enum ast_kind kind, struct span span, const struct token *name,
                        struct ast *groups, struct ast *body);
/* body: a BODY, or an expression. */
struct ast *build_def(struct reader *reader, struct span span, const struct token *name, struct ast *parameters,
                      struct ast *body);
struct ast *build_weight(struct reader *reader, enum ast_kind kind, enum ast_op op, struct span span,
                         const struct token *name, struct ast *shape, struct ast *value);
/* `name = e` and `name[key] = e`, a TERM where it has a weight. */
struct ast *build_row_variable(struct reader *reader, enum ast_op op, struct span span, const struct token *name,
                               struct ast *shape, const struct token *table, struct ast *value);
struct ast *build_definition(struct reader *reader, struct span span, struct ast *target, struct ast *value,
                             struct ast *weight);
/* minimize, maximize, evaluate; name may be NULL. */
struct ast *build_terms(struct reader *reader, enum ast_kind kind, struct span span, struct span at,
                        const struct token *name, struct ast *body);
struct ast *build_watch(struct reader *reader, struct span span, const struct token *split, struct ast *every,
                        struct ast *body);
struct ast *build_show(struct reader *reader, struct span span, struct ast *call);
struct ast *build_only(struct reader *reader, struct span span, struct span at, struct ast *what, struct ast *rule);
/* train on SPLIT { items }; at: of the split. */
struct ast *build_train_on(struct span span, struct span at, const struct token *split, struct ast *items);
struct ast *build_setting_equal(struct reader *reader, struct span span, struct span equal, const struct token *word,
                                struct ast *value);
struct ast *build_unknown_setting(struct reader *reader, const struct token *word);

/* Where statements may stand.  check_body reports the statements of a body that do not belong there and
 * takes them out, gives a body that is one expression its RETURN, and turns definitions among loss terms into
 * TERMs. */
enum location { IN_FILE, IN_VARIANT, IN_STAGE, IN_BLOCK, IN_DEF, IN_RULE, IN_TERMS, IN_EVALUATE, IN_WATCH, LOCATIONS };
struct ast *check_body(struct reader *reader, enum location location, struct ast *body);

#endif
