/* What the command line says in the place of the model's own text: the tree is changed before it is evaluated, so that
 * the text of a run says it as well.
 *
 * Ownership: nodes live in the arena of the compile. */
#ifndef DSL_OVERRIDE_H
#define DSL_OVERRIDE_H
#include "dsl/eval/context.h"
#include "dsl/lower/compile.h"

/* Nodes in the place of another.  A number has the shortest spelling that reads back as the same number. */
struct ast *literal_node(const struct context *e, const struct ast *old, enum ast_kind kind, const char *name);
struct ast *number_node(const struct context *e, const struct ast *old, double value);

/* --epochs and --batch of the statements of a stage; with --stage, of that stage alone. */
void override_train(const struct context *e, struct ast *list, const char *stage,
                    const struct compile_settings *settings);

/* The fold that is measured: in the file's only `split`, or in one of the table that no other table is made of. */
void override_folds(const struct context *e, struct ast *file, const struct compile_settings *settings);

/* After evaluation: that the table which is read has the rows of the folds. */
void check_folds(const struct context *e, struct ast *file, const struct compile_settings *settings);

#endif
