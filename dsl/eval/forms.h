/* Evaluation: expressions, names that are needed, calls, instances.
 *
 * Everything in it needs everything else: a call runs a body, whose expressions are calls.  What closes the circle is one
 * table, struct forms, in which each kind of the tree has the function that evaluates it (lower/forms.c).  eval, force and
 * run_body look there; all others call downwards. */
#ifndef DSL_FORMS_H
#define DSL_FORMS_H
#include "dsl/eval/elab.h"

struct arguments { /* evaluated, in order; names NULL where given by place */
  VEC(struct value) values;
  VEC(const char *) names;
  VEC(struct span) spans;
  VEC(const struct ast *) asts;
  struct scope *scope; /* where asts were found */
};
enum { MOST_ARGUMENTS = 8 }; /* of a function of the core */

typedef struct value evaluation(struct elab *e, struct scope *scope, const struct ast *ast);
typedef void execution(struct elab *e, struct scope *scope, const struct ast *ast);

struct forms {
  evaluation *expression[AST_KINDS]; /* its value, where it stands */
  evaluation *definition[AST_KINDS]; /* the value of the name that the statement defines */
  execution *statement[AST_KINDS];   /* what it does in a body */
  /* A stage that is called in evaluate. */
  struct value (*call_stage)(struct elab *e, struct value stage, struct arguments *arguments, struct scope *scope,
                             const struct ast *place);
  /* Sets a new weight or state up: the statement and its variable. */
  void (*initial_value)(struct elab *e, struct scope *scope, const struct ast *ast, uint32_t variable);
};

/* eval.c */
evaluation eval;
struct value eval_number(struct elab *e, struct scope *scope, const struct ast *ast, const char *what);

/* force.c */
struct value force(struct elab *e, struct binding *binding);

/* expr.c, list.c, index.c, call.c */
evaluation eval_number_literal, eval_string, eval_key, eval_name, eval_field, eval_transpose, eval_negate, eval_not,
    eval_chain, eval_if, eval_mode;
evaluation eval_name_or_key; /* in a list or an index, where a name that nothing defines is a key */
evaluation eval_list, eval_record, eval_generator, eval_index, eval_call;
/* The name of `name[keys] = e` or `name = e` where it stands: with a key for every loop around it. */
const char *keyed_name(struct elab *e, struct scope *scope, const char *name, const struct ast *keys);
void walk_items(struct elab *e, struct scope *scope, const struct ast *list, int from,
                void (*visit)(struct elab *, struct scope *, const struct ast *, void *), void *context);
void refuse_tap(struct elab *e, const struct ast *as); /* outside of a block */

/* definition.c, data.c */
evaluation define_data, define_option, define_view, define_name, define_closure, define_parameter;
bool data_are_known(const struct elab *e); /* no statement's set is missing */
/* The table of a statement, where it is known already, else NULL. */
const struct data_set *chosen_set(const struct elab *e, const struct ast *statement);
struct value table_field(struct elab *e, const struct data_set *set, const char *name, struct span span);

/* field.c */
struct value field_of(struct elab *e, struct value base, const char *name, struct span span);

/* arguments.c */
void add_argument(struct elab *e, struct arguments *arguments, const char *name, struct value value,
                  const struct ast *ast, struct span span);
bool gather_arguments(struct elab *e, struct scope *scope, const struct ast *call, int from, bool lazy,
                      struct arguments *out);
/* Which argument each parameter gets, counted from 1, and 0 for its default; NULL after an error. */
int *match_parameters(struct elab *e, const struct ast *parameters, struct arguments *arguments, const char *called,
                      struct span span);
bool bind_parameters(struct elab *e, const struct ast *parameters, struct arguments *arguments, struct scope *into,
                     const char *called, struct span span, bool lazy);
/* Puts the arguments of a function of the core into `in`, in the order of its parameters; in[k] is an error where none
 * is given.  How many there are, or -1 after an error.  With NULL it only looks. */
int match_builtin(struct elab *e, const struct builtin *f, struct arguments *arguments, struct span span,
                  struct value *in);

/* body.c */
bool call_enter(struct elab *e, const struct ast *closure, struct span span); /* else reported */
void call_leave(struct elab *e);
execution run_definition;
void run_statements(struct elab *e, struct scope *scope, const struct ast *body); /* all but the result */
struct value run_body(struct elab *e, struct scope *scope, const struct ast *body);

/* instance.c */
void refuse_ownership(struct elab *e, const char *block, enum ast_kind body, struct span span); /* of a def or rule */
void refuse_settings(struct elab *e, const char *block, struct span span);  /* of a block that has none */
struct value instance_of(struct elab *e, struct value block, struct arguments *settings, struct scope *scope,
                         const struct ast *place);
struct value apply_instance(struct elab *e, struct instance *instance, struct arguments *arguments, struct span span);

/* call.c */
struct value call_value(struct elab *e, struct value callee, struct arguments *arguments, struct scope *scope,
                        const struct ast *place);
/* What a name means where it is read: `def f = e` is called, a clock is read. */
struct value read_name(struct elab *e, struct binding *binding, struct span span);
struct value pipe_link(struct elab *e, struct scope *scope, const struct ast *pipe, struct value v); /* v -> ... */

/* compose.c: a pipeline that starts with a block or an instance is itself an instance */
bool starts_with_block(struct elab *e, struct scope *scope, const struct ast *pipe);
struct value compose(struct elab *e, struct scope *scope, const struct ast *pipe);

/* weights.c */
execution run_parameter, run_draw, write_state;
struct value draw(struct elab *e, struct value law, struct shape shape, bool level, uint64_t key, struct span span);
void no_law(struct elab *e, const struct value *value, struct span span); /* reported: not what '~' draws from */
/* Reports a weight or state whose initial value needs itself. */
struct value needs_itself(struct elab *e, const struct instance *owner, const char *name, struct span span);
struct span weight_place(const struct elab *e, uint32_t variable, struct span otherwise);
void refuse_write(struct elab *e, const struct ast *write, bool weight); /* to something that is no state */

/* applied.c: where an instance has not been applied in the unit, but is somewhere in the text */
void apply_somewhere(struct elab *e, struct instance *instance);
void settle_sites(struct elab *e); /* of what was only rehearsed, the first place stands for all */

#endif
