/* Operations: what a node of the graph can be.  Each is declared once, in ops.def; this header turns that table
 * into an enum and says what its columns mean.
 *
 * Values.  A value has a shape (of one row) and either varies by row (`rows`) or does not.  A value without rows is
 * stored once, whatever the batch: that is how a zero-padded view, and all that depends only on it, is computed
 * once a step.  Elementwise operations accept, beside values of one shape, numbers (rank 0) and values without
 * rows; all other repetition is an operation (spread, to_rows).
 *
 * Ownership: nothing here owns anything. */
#ifndef OP_OP_H
#define OP_OP_H
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"

enum { MAX_INPUTS = 7 };

/* How an operation is carried out. */
enum op_class {
  LEAF,        /* no inputs: bound or made by the executor */
  ELEMENTWISE, /* an expression over corresponding elements; its column `expression` says all */
  VIEW,        /* the input's elements under another shape: no work, shares the input's buffer */
  KERNEL,      /* a kernel of its own in kern/ */
};

/* What is so of an operation (a set).  No operation is more than a function of its inputs and settings (draws have
 * keys), so two equal ones are the same work. */
enum op_property {
  COMMUTES = 1,            /* f(a, b) = f(b, a) */
  CONTRACTS = 2,           /* sums over the rows: the result has none, and is coupled where an input has rows; where
                        none has, there is nothing to sum, and the inputs stand for the one row there is */
  NEEDS_INPUT = 4,         /* the gradient reads an input */
  NEEDS_OUTPUT = 8,        /* the gradient reads the output */
  MONOTONE = 16,           /* increasing in its first input: commutes with a maximum */
  STEPS = 32,              /* piecewise constant, of integers: the gradient is zero */
  BOOLEAN = 64,            /* the result is 0 or 1 */
  IDEMPOTENT = 128,        /* f(f(a)) = f(a) */
  ADDS = 256,              /* linear in all its inputs together, as a + b is */
  MOVES = 512,             /* each element of the result is one of the first input's */
  EXACT = 1024,            /* no rounding: it moves, chooses, compares, or changes a sign */
  ALIGNED = 2048,          /* not elementwise, but an element of the result is made of corresponding elements alone */
  TAKES_ALL = 4096,        /* takes bytes and integers too */
  DRAWS = 8192,            /* random numbers */
  READY = 16384,           /* nothing runs for it in a step: it is bound, or was computed before the first */
  MAKES_ROWS = 32768,      /* the result has rows though no input has */
  SAYS_ROWS = 65536,       /* the result has rows where the settings say so */
  EVERY_ROW = 131072,      /* takes its rows for all there are: what only some rows have is not for it */
  KEEPS_WHOLE = 524288,    /* rounds, but of integers it makes integers */
  GATHERS = 1048576,       /* all rows of its input become an axis: the result has none */
  OF_BATCH = 2097152,      /* depends on the other rows of the batch, whatever it reads: the result is coupled */
  FAILS = 262144,          /* there are numbers, none of them NaN, for which it has no result, and its kernel says so */
  COUNTS_ROWS = 4194304,   /* its result is how many current rows there are */
  TELLS_TIME = 8388608,    /* its result depends on how far training is */
  READS_MATRIX = 16777216, /* every row reads a whole matrix, so that calls on few rows take longer than their share */
};

/* Where tests draw inputs from, so that differences are taken away from kinks and poles. */
enum op_domain {
  ANY,      /* normal numbers */
  POSITIVE, /* 0.1 .. 3 */
  AWAY,     /* at least 0.05 away from zero, and inputs at least 0.05 away from each other */
  UNIT,     /* 0 .. 1 */
  INDEX,    /* a small integer */
  DISTINCT, /* matrices whose eigenvalues are far from each other */
  DEFINITE, /* matrices whose lower triangle is that of a positive definite one, and has no small numbers in the
                diagonal */
};

/* Settings of one node; each operation's documentation says which it uses. */
enum { ATTR_WHOLES = 11 };
struct attr {
  int64_t i[ATTR_WHOLES];
  double f[2];
  uint64_t key;
  struct shape shape; /* of the result, where it cannot be inferred */
  bool rows;          /* LEAF: the result varies by row */
};

enum op {
  OP_NONE,
#define OP(name, ...) OP_##name,
#include "op/ops.def"
#undef OP
  OP_COUNT
};

/* The clocks of a training stage, as setting i0 of the clock operation numbers them. */
enum clock {
  CLOCK_EPOCH,   /* epochs done, with the fraction of the running one */
  CLOCK_UPDATES, /* updates done, with the running one */
  CLOCK_EPOCHS,  /* epochs in all */
  CLOCK_STEPS,   /* updates in all */
  CLOCKS
};

struct value_type { /* what the compiler knows of a value */
  enum dtype type;
  struct shape shape;
  bool rows;
};

struct shape_problem {
  char message[256];
  int input[2]; /* whose inputs' sizes disagree; -1 for none */
};

/* Infers the result's type from the inputs'; false and a problem where they do not fit. */
typedef bool shape_rule(enum op op, const struct attr *attr, const struct value_type *in, struct value_type *out,
                        struct shape_problem *problem);
/* Whether the result is the first input as it stands. */
typedef bool same_rule(const struct attr *attr, const struct value_type *in, const struct value_type *out);
/* Floating-point operations of one row. */
typedef double work_rule(const struct attr *attr, const struct value_type *in, const struct value_type *out);

struct op_info {
  const char *name;
  enum op_class class;
  int arity;
  shape_rule *shape;
  enum op_domain domain;
  bool differentiable;
  const char *expression; /* ELEMENTWISE: its text, for documentation */
  const char *doc;
  /* the facts in IS(..) */
  unsigned properties;
  const char *settings; /* their names; op_setting_next reads them */
  unsigned linear;      /* inputs, in each of which alone it is linear: the result is 0 where one of them is */
  unsigned shared;      /* inputs that every row reads all of: they have no rows */
  unsigned indices;     /* inputs that are indices in windows: bytes */
  same_rule *same;
  work_rule *work;
  double per_result, per_input; /* without `work`: operations for an element of the result, or of the first input */
  const char *refusal; /* ELEMENTWISE: what cannot be done with two shapes, %a and %b; else they cannot be compared */
};

/* ---- settings ---- */

enum setting_type {
  SETTING_WHOLE,
  SETTING_SIZE,     /* of an axis: an integer, or BATCH_SIZE */
  SETTING_AXES,     /* a set of axes */
  SETTING_ORDER,    /* all of attr.i: the order of axes */
  SETTING_VARIABLE, /* a number in the program's tables */
  SETTING_COLUMN,
  SETTING_TYPE, /* an element type */
  SETTING_CLOCK,
  SETTING_LAST,  /* 1: channels last */
  SETTING_EXTRA, /* an integer; 0 is the usual, which is not written */
  SETTING_REAL,  /* in attr.f */
  SETTING_KEY,   /* attr.key */
};

struct op_setting {
  const char *name; /* `length` bytes; NULL before the first */
  int length;
  enum setting_type type;
  int at;          /* in attr.i, or in attr.f */
  int whole, real; /* how many were before it */
  const char *rest;
};

/* Steps to the next setting of an operation, from {0} to the first; false after the last. */
bool op_setting_next(enum op op, struct op_setting *setting);
/* Whether an operation has a setting of this type. */
bool op_has_setting(enum op op, enum setting_type type);

/* ---- the table ---- */

extern const struct op_info op_info[OP_COUNT];

/* The result's type, with `rows` settled by the one rule there is: a value varies by row if an input does,
 * unless the operation contracts them. */
bool op_infer(enum op op, const struct attr *attr, const struct value_type *in, struct value_type *out,
              struct shape_problem *problem);

enum op op_by_name(const char *name); /* OP_NONE when there is none */

/* How many indices there are for an operation that makes NaN of others, in its last input; 0 for any other. */
int64_t op_indices(enum op op, const struct attr *attr, const struct value_type *in);
static inline bool input_in(unsigned inputs, int k) { return inputs >> k & 1; }

/* The value of an elementwise operation, in double. */
double op_value(enum op op, const struct attr *attr, double a, double b, double c);

/* Floating-point operations for one row of the result's or inputs' work (a multiply-add counts 2). */
double op_work(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out);

/* Axis sets: bit k stands for axis k of the larger shape. */
static inline bool axis_in(int64_t axes, int axis) { return axes >> axis & 1; }

/* Images are [c, h, w], or [h, w, c] where the operation's setting i4 is 1 ("channels last"); batch normalisation
 * knows of no h and w, and has its channels on the first or the last axis likewise. */
struct image {
  int64_t c, h, w;
};
static inline struct image image_of(const struct attr *attr, struct shape shape) {
  const int64_t *dim = shape.dim;
  return attr->i[4] ? (struct image){dim[2], dim[0], dim[1]} : (struct image){dim[0], dim[1], dim[2]};
}
static inline struct shape image_shape(const struct attr *attr, int64_t c, int64_t h, int64_t w) {
  return attr->i[4] ? (struct shape){3, {h, w, c}} : (struct shape){3, {c, h, w}};
}

/* How windows go along an axis of an image.  A convolution's settings are those down an image; where i7 is not 0, i7 to
 * i9 are those across, which are otherwise the same.  Dilation 0 is 1, and groups 0 are 1.  Where i10, which no
 * other operation has, is 1, the fast kernel takes Winograd's algorithm. */
struct steps {
  int64_t stride, pad, dilation;
};
static inline struct steps steps_down(const struct attr *attr) {
  return (struct steps){attr->i[0], attr->i[1], attr->i[5] ? attr->i[5] : 1};
}
static inline struct steps steps_across(const struct attr *attr) {
  if (!attr->i[7]) return steps_down(attr);
  return (struct steps){attr->i[7], attr->i[8], attr->i[9] ? attr->i[9] : 1};
}
static inline int64_t conv_groups(const struct attr *attr) { return attr->i[6] ? attr->i[6] : 1; }
static inline bool conv_winograd(const struct attr *attr) { return attr->i[10]; }

/* A pooling's windows along an axis; across an image i7 and i8 say, where they are not 0. */
struct pool_axis {
  int64_t window, stride;
};
static inline struct pool_axis pool_down(const struct attr *attr) { return (struct pool_axis){attr->i[0], attr->i[1]}; }
static inline struct pool_axis pool_across(const struct attr *attr) {
  return attr->i[7] ? (struct pool_axis){attr->i[7], attr->i[8]} : pool_down(attr);
}

static inline int channel_axis(const struct attr *attr, int rank) { return attr->i[4] ? rank - 1 : 0; }

#endif
