/* Inside the front end: how stages and evaluation are built.  Ownership: the arena of the compile. */
#ifndef DSL_STAGE_H
#define DSL_STAGE_H
#include "dsl/eval/forms.h"
#include "pass/pass.h"

struct loss_term {
  const char *name, *root, *gradient, *rows;
  struct span span;
  double sign, weight;
  struct value value, weighted; /* numbers without rows */
  struct value summed;          /* weighted, but the sum over the rows where `value` is their mean */
};

struct terms {
  const char *loss; /* its name, or NULL */
  VEC(struct loss_term) terms;
};

struct own_rule {         /* `a with adam()`, or `keep a`: one instance or weight */
  const struct ast *rule; /* NULL: kept as it is */
  struct instance *instance;
  uint32_t variable; /* where instance is NULL */
  uint32_t column;   /* of a row variable: 1 + its column, and no variable; else 0 */
  int turn;
  struct span span;
};

struct written {
  VEC(const struct ast *) list; /* WRITTEN */
};

struct turn_settings {   /* of a round, in the order of `train` */
  const char *loss;      /* its name; NULL: the stage's only one, or writes alone */
  const struct ast *ast; /* TURN, or of writes alone WRITTEN; NULL for the only loss */
  int64_t times;
  struct written then; /* each time afterwards */
};

struct stage_settings { /* what the statements of a stage say */
  const char *name;
  struct span span;
  bool template;               /* called in evaluate */
  const struct instance *call; /* there: the measurement */
  bool losses, trains, drop_last;
  bool rules;   /* some weights have their own: without one for the others, only these are trained */
  bool unclear; /* what is trained: some setting has a mistake */
  int64_t epochs, batch;
  enum data_split split; /* whose rows: `train on test` */
  double clip;           /* the largest norm of a loss's gradient; 0: any */
  struct span clip_at;
  const struct ast *optimizer, *only; /* only: the first item that trains without the name of a loss */
  const struct ast *keep_best, *stop; /* settings that name metrics of a watch; NULL: there is none */
  int64_t patience;
  VEC(struct own_rule) own;
  VEC(struct turn_settings) turns;
  int turn;                       /* the one that is built */
  VEC(int) beside;                /* tables of which every step has a batch too: `batch 100 of a, b` */
  int table;                      /* whose batches: -1 while neither the settings nor a term says */
  struct span table_span;         /* what has said so */
  const struct graph_build *read; /* the graph build in which the settings were read */
};

/* settings.c */
void read_settings(const struct context *e, const struct ast *list, int from, struct stage_settings *settings);
void check_complete(const struct context *e, const struct ast *list, int from, const struct stage_settings *settings);
int64_t whole_number(const struct context *e, const struct ast *ast, const char *what, int64_t most);
/* Of the turn that is built, else of any; NULL: none. */
const struct own_rule *own_rule(const struct stage_settings *settings, uint32_t variable);

/* stage.c */
/* The settings are read in a graph build of their own. */
void read_stage(const struct context *e, const struct ast *list, int from, int stage, struct stage_settings *settings);
/* Begins the graph build of the current turn's step. */
struct context begin_step(const struct context *e, const struct ast *list, int stage, const char *name,
                          const struct stage_settings *settings);
/* The terms of the loss of that name, NULL for one without. */
void read_terms(const struct context *e, const struct ast *list, int from, const char *loss, struct terms *out);
void add_writes(const struct context *e); /* the last write of each variable becomes a root */
int build_stage(const struct context *e, const struct ast *list, int from, struct stage_settings *settings);
struct value rule_of(const struct context *e, const struct ast *ast);
/* Whose states a turn's rules have: NULL for the only loss of a file. */
const char *turn_path(const struct context *e, const struct stage_settings *settings);
/* path and stage: what the names of its states are made of; in: the weight and its gradient. */
void run_rule(const struct context *e, struct value rule, const char *path, const char *stage, const struct value *in);
/* What a rule is, called or not: of two inputs, the first of which it writes. */
bool check_rule(const struct context *e, const struct ast *rule);

/* batches.c */
bool gives_batches(const struct stage_settings *settings, int table);
/* The node's rows, or with 0 those of all roots, are those of the stage's batches, or settle of which table these are; else
 * it is reported. */
void claim_rows(const struct context *e, struct stage_settings *settings, const struct graph *graph, node_id node,
                struct span span);
void settle_table(const struct context *e, struct stage *stage, struct stage_settings *settings);
void check_split(const struct context *e, int table, const char *split, struct span span); /* that it has rows */
void check_tables(const struct context *e); /* after all stages: that each knows whose rows it trains on */
/* "a measurement is" of one table, and not of rows of two. */
void refuse_tables(const struct context *e, const char *what, int table, int other, struct span span);
/* The one table whose rows a node depends on; -1: none, or several, which is reported as by refuse_tables. */
int table_of_value(const struct context *e, const struct graph *graph, node_id node, const char *what,
                   struct span span);
bool term_is_coupled(const struct graph *g, node_id node);
bool made_of_batch_size(const struct context *e, const struct graph *g, node_id loss);

/* round.c */
/* Whether the losses and their turns go together; else it is reported. */
bool check_turns(const struct context *e, const struct ast *list, int from, const struct stage_settings *settings);
/* That every turn trains what it names; else it is reported. */
void check_reached(const struct context *e, const struct stage *stage, const struct stage_settings *settings);
/* `target <- value` as the items of `train` say, of what is there before any is written, in a graph of its own; NULL
 * where there is nothing to write. */
struct graph *write_graph(const struct context *e, const struct ast *list, int stage,
                          const struct stage_settings *settings, const struct written *written,
                          struct row_writes *rows);
/* Values that no update of the stage changes are computed once, before it. */
void cut_prepared(const struct context *e, struct stage *stage, int index);

/* passed.c */
bool mistaken(const struct context *e); /* whether this walk has met a mistake: what follows from it says little */
/* What a pass has made.  One that made what the verifier refuses is remembered in `broken`, and nothing is run then. */
struct graph *passed(const struct context *e, const char *pass, struct graph *made);

/* collection.c */
/* A collection of the graph's roots over a split of a table; returns its number. */
int add_collection(const struct context *e, int table, const char *split, struct graph *graph);
/* The same over the training split, whose sums over rows are added up a batch at a time; returns its number. */
int add_sums(const struct context *e, int table, struct graph *graph);
void add_cut_columns(const struct context *e, const struct cut *cut, enum column_kind kind, int table);

/* trained.c */
void reach_variables(const struct context *e, node_id node, bool *reached);
size_t find_weights(const struct context *e, const struct stage_settings *settings, node_id loss, uint32_t *weights);
void refuse_without_gradient(const struct context *e, const struct stage_settings *settings, const uint32_t *weights,
                             const node_id *gradient, size_t n);
/* Whether a function that the instance's block defines reads the name: what nothing calls reads nothing. */
bool read_in_function(const struct instance *instance, const char *name);
/* After all stages: what a graph of the evaluation reads of weights that only such functions read. */
void refuse_waiting(const struct context *e, const struct graph *graph);

void refuse_untrained(const struct context *e);     /* what is read and in no stage */
void check_variable_names(const struct context *e); /* what a checkpoint holds has names that differ */

/* nested.c */
struct context nested_begin(const struct context *e, enum build_kind kind, const char *name);
void nested_end(const struct context *e);

/* rows.c */
/* Row variables that the loss reaches and the current turn trains: their gradient, each row's own, to their rules.
 * Returns how many. */
size_t add_row_updates(const struct context *e, const struct stage_settings *settings, node_id loss,
                       const struct terms *terms);
bool reaches_rows(const struct context *e, const struct graph *graph);
/* What a stage over rows that are not to train on may not do: be called in evaluate, and write states. */
void check_held_out(const struct context *e, const struct ast *list, int from, const struct stage_settings *settings);
/* The stage that gives a row variable its values for the rows of the split; -1: none so far. */
static inline int stage_of_rows(const struct context *e, uint32_t column, enum data_split split) {
  return e->program->columns.at[column].made_by[split] - 1;
}
struct row_writes row_roots(const struct context *e); /* what the graph build writes of rows, as roots */
void check_row_variables(const struct context *e);    /* after all stages: that they are trained */
void check_row_readers(const struct context *e);      /* last: that they are read where they have values */

/* initial.c */
void initial_copy(const struct context *e, uint32_t from, uint32_t variable);
void initial_rows(const struct context *e, const struct ast *ast, uint32_t column);
void initial_value(const struct context *e, const struct ast *ast, uint32_t variable);

/* forms.c */
extern const struct forms forms;

/* fit.c */
evaluation eval_on;                                      /* `E on train` */
node_id fit_node(const struct context *e, node_id node); /* the same of a node without rows */
/* Of which split a node in a graph of the evaluation is: of the current one where it reads its rows; through values
 * over the training split alone, "train"; NULL: of weights and constants. */
const char *split_of(const struct context *e, const struct graph *graph, node_id node, const char *current);

/* Whose training split the values are of that a node reads so; -1: it reads none. */
int fitted_table(const struct context *e, const struct graph *graph, node_id node);

core_call call_gradient; /* gradient.c */

/* averages.c */
void reach_averages(const struct context *e, const struct ast *list, int from); /* those that the statements name */
void write_averages(const struct context *e);                                   /* once the updates are made */

/* evaluate.c */
struct value call_stage(const struct context *e, struct value stage, struct arguments *arguments,
                        const struct ast *location);
struct evaluation {           /* on one split */
  const char *split, *within; /* "evaluate" or "watch" */
  size_t from;                /* its measurements begin there in the program's list */
  VEC(struct root) fit;       /* arguments of measures that also read the training split */
};
/* Measures the items of a block in the running graph build. */
void measure_items(const struct context *e, const struct ast *list, struct evaluation *evaluation);
/* Collections of what these n measurements read of the graph, over their split and, where they are fitted, over the
 * training split. */
void collect_measured(const struct context *e, const struct graph *graph, const struct evaluation *evaluation,
                      struct measurement *list, size_t n);
void check_measured_split(const struct context *e, const struct measurement *list, size_t n, const char *split,
                          struct span span);
void build_evaluation(const struct context *e, const struct ast *list, int from);
void build_compute(const struct context *e, const char *name, const char *split, struct error *error);
void check_rest(const struct context *e);

/* Of a value that is measured or shown: a root, "WHAT:NAME"; its node, repeated where it is the same in all rows; 1 in the
 * rows that have all of n values, a root with rows, or NULL where every row has them. */
const char *add_root(const struct context *e, const char *what, const char *name, node_id node);
node_id repeated_rows(const struct context *e, const struct value *v);
const char *add_present(const struct context *e, const char *what, const char *name, const struct value *v, size_t n);
/* Of several values together: the one table whose rows they depend on, or else of which a fit is that they read; 0
 * where there is none, or where it is reported that there are several. */
int table_of_all(const struct context *e, const struct value *v, size_t n, const char *what, struct span span);

/* show.c: a statement's image grid or map; returns of which table its rows are */
int lower_show(const struct context *e, const struct ast *show);

/* watch.c */
/* What the stages and the file watch, and the settings that go by it, once all stages are built. */
void build_watches(const struct context *e);

/* check_gradients.c: a check for each training stage, after all stages are built */
void build_checks(const struct context *e, const struct ast *file);

/* bodies.c */
void check_bodies(const struct context *e, const struct ast *file);

/* options.c: every option of the file and of its variants is read somewhere in it. */
void check_options(const struct context *e, const struct ast *file);

/* variant.c */
void check_variant_names(const struct context *e, const struct ast *file);
struct ast *apply_variant(const struct context *e, struct ast *file, const char *variant, struct error *error);

/* summary.c */
const char *summary_string(const struct context *e);
const char *options_string(const struct context *e, const struct ast *file);

/* gradient.c: whether a text computes gradients as values, itself or by definitions that it uses. */
bool has_gradients(const struct context *e, const struct ast *file);

#endif
