/* Scopes, names and frames; nothing is evaluated. */
#ifndef DSL_SCOPE_H
#define DSL_SCOPE_H
#include "dsl/eval/context.h"

struct scope *scope_new(const struct context *e, struct scope *parent, struct instance *owner);
struct binding *scope_find_here(struct scope *scope, const char *name);
struct binding *bind_value(const struct context *e, struct scope *scope, const char *name, struct value value,
                           struct span span);
struct binding *bind_lazy(const struct context *e, struct scope *scope, const char *name, const struct ast *ast,
                          struct scope *where);
struct binding *lookup(struct scope *scope, const char *name);
/* A new frame: with a path of its own, of a name, of a call within the running one. */
struct frame *frame_begin(const struct context *e, const char *path);
struct frame *frame_of(const struct context *e, const struct scope *scope, const char *name);
/* Counts the name, and how often it was met with this time. */
int ordinal_of(const struct context *e, tallies *met, const char *name);
struct frame *frame_call(const struct context *e, const char *name);   /* names of one text are one pointer */
void check_parameters(const struct context *e, const struct ast *ast); /* of a def, block, rule or stage */
void unknown_name(const struct context *e, struct scope *scope, const char *name, struct span span);
bool defined_before(const struct context *e, struct scope *scope, const struct ast *s); /* reported */
bool refuse_loop(const struct context *e, const struct ast *s); /* `for` and keys where they mean nothing: reported */
void declare_statements(const struct context *e, struct scope *scope, const struct ast *list, int from);

#endif
