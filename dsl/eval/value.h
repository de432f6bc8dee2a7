/* What an expression of a model file is while it is being compiled.
 *
 * Numbers, strings, lists and records are known at compile time; an array is a node of the graph under construction.
 * An array's *per_sample* says whether it has one value for each row of the data; the node's own `rows` says whether
 * these values can differ.  zero(x) is per-sample as x is and a node without rows: that is the whole of hoisting.
 *
 * Ownership: values live in the arena of the compile. */
#ifndef DSL_VALUE_H
#define DSL_VALUE_H
#include "dsl/syntax/ast.h"
#include "graph/graph.h"

enum value_kind {
  V_ERROR, /* a problem was reported; whatever uses it stays silent */
  V_NUMBER,
  V_STRING,
  V_BOOLEAN,
  V_KEY,  /* a name that stands for itself: .step1 */
  V_AXIS, /* batch, space */
  V_ARRAY,
  V_LIST,
  V_RECORD,
  V_CLOSURE,      /* def, block, rule, stage of a file */
  V_BUILTIN,      /* a function of the core */
  V_INSTANCE,     /* a block with its weights */
  V_SET,          /* a table: a known data set, or one that the model makes */
  V_FILE,         /* a file of data */
  V_COLUMN,       /* a column of a file or table, in a data statement */
  V_CONDITION,    /* on the columns of a table, in a data statement */
  V_DISTRIBUTION, /* a distribution to draw from */
  V_RULE,         /* an optimiser with its settings */
  V_METRIC,       /* a measurement for evaluate */
};

enum { AXIS_BATCH, AXIS_SPACE };

struct value;
struct scope;
struct instance;
struct builtin;
struct data_set;
struct file_value;
struct column_value;
struct row_condition;

struct values {
  size_t n;
  struct value *at;
};

struct field {
  const char *name;
  struct value *value;
};

struct record {
  VEC(struct field) fields;
};

#define ALL_ROWS ((node_id)-1)

struct array_value {
  node_id node;
  bool per_sample; /* one value a row */
  int table;       /* 1 + whose rows these are; 0 where they are of no table, or shared by all */
  node_id present; /* 1 where the row has it; 0 (no node): everywhere */
  /* Of how many rows a shared value is, where its reductions over the batch saw several numbers of rows: the
   * largest and the smallest of them.  ALL_ROWS for all current ones, 0 (no node) where it has reduced none. */
  node_id counted, fewest;
  bool on_train;         /* these rows are the training split's, whatever the current rows are */
  int classes;           /* a label's number of classes, else 0 */
  uint32_t build;        /* whose graph the nodes are in */
  uint32_t variable;     /* 1 + the variable whose value this is, or 0 */
  uint32_t column;       /* 1 + the row variable whose value this is, or 0 */
  bool stands_for_state; /* that no stage has: reported where it was first read */
};

enum distribution_kind { DISTRIBUTION_UNIFORM, DISTRIBUTION_NORMAL, DISTRIBUTION_BERNOULLI };

struct value {
  enum value_kind kind;
  struct span made;                    /* where its shape came from, for messages */
  struct record *intermediate_outputs; /* of an application: left(x).step1 */
  const char *key;                     /* of an item of pairs(...): how a loop calls it */
  bool bare;                           /* of a key: written without its '.', as a name that is not defined */
  union {
    double number;
    const char *string;
    bool boolean;
    int axis;
    struct array_value array;
    struct values list;
    struct record *record;
    struct {
      const struct ast *ast;
      struct scope *scope;
    } closure;
    const struct builtin *builtin;
    struct instance *instance;
    struct {
      enum distribution_kind kind;
      struct value *a, *b, *like;
      bool fixed; /* drawn once for every row, by a seed of its own */
      uint64_t seed;
    } distribution;
    struct {
      const struct ast *ast;
      struct scope *scope; /* with the settings bound */
    } rule;
    struct metric_value *metric;
    const struct data_set *set;
    const struct file_value *file;
    const struct column_value *column;
    const struct row_condition *condition;
  };
};

struct metric_value {
  struct value *value, *chance; /* shared arrays */
  const char *protocol, *unit;
  double scale;
  int stage;           /* that must have run, or -1 */
  const char *measure; /* or a measure of base/measures.def and its arguments */
  struct values arguments;
};

#endif
