/* Evaluation of a model file: its text is run at compile time, which builds graphs.
 *
 * The file is walked once for each *graph build*: the step of a training stage, the initial values, the evaluation.  A
 * graph build has one graph; names of a declarative scope (a file, a stage) are evaluated when first needed in a graph
 * build, and once in it. What must be the same in all graph builds, the instances of blocks with their weights, lives
 * outside: an instance is found again by (owner, location in the text, key of the surrounding loop).
 *
 * Ownership: everything lives in the arena of the compile. */
#ifndef DSL_CONTEXT_H
#define DSL_CONTEXT_H
#include "base/names.h"
#include "dsl/eval/value.h"
#include "graph/program.h"

/* Against files that would never end, or take all memory: a million operations take up to a gigabyte until they are
 * planned, eight million evaluations up to two.  Ten thousand dense layers with Adam need about half of either. */
enum {
  CALL_LIMIT = 100,
  NEST_LIMIT = 1500, /* expressions within each other; from NEST_DEEP on names are evaluated ahead: force.c */
  NEST_DEEP = 300,
  NODE_LIMIT = 1000000,
  ITEM_LIMIT = 10000,
  WORK_LIMIT = 8000000 /* expressions */
};
static const int64_t ELEMENT_LIMIT = (int64_t)1 << 31; /* of one row of an array */

/* A name of a scope.  Lazy ones (of a file or a stage, and arguments of a stage) have a text to evaluate. */
struct binding {
  const char *name;
  struct span span;
  const struct ast *ast; /* lazy: the statement or expression; NULL for a value that stands */
  struct scope *scope;   /* where ast is to be evaluated */
  struct value value;
  uint32_t build;            /* in which value was found; 0 for always */
  bool busy;                 /* being evaluated: meeting it again is a circle */
  struct binding *needed_by; /* while busy: whose evaluation needs it */
  bool used;
  uint32_t reached, searched; /* the last walks of applied.c that came by */
};

/* How often each name was met; names are interned. */
struct tally {
  const char *name;
  int n;
};
typedef VEC(struct tally) tallies;

/* What draws are keyed by: the path of a call from the name whose text it stands in, "a", then the first call of
 * 'sample' there, and so on.  Calls are counted within their frame, so that neither the order of statements nor what
 * was needed first changes a draw. */
struct frame {
  uint64_t key;
  tallies called;
};

struct scope {
  struct scope *parent;
  const char *path; /* in front of the frames of its names: "" in a file, a stage's own name */
  VEC(struct binding *) names;
  struct binding **index; /* of a large scope: its names by hash; `slots`, a power of two, of them */
  size_t slots;
  struct instance *owner;      /* of instances made here; NULL in a def */
  struct application *running; /* the application whose body this is, or NULL */
  bool declarative;
};

struct parameter_slot { /* a weight or state of an instance */
  const char *name;
  uint32_t variable;
  struct span span;
  bool busy; /* its initial value is being found: needing it is a circle */
};

struct child {
  const struct ast *location;
  const char *key;
  struct instance *instance;
};

struct instance {
  const char *path;        /* "left.conv1"; "" for the file */
  const struct ast *block; /* NULL for the file or a stage call */
  struct scope *settings;  /* bound values; parent is the block's own file */
  struct instance *owner;
  struct span made;
  int stage;              /* the first training stage that reached it; -1 before */
  const char *stage_name; /* of a rule that runs in a stage with a name, else NULL */
  VEC(struct parameter_slot) slots;
  VEC(struct child) children;
  uint32_t *index; /* of many children: their numbers + 1 by hash; `index_slots`, a power of two, of them */
  size_t indexed, index_slots;
  tallies kinds;             /* block names of unnamed children, for ordinals */
  uint32_t build;            /* the graph build of `last` */
  bool broken;               /* an application of it failed */
  bool untrained;            /* no stage trains its weights, which are on the list of the compile */
  const struct ast *called;  /* of a measurement: the stage that is called first in it, at this location */
  const char *called_key;    /* and with this key */
  struct instance *averaged; /* of an average, or a part of one: what it follows; else NULL */
  const struct value *decay; /* of a whole average, as the graph build below has it */
  uint32_t decay_build;
  size_t sites;       /* of the summary: the number of its first site + 1, or 0 */
  bool sought;        /* an application of it is being looked for: see applied.c */
  struct scope *last; /* the scope of its last application in that graph build */
};

struct application {
  struct instance *instance;
  struct record *intermediate_outputs;
  bool training;
  bool varies;    /* some input differs from row to row */
  uint32_t build; /* in which it runs */
};

/* One application for the summary. */
struct site {
  struct instance *instance;
  struct span span; /* the outermost call that led here */
  struct value_type type;
  bool per_sample;
  bool rehearsed; /* see applied.c */
  size_t next;    /* of the summary: the number of the instance's next site + 1, or 0 */
  uint32_t build; /* in which it was met */
};

enum build_kind { BUILD_STEP, BUILD_EVALUATE, BUILD_INITIAL, BUILD_FIT };

struct pending_write {
  uint32_t variable;
  node_id node;
  size_t before; /* the variable's write before this one: its number in writes + 1, or 0 */
};

struct need {       /* a statistic that means nothing over fewer rows */
  const char *what; /* the library function that says so */
  struct span span; /* where the user calls it */
  double rows;
  node_id counted, value; /* of how many rows (as in array_value), and of what */
};

struct turn { /* of a `for` in minimize, maximize or evaluate */
  const struct ast *pattern;
  const char *key;
  const struct turn *outer;
};

struct displaced { /* what a graph build that waits knew of a name, or of an instance */
  struct binding *binding;
  struct value value;
  struct instance *instance;
  struct scope *last, *settings;
  uint32_t build;
};

struct row_variable {
  const struct ast *ast; /* NULL: the state of a rule */
  uint32_t column;
};

struct pending_rows { /* what a step writes of a row variable */
  uint32_t column;
  node_id node;
};

struct trained_part { /* an instance with all that it owns, or a variable, that a turn of the stage trains */
  struct instance *instance;
  uint32_t variable; /* where instance is NULL */
  int turn;
};

struct graph_build {
  uint32_t number;
  enum build_kind kind;
  struct graph *graph;
  int stage;                        /* BUILD_STEP: which */
  enum data_split split;            /* BUILD_STEP: whose rows it goes through */
  bool views_are_columns;           /* gradient check */
  bool watches;                     /* BUILD_EVALUATE: what it measures is measured while training goes on */
  bool trains_all;                  /* no list of what is trained */
  int turn;                         /* of the stage's round: whose loss this is */
  VEC(struct trained_part) trained; /* or the list, for all turns */
  VEC(struct instance *) kept;
  const struct instance *call; /* of a stage called in evaluate: the measurement, which owns what it makes */
  VEC(struct pending_write) writes;
  VEC(struct pending_rows) row_writes;
  VEC(uint32_t) rows_trained; /* row variables that the turn trains */
  VEC(size_t) last_write;     /* by variable, as far as any was written: its number in writes + 1, or 0 */
  VEC(struct need) needs;
  struct graph_build *outside; /* that waits while this one runs; NULL for a stage's step and the evaluation */
  VEC(struct displaced) displaced;
  const struct ast *list; /* BUILD_STEP: the statements of the stage, and their scope */
  struct scope *scope;
};

struct known_fit { /* `E on train`: the digest of its graph, and where its value is kept */
  const char *key;
  uint32_t variable;
  int stage;    /* that it is made for, or -1 */
  bool of_data; /* depends on data alone, so that it is the same in all stages */
  bool of_rows; /* depends on rows of the training split, and not on weights alone */
  int table;    /* whose */
};

struct untrained { /* a weight or state that is read and that no stage has */
  const struct ast *ast;
  struct instance *owner;
  const char *path;
  struct span location;
};

struct chosen_data {          /* a table, which is the same in all graph builds */
  const struct ast *at;       /* a data statement, or an expression in one that names known sets */
  const struct data_set *set; /* NULL: none is available */
};

struct watched_stage { /* a training stage that is built */
  int stage;
  struct scope *scope;
  const struct ast *list, *keep_best, *stop; /* its statements; and settings that name metrics, or NULL */
  int from;
  int64_t patience;
};

struct rowless_stage { /* whose terms depend on no rows, so that they do not say on whose it trains */
  const char *name;
  struct span span;
};

struct forms;

/* What there is of a compile: it grows while the file is walked, and lives as long as the result. */
struct compile {
  struct arena *arena;
  struct names *names;
  struct sources *sources;
  struct diags *diags;
  struct error broken; /* what a pass has made that the verifier refuses: never, but for a mistake in the program */
  struct program *program;
  const struct forms *forms; /* who evaluates what: forms.h */
  bool by_gradients;         /* the text has 'gradient': values that it is by stay apart from what is made of them */
  struct scope *builtins, *library, *file;
  const struct ast *text; /* of the file */
  struct instance *root;
  VEC(struct instance *) instances;
  VEC(struct site) sites;
  VEC(struct row_variable) rows;
  VEC(uint32_t) waiting; /* weights that no stage trains and only functions of their instance read: see trained.c */
  VEC(struct untrained) untrained;
  VEC(struct known_fit) fits;
  VEC(struct watched_stage) built;
  VEC(struct rowless_stage) rowless;
  bool unread; /* some term failed, so that what a stage reads is not known in full */
  /* settings */
  bool plain;             /* graphs are literal */
  bool validation_only;   /* measurements on other splits are left out, and image grids */
  const char *const *set; /* "width=64" from --set */
  size_t n_set;
  /* data */
  VEC(struct chosen_data) chosen;
  struct error *error; /* of data that are not available */
  bool without_rows;   /* no row is to be read: a file that is declared need not be there */
  const struct file_columns *(*describe_file)(void *context, const char *name, struct file_options options,
                                              struct error *error);
  void *data_context;
  /* counters */
  uint32_t builds, marks, searches;
  int work;               /* expressions evaluated; evaluation ends at WORK_LIMIT */
  bool spent, too_deep;   /* that a limit was met has been reported */
  size_t mistakes_before; /* diag_met when this walk began */
};

struct branch { /* one side of a choice by rows, both of which are computed */
  struct value condition;
  bool otherwise;
  const struct branch *outer; /* that it stands in, or NULL */
};

/* Where evaluation is: what a function is given besides the expression.  What differs for the parts of an expression
 * is a copy with changes, which lives as long as they are evaluated; nothing is put back. */
struct context {
  struct compile *compile;
  struct arena *arena; /* of compile, as are the next two: what all of evaluation uses */
  struct diags *diags;
  struct program *program;
  struct scope *scope; /* where names are looked up */
  struct graph_build *build;
  const char *where;   /* the path of the instance that new nodes belong to */
  struct frame *frame; /* of the call being run */
  /* calls */
  const struct ast *closure; /* that is being run, and where it was called: none may run inside itself; or NULL */
  const struct context *caller;
  struct span outer;              /* the outermost call being run */
  int depth;                      /* of calls within each other */
  int nesting;                    /* of expressions within each other */
  const struct instance *running; /* whose body is being run, or NULL: a function's own is run for nobody */
  struct binding *forcing;        /* the name being evaluated */
  /* what instances that are made here are called, and how they are applied */
  const char *loop_key;    /* of the surrounding loop, or NULL */
  const struct turn *turn; /* of the loop whose terms are read, or NULL */
  const char **hint;       /* where the name of the next new instance stands, which takes it; or NULL stands there */
  int override_mode;       /* still: -1, live: 1, else 0 */
  bool held;               /* weights are read without a gradient */
  const struct branch *branch; /* of `if`, that is evaluated; or NULL */
  bool record_sites;           /* applications are shown in the summary */
  /* for messages and columns */
  const struct ast *operation; /* the operator being carried out, or NULL */
  bool swapped;                /* on its operands the other way round */
  bool in_data;                /* within a data statement, where a column is what is stored */
};

/* Functions of the core that evaluate, or need what only lowering knows: who carries them out is in forms.h. */
enum core_form { FORM_FOLD, FORM_SCAN, FORM_GRADIENT, FORM_WEIGHTS, FORM_AVERAGE, CORE_FORMS };

/* A function of the core; `call` is NULL for a core_form. */
struct builtin {
  const char *name;
  struct value (*call)(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span);
  const char *parameters; /* "v, axes?"; ? may be missing */
  int which;              /* the operation, clock or core_form that it stands for, where it is one */
  const char *doc;
};

/* value.c */
/* The graph of the running graph build; nodes that are added to it belong to the running instance. */
struct graph *graph_of(const struct context *e);
struct context in_scope(const struct context *e, struct scope *scope);
struct value v_error(void);
struct value v_number(double number, struct span made);
struct value v_boolean(bool boolean);
struct value *keep_value(const struct context *e, struct value value);
void record_set(const struct context *e, struct record *record, const char *name, struct value value);
struct value *record_get(struct record *record, const char *name);
const struct value_type *type_of(const struct context *e, const struct value *value);
struct value array_of(const struct context *e, node_id node, bool per_sample, node_id present, struct span made);
struct value array_number(const struct context *e, double number);
/* The table whose current rows a node, or with 0 any root of the graph, depends on; -1: it depends on none.  Where they
 * are of several tables, *other is another one, and else -1. */
int table_read(const struct context *e, const struct graph *graph, node_id node, int *other);
/* Marks all of them, by number. */
void tables_read(const struct context *e, const struct graph *graph, node_id node, bool *read);

/* blame.c */
/* What the user calls where span is being run: the library's function or block, or `own` where it is the user's
 * text. */
const char *called(const struct context *e, const char *own, struct span span);
const char *describe(const struct context *e, const struct value *value); /* "a number", "[batch, 300]", "a block" */
const char *table_statement(const struct context *e,
                            int table);                       /* "digits": of its data statement; NULL: it has none */
const char *table_called(const struct context *e, int table); /* "'digits'" */
/* Where the user says what a body run at span is given: of an instance the location where it is made, so that a wrong
 * setting is one mistake however often the instance is applied; else the call. */
struct span setting_location(const struct context *e, struct span span);
/* The near name, or what there is: "HAS 'a' and 'b'". */
void suggest(const struct context *e, const char *name, const char *const *all, size_t n, const char *has);
void suggest_array(const struct context *e, const struct value *value);
void suggest_instance(const struct context *e, const char *block, const char *settings);
void blame_made(const struct context *e, const struct value *value, struct span problem);
void blame_inputs(const struct context *e, enum op op, const struct shape_problem *problem, const struct value *in,
                  struct span span);
struct span caret_of(const struct context *e, struct span span);          /* at the running operator, else span */
struct span operand_of(const struct context *e, int k, struct span span); /* of the running operator, else span */

/* graph_build.c */
struct context build_begin(const struct context *e, enum build_kind kind, int stage, const char *name);
/* before it gets a value in a nested graph build */
void displace_binding(const struct context *e, struct binding *binding);
void displace_instance(const struct context *e, struct instance *instance);
const struct graph_build *step_outside(const struct context *e); /* that waits, or runs; NULL in evaluation */
bool runs_or_waits(const struct context *e, uint32_t build);
/* Into the running graph build's graph. */
node_id copied_node(const struct context *e, const struct graph *from, node_id node);
/* Of a graph build that waits, in the running one's graph. */
struct value value_inside(const struct context *e, struct value value);
node_id rows_node(const struct context *e, uint32_t column); /* of a row variable, as it is when the step begins */
void add_row_write(const struct context *e, uint32_t column, node_id node);
node_id variable_node(const struct context *e, uint32_t variable); /* as it is when the step begins */
struct value variable_value(const struct context *e, uint32_t variable, struct span made);
/* The last of the graph build's writes of a variable: its number in them + 1; 0 for none. */
size_t last_write(const struct graph_build *build, uint32_t variable);
void add_write(const struct context *e, uint32_t variable, node_id node);
void forget_writes(const struct context *e, size_t n);                          /* all but the first n */
struct parameter_slot *slot_named(struct instance *instance, const char *name); /* of its own, or NULL */
bool slot_within(const struct instance *instance, uint32_t variable); /* whether it is the instance's, or a part's */
bool is_trained(const struct context *e, uint32_t variable);          /* by the turn whose graph build runs */
bool is_trained_in_stage(const struct context *e, uint32_t variable); /* by any turn of that stage */
bool in_training(const struct context *e, const struct instance *instance);

#endif
