/* A compiled model: graphs, and what to do with them in which order.  The front end makes it; train/ carries it out.
 *
 * Numbers by which graphs refer to things: `variable` leaves to variables[], `column` leaves to columns[].
 *
 * Tables are numbered in the order in which the model reads them first.  The rows that a graph runs on are of one table;
 * only a step may read a batch of each of several, all of one size.
 *
 * Ownership: everything lives in the arena of the compile. */
#ifndef GRAPH_PROGRAM_H
#define GRAPH_PROGRAM_H
#include "base/schema.h"
#include "graph/graph.h"

enum variable_kind {
  VARIABLE_WEIGHT,    /* param: trained */
  VARIABLE_STATE,     /* state: running statistics */
  VARIABLE_OPTIMIZER, /* state of a rule for one weight */
  VARIABLE_FIT,       /* a value over the training split: `E on train` */
};

struct variable {
  const char *name; /* path of bindings: "left.conv1.W", "left.conv1.W.adam.m" */
  enum variable_kind kind;
  struct shape shape;
  int stage; /* whose setup gives it its initial value; of a fit, as there */
};

enum column_kind {
  COLUMN_DATA, /* a column of the data set */
  COLUMN_CUT,  /* computed before: root `name` of the graph it was cut from */
  COLUMN_SUM,  /* the same, of a root without rows: its values for all batches, added */
  COLUMN_ROWS, /* a row variable, or the state of a rule for one: kept with the run */
  COLUMN_VIEW, /* gradient check only: a view's values, made up */
};

struct column {
  enum column_kind kind;
  const char *name; /* "image"; "cut:3"; "x" */
  enum dtype type;
  struct shape shape;
  int table; /* whose rows it has a value for */
  /* of a row variable, for the rows of each split: 1 + the stage that gives them their first values; 0: they have none */
  int made_by[DATA_SPLITS];
};

struct term {
  const char *name;
  double sign;       /* 1 minimised, -1 maximised */
  double weight;     /* of `weight w` where that is a constant, else 1; already in the loss */
  const char *value; /* root of step: the unweighted value */
  /* root of inspect: the norm of the gradient of sign * weight * value over the trained weights */
  const char *gradient;
  bool coupled;     /* depends on the whole batch: a smaller last batch would change it */
  const char *rows; /* root of step: of how many rows the value is; NULL where that is all of the batch */
  size_t update;    /* of the stage: whose step and inspect these are */
};

/* A statistic over the batch of a value that some rows lack, which means nothing over fewer rows than this. */
struct row_need {
  const char *what;     /* the function of the model that says so: "corr" */
  const char *location; /* "model.crl:12:9" */
  const char *root;     /* of step: over how many rows it is */
  double rows;          /* how many it needs */
  size_t update;        /* of the stage */
};

/* A graph that writes initial values, run once with rows = 1 and step 0; or, where it is NULL, one of the fits. */
struct setup {
  struct graph *graph;
  int fit;
  bool rows; /* the graph's root is the initial values of a row variable, for each row of its table's split */
};

/* Which weights a stage ends with, and when it ends early, by a metric of its monitors. */
struct goal {
  const char *metric, *split; /* "bound", "transfer.first_to_second"; NULL: there is no such goal */
  bool higher;                /* the highest is the best */
  int64_t patience;           /* to end early: so many times without a better one; 0 for the weights */
};

/* The lr of a rule, where it is not the same in all steps. */
struct rate {
  const char *name;
  const char *root; /* of step */
  size_t update;    /* of the stage */
};

/* What a graph stores in columns: for each of its rows. */
struct row_writes {
  size_t n;
  struct row_write {
    const char *root;
    uint32_t column;
  } * at;
};

/* A turn of a round: a loss, its gradients, and the rules that they are given to.  A stage has one turn, or several on
 * every batch, with the same draws in all. */
struct update {
  const char *name;      /* of the loss: "solve"; NULL where the stage has one, and of writes alone */
  int64_t times;         /* in a round */
  struct graph *step;    /* roots: "loss", every term's value; writes */
  struct graph *inspect; /* roots: every term's gradient norm; no writes.  NULL where there are no terms */
  struct row_writes rows, rows_after;
  struct graph *after; /* what is written after each time, of what is there then; NULL: nothing */
};

struct stage {
  const char *name;   /* "train"; a stage's own name; "left_only" for a probe called in evaluate */
  bool in_evaluation; /* runs when measuring, not when training */
  int64_t epochs, batch;
  int table;             /* whose rows an epoch goes through, a batch a step */
  enum data_split split; /* of these rows; on another than that to train on, row variables alone are trained */
  size_t beside; /* tables of which a step has a batch too, of as many rows, in an order and with epochs of their own */
  int *beside_table;
  bool drop_last;
  bool coupled;            /* some loss term depends on the whole batch: a smaller last batch would change it */
  VEC(struct setup) setup; /* done when the stage begins, in this order: each may read what those before it wrote */
  /* What the step reads that does not change while the stage runs: its roots, collected over the training split a
   * batch at a time, become columns[target].  The first stage of the evaluation collects for all.  NULL where there is
   * nothing. */
  struct graph *prepare;
  size_t updates; /* of a round, in the order in which they are made */
  struct update *update;
  size_t terms; /* of all updates, in their order */
  struct term *term;
  size_t needs;
  struct row_need *need;
  size_t rates;
  struct rate *rate;
  VEC(struct monitor) monitors;
  struct goal keep, stop;
};

/* Values over all rows of one split, in evaluation mode: `first` a batch at a time, its roots collected into
 * columns[target]; then `second` once over all rows.  `first` is NULL where a stage has collected before. */
struct collection {
  const char *split; /* "test", "train" */
  struct graph *first, *second;
  int table;
};

/* `E on train`: computed over the whole training split, in evaluation mode, and stored with the run. */
struct fit {
  int stage; /* before which stage; -1: before measuring */
  int collection;
  const char *root; /* in it: a value without rows */
  uint32_t variable;
  const char *rows; /* in it: of how many rows the value is, of several the fewest; NULL: of all, or of none */
  /* the user's: "mean(v, batch) on train", "model.crl:12:9"; NULL where the program made it */
  const char *words, *location;
};

enum { MEASURE_ARGUMENTS = 4 };

struct measurement {
  const char *name;     /* "left_only", "transfer", "correlation" */
  const char *protocol; /* one sentence; NULL where the name says all */
  const char *unit;     /* "%", or NULL */
  int stage;            /* in_evaluation stage to run first, or -1 */
  int collection;
  const char *value;  /* a root without rows (of collection), or NULL for a measure */
  const char *chance; /* likewise: what guessing would give; NULL where unknown */
  double scale;       /* reported value = scale * root (100 for percentages) */
  /* A measure of base/measures.def: argument roots (with rows) in `collection`, and over the training split in
   * `fit_collection` (-1 where it is not needed) under the same root names. */
  const char *measure;
  int fit_collection;
  int table; /* whose rows it is of */
  int arguments;
  const char *argument[MEASURE_ARGUMENTS];
  const char *const *class_name; /* of the label that it reads, and how many; NULL: numbers, or no label of the data */
  int classes;
  const char
      *argument_string[MEASURE_ARGUMENTS]; /* the user's words for each; NULL where they are not in the call itself */
  /* Which rows it is of.  split: "test", "train", or NULL for a value of weights alone.  rows: a root (of collection),
   * one number; NULL where it is all rows of the split.  chance_split and chance_rows: the same of `chance`.  present:
   * of a measure, a root with rows, 1 in the rows that have all arguments and 0 in the others, under one name in both
   * collections; NULL where all rows have them. */
  const char *split, *rows, *chance_split, *chance_rows, *present;
};

/* Figures that are taken while a stage trains, after every so many steps or epochs: a `watch` of the model. */
struct monitor {
  int64_t every;
  bool steps;
  VEC(struct measurement) measurements;
};

struct image_grid_show {
  int table;           /* of whose test split the samples are */
  struct graph *graph; /* roots "image:<k>", rows of [c, h, w] or [h, w] */
  int images;
  const char **caption; /* the user's words for each */
  const char **present; /* a root for each image, rows of 1 (there) and 0 (absent); NULL where all rows have it */
};

/* Codes of test rows as points in the plane. */
struct map_show {
  int table;                   /* of whose test split the rows are */
  struct graph *graph;         /* root "code", rows of [width] */
  const char *name, *caption;  /* a file's, and the user's words */
  int64_t rows, width;         /* rows: at most */
  const char *label, *present; /* roots with rows: a class, and 1 in the rows that have all; NULL: none, all */
  int classes;
  const char *const *class_name; /* NULL: numbers */
};

/* Gradients are checked on so many made-up rows. */
enum { GRADCHECK_ROWS = 5 };

/* --gradcheck of a training stage, in reference execution on made-up columns. */
struct gradient_check {
  const char *stage;
  struct graph *gradients; /* roots "loss" and "gradient:<name>" for each weight that the stage trains and each view */
  /* what stop(...) holds: roots with their column, or without rows their variable; may be NULL */
  struct graph *values;
  struct graph *loss; /* root "loss", which reads those */
};

/* A named value to write, and its root.  present: a root with rows, 1 where a row has the value and 0 elsewhere; NULL:
 * all have it. */
struct computed {
  const char *name, *root, *present;
};

struct program {
  struct arena *arena;
  const char *name;                    /* the model's: the file's base name */
  const char *variant;                 /* or NULL */
  bool direct;                         /* no convolution is carried out by Winograd's algorithm */
  VEC(const struct data_set *) tables; /* schemas of those that are read; none for a model without data */
  VEC(struct variable) variables;
  VEC(struct column) columns;
  VEC(struct stage) stages; /* in the order they run */
  VEC(struct collection) collections;
  VEC(struct fit) fits; /* in an order in which each may read those before it */
  VEC(struct measurement) measurements;
  VEC(struct image_grid_show) shows;
  VEC(struct map_show) maps;
  int compute; /* --compute: the collection of these values; -1 where nothing was asked for */
  VEC(struct computed) computed;
  VEC(struct gradient_check) checks; /* one for each training stage; none unless asked for */
};

/* "big, small": the names of the tables, in their order; NULL where there are none.  In the program's arena. */
const char *program_data(const struct program *program);

#endif
