/* Evaluation: expressions, names that are needed, calls, instances.
 *
 * Everything in it needs everything else: a call runs a body, whose expressions are calls.  What closes the circle is
 * one table, struct forms, in which each kind of the tree has the function that evaluates it (lower/forms.c).  eval,
 * force and run_body look there; all others call downwards. */
#ifndef DSL_FORMS_H
#define DSL_FORMS_H
#include "dsl/eval/builtin.h"
#include "dsl/eval/scope.h"

struct arguments { /* evaluated, in order; names NULL where given by place */
  VEC(struct value) values;
  VEC(const char *) names;
  VEC(struct span) spans;
  VEC(const struct ast *) asts;
  struct scope *scope; /* where asts were found */
};
enum { MOST_ARGUMENTS = 12 }; /* of a function of the core */

typedef struct value evaluation(const struct context *e, const struct ast *ast);
typedef void execution(const struct context *e, const struct ast *ast);
/* Of a core_form: as a builtin, and the call that stands for it in the text. */
typedef struct value core_call(const struct context *e, const struct builtin *self, struct value *in,
                               const struct ast *location);

struct forms {
  evaluation *expression[AST_KINDS]; /* its value, where it stands */
  evaluation *definition[AST_KINDS]; /* the value of the name that the statement defines */
  execution *statement[AST_KINDS];   /* what it does in a body */
  core_call *function[CORE_FORMS];
  /* A stage that is called in evaluate. */
  struct value (*call_stage)(const struct context *e, struct value stage, struct arguments *arguments,
                             const struct ast *location);
  /* Before an average is applied: makes its states like what it follows, which is applied first. False after an error. */
  bool (*begin_average)(const struct context *e, struct instance *average, struct span span);
  /* Sets a new weight or state up: the statement and its variable. */
  void (*initial_value)(const struct context *e, const struct ast *ast, uint32_t variable);
  /* Sets a state up that begins as another variable does. */
  void (*initial_copy)(const struct context *e, uint32_t from, uint32_t variable);
  /* The same of a row variable or of the state of a rule for one. */
  void (*initial_rows)(const struct context *e, const struct ast *ast, uint32_t column);
};

/* eval.c */
evaluation eval;
struct value eval_number(const struct context *e, const struct ast *ast, const char *what);

/* force.c */
struct value force(const struct context *e, struct binding *binding);

/* expr.c, list.c, index.c, call.c */
evaluation eval_number_literal, eval_string, eval_key, eval_name, eval_field, eval_transpose, eval_negate, eval_not,
    eval_chain, eval_if, eval_mode;
evaluation eval_name_or_key; /* in a list or an index, where a name that nothing defines is a key */
evaluation eval_list, eval_record, eval_generator, eval_index, eval_call;
/* How a loop over items calls item i, inside the loop that has the key `outer` or NULL. */
const char *loop_key(const struct context *e, const char *outer, struct value item, size_t i);
/* The name of `name[keys] = e` or `name = e` where it stands: with a key for every loop around it. */
const char *keyed_name(const struct context *e, const char *name, const struct ast *keys);
/* Visits the items of a minimize, maximize or evaluate block, going round its `for` loops. */
typedef void visit_item(const struct context *e, const struct ast *item, void *of);
void walk_items(const struct context *e, const struct ast *list, int from, visit_item *visit, void *of);
void refuse_intermediate_output(const struct context *e, const struct ast *as); /* outside of a block */

/* definition.c, data.c */
evaluation define_data, define_option, define_view, define_name, define_closure, define_parameter;
int program_table(const struct context *e, const struct data_set *set); /* in the program; added where it is new */
bool data_are_known(const struct context *e);                           /* no statement's set is missing */
/* The table of a data statement, or of an expression in one that names known sets, where it is settled; else NULL. */
const struct data_set *chosen_set(const struct context *e, const struct ast *ast);
/* Whether an expression names known sets within a data statement; v is then the one that is used, or an error. */
bool names_known_sets(const struct context *e, const struct ast *ast, struct value *v);
struct value table_field(const struct context *e, const struct data_set *set, const char *name, struct span span);

/* field.c */
/* Applies an instance that has not been in the graph build, if it is anywhere in the text. */
void apply_if_anywhere(const struct context *e, struct instance *instance);
struct value field_of(const struct context *e, struct value base, const char *name, struct span span);

/* arguments.c */
void add_argument(const struct context *e, struct arguments *arguments, const char *name, struct value value,
                  const struct ast *ast, struct span span);
bool gather_arguments(const struct context *e, const struct ast *call, int from, bool lazy, struct arguments *out);
/* Which argument each parameter gets, counted from 1, and 0 for its default; NULL after an error. */
int *match_parameters(const struct context *e, const struct ast *parameters, struct arguments *arguments,
                      const char *called, struct span span);
/* Binds them in the scope of e; lazy: to the arguments' texts. */
bool bind_parameters(const struct context *e, const struct ast *parameters, struct arguments *arguments,
                     const char *called, struct span span, bool lazy);
/* Puts the arguments of a function of the core into `in`, in the order of its parameters; in[k] is an error where none
 * is given.  How many there are, or -1 after an error.  With NULL it only looks. */
int match_builtin(const struct context *e, const struct builtin *f, struct arguments *arguments, struct span span,
                  struct value *in);

/* body.c */
/* The context of a body, which is `closure`'s and called at span; false where it may not be run, which is reported. */
bool call_enter(const struct context *e, const struct ast *closure, struct span span, struct context *in);
void call_leave(const struct context *e);
execution run_definition;
void run_statements(const struct context *e, const struct ast *body); /* all but the result */
struct value run_body(const struct context *e, const struct ast *body);

/* instance.c */
/* Of a def or rule. */
void refuse_ownership(const struct context *e, const char *block, enum ast_kind body, struct span span);
void refuse_settings(const struct context *e, const char *block, struct span span); /* of a block that has none */
struct value instance_of(const struct context *e, struct value block, struct arguments *settings,
                         const struct ast *location);
/* What the owner has made at a location with a key, or NULL. */
struct instance *child_at(const struct context *e, struct instance *owner, const struct ast *location, const char *key);
/* The instance of this block that the call at `location` makes, found again or new; settings are the caller's. */
struct instance *instance_at(const struct context *e, const struct ast *block, const struct ast *location);
struct value apply_instance(const struct context *e, struct instance *instance, struct arguments *arguments,
                            struct span span);

/* call.c */
struct value call_value(const struct context *e, struct value callee, struct arguments *arguments,
                        const struct ast *location);
/* What a name means where it is read: `def f = e` is called, a clock is read. */
struct value read_name(const struct context *e, struct binding *binding, struct span span);
struct value pipe_link(const struct context *e, const struct ast *pipe, struct value v); /* v -> ... */

/* average.c */
core_call call_weights, call_average;
/* Gives an average a state for every weight and state that what it follows has. */
void make_average(const struct context *e, struct instance *average);
bool begin_average(const struct context *e, struct instance *average, struct span span);

/* repeat.c */
core_call call_fold; /* and scan */

/* compose.c: a pipeline that starts with a block or an instance is itself an instance */
bool starts_with_block(const struct context *e, const struct ast *pipe);
struct value compose(const struct context *e, const struct ast *pipe);

/* weights.c */
execution run_parameter, run_draw, write_state;
struct value draw(const struct context *e, struct value distribution, struct shape shape, bool per_sample, int table,
                  uint64_t key, struct span span);
void follow_slot(const struct context *e, struct instance *owner, const struct parameter_slot *from);
/* reported: not what '~' draws from */
void no_distribution(const struct context *e, const struct value *value, struct span span);
/* Reports a weight or state whose initial value needs itself. */
struct value needs_itself(const struct context *e, const struct instance *owner, const char *name, struct span span);
struct span weight_location(const struct context *e, uint32_t variable, struct span otherwise);
void refuse_write(const struct context *e, const struct ast *write, bool weight); /* to something that is not a state */

/* applied.c: where an instance has not been applied in the graph build, but is somewhere in the text */
void apply_somewhere(const struct context *e, struct instance *instance);
void settle_sites(const struct context *e); /* of what was only rehearsed, the first site stands for all */

/* row_variable.c */
evaluation define_row_variable;
/* The column of a row variable, made where there is none of this name. */
uint32_t row_column(const struct context *e, const struct ast *ast, const char *name, struct shape shape, int table);

/* weights.c */
bool eval_shape(const struct context *e, const struct ast *ast, struct shape *shape);

#endif
