/* Inside the front end: how stages and evaluation are built.  Ownership: the arena of the compile. */
#ifndef DSL_STAGE_H
#define DSL_STAGE_H
#include "dsl/eval/elab.h"
#include "pass/pass.h"

struct loss_term {
  const char *name, *root, *gradient, *rows;
  struct span span;
  double sign, weight;
  struct value value, weighted; /* numbers without rows */
};

struct terms {
  VEC(struct loss_term) terms;
};

struct own_rule { /* `a with adam()`, or `keep a`: one instance or weight */
  const struct ast *rule; /* NULL: kept as it is */
  struct instance *instance;
  uint32_t variable; /* where instance is NULL */
  struct span span;
};

struct stage_text { /* what the statements of a stage say */
  const char *name;
  struct span span;
  bool template; /* called in evaluate */
  const struct instance *call; /* there: the measurement */
  bool losses, trains, drop_last;
  bool rules; /* some weights have their own: without one for the others, only these are trained */
  bool unclear; /* what is trained: some setting has a mistake */
  int64_t epochs, batch;
  const struct ast *optimizer;
  VEC(struct own_rule) own;
};

/* settings.c */
void read_settings(struct elab *e, struct scope *scope, const struct ast *list, int from, struct stage_text *text);
void check_complete(struct elab *e, const struct ast *list, int from, const struct stage_text *text);
const struct own_rule *own_rule(const struct stage_text *text, uint32_t variable); /* NULL: none */
bool slot_within(const struct instance *instance, uint32_t variable); /* whether it is the instance's, or a part's */

/* stage.c */
/* Reads the settings, in a unit of their own, and begins the unit of the step that they are of. */
void begin_step(struct elab *e, struct scope *scope, const struct ast *list, int from, int stage, const char *name,
                struct stage_text *text);
void read_terms(struct elab *e, struct scope *scope, const struct ast *list, int from, struct terms *out);
int build_stage(struct elab *e, struct scope *scope, const struct ast *list, int from, struct stage_text *text);
bool term_is_coupled(const struct graph *graph, node_id node);
/* A collection of the graph's roots over a split; returns its number. */
int add_collection(struct elab *e, const char *split, struct graph *graph);
void add_cut_columns(struct elab *e, const struct cut *cut);

/* trained.c */
bool is_trained(const struct elab *e, uint32_t variable); /* by the stage whose unit runs */
void reach_variables(struct elab *e, node_id node, bool *reached);
size_t find_weights(struct elab *e, const struct stage_text *text, node_id loss, uint32_t *weights);
void refuse_without_gradient(struct elab *e, const struct stage_text *text, const uint32_t *weights,
                             const node_id *gradient, size_t n);
/* Whether a function that the instance's block defines reads the name: what nothing calls reads nothing. */
bool read_in_function(const struct instance *instance, const char *name);
/* After all stages: what a graph of the evaluation reads of weights that only such functions read. */
void refuse_waiting(struct elab *e, const struct graph *graph);

void walk_items(struct elab *e, struct scope *scope, const struct ast *list, int from,
                void (*visit)(struct elab *, struct scope *, const struct ast *, void *), void *context);
void walk_loop(struct elab *e, struct scope *scope, const struct ast *loop,
               void (*visit)(struct elab *, struct scope *, const struct ast *, void *), void *context);

/* fit.c */
/* Of which split a node in a graph of the evaluation is: of the one at hand where it reads its rows; through values over the training
 * split alone, "train"; NULL: of weights and constants. */
const char *split_of(struct elab *e, const struct graph *graph, node_id node, const char *at_hand);

/* evaluate.c */
bool is_measurement(struct elab *e, const struct value *v, struct span span); /* one number without rows; else reported */
void build_evaluation(struct elab *e, struct scope *scope, const struct ast *list, int from);
void build_compute(struct elab *e, const char *name, const char *split, struct fault *fault);
void check_rest(struct elab *e);

/* weights.c */
void refuse_untrained(struct elab *e);

/* check_gradients.c: a check for each training stage, after all stages are built */
void build_checks(struct elab *e, const struct ast *file);
/* applied.c: where an instance has not been applied in the unit, but is somewhere in the text */
void apply_somewhere(struct elab *e, struct instance *instance);
void settle_sites(struct elab *e); /* of what was only rehearsed, the first place stands for all */

/* bodies.c */
void check_bodies(struct elab *e, const struct ast *file);

/* variant.c */
void check_variant_names(struct elab *e, const struct ast *file);
bool is_definition(const struct ast *statement);
struct ast *apply_variant(struct elab *e, struct ast *file, const char *variant, struct fault *fault);

/* summary.c */
const char *summary_text(struct elab *e);
const char *options_text(struct elab *e, const struct ast *file);

#endif
