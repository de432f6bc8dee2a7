/* The plan of a graph: in which order its nodes run, which of them run together, and where in one slab each result
 * lies.
 *
 * Groups.  A group is a run of steps that is carried out tile by tile: some rows of every member, then the next rows.
 * What only members read lives in a thread's tile memory, small enough for its cache, and is never there as a whole.
 * A group is cut into chunks, which threads take in any order; each chunk is walked in tiles.  Both depend on the
 * graph and the plan's rows alone.
 *
 *   GROUP_WHOLE     one step: its kernel does the cutting
 *   GROUP_ROWS      row-local operations, cut by rows; and sums over the rows of what they make (batch
 *                   reductions), which add up in a partial result a chunk
 *   GROUP_ELEMENTS  elementwise operations on values without rows and of one size, cut by elements; and before them
 *                   products: large sums over rows that are made some lines at a time (a span), as the others want
 *                   their elements
 *
 * A buffer lives from the step that writes it to the last that reads it; two whose live ranges overlap get disjoint
 * places. Constants, variables and columns have no place in the slab (constants have a block of their own, filled
 * once). Views share their input's place; operations that allow it write over an input that nobody reads later.
 * lower_bound is the largest number of bytes alive at one step: no placement can do with less for this order.
 *
 * Writes.  A step reads every variable as it was at the start, and a plan keeps to that without holding all new
 * values to the end: a write is carried out as soon as its value is there and nobody reads the variable any more.
 * A value that is computed when the last reader is done, or by the last reader if that may work in place, is
 * computed right in the variable's storage.
 *
 * Ownership: a plan lives in the arena given, and borrows its graph and traits. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H
#include "graph/graph.h"
#include "op/traits.h"

struct buffer {
  int64_t offset, size; /* bytes in the slab; offset -1: not in the slab */
  int first, last;      /* steps during which it lives; `steps` stands for after the last one */
};

enum group_kind { GROUP_WHOLE, GROUP_ROWS, GROUP_ELEMENTS };

struct group {
  enum group_kind kind;
  int begin, end;      /* steps begin .. end - 1 */
  int64_t chunk, tile; /* rows or elements in a chunk, and in a tile of it */
  int64_t tile_bytes;  /* of a thread's tile memory */
  int64_t chunks;      /* for the plan's rows */
  int products;        /* of GROUP_ELEMENTS: so many steps from begin on */
  int64_t line, span;  /* elements in a line of theirs, and in the lines that they make at a time; a chunk is spans */
};

/* Whether one thread carries the tiles of a group, and its kernels share the threads instead. */
static inline bool one_chunk(const struct group *group) { return group->kind == GROUP_ROWS && group->chunks == 1; }

/* The first step of a group that is no product. */
static inline int after_products(const struct group *group) { return group->begin + group->products; }

/* Why a node is not in the group of an input. */
enum apart {
  TOGETHER,        /* it is */
  APART_LEAVES,    /* nothing that runs makes its inputs */
  APART_REDUCTION, /* it sums over the rows, and cannot do so chunk by chunk */
  APART_KIND,      /* they are not cut in the same way */
  APART_MANY,      /* it has as many members, or products, as a group may have */
  APART_WEIGHTS,   /* the matrices that both multiply by are too large for a cache */
  APART_ROOM,      /* a row of both would be too large */
  APART_SUM,       /* it reads a sum over all rows that the group makes */
  APART_ORDER,     /* something outside must run between them */
  APART_ALONE,     /* nothing is grouped */
};

struct reason {
  enum apart apart;
  node_id from; /* the input meant; 0 for none */
};

/* Where a step's memory beside its operands lies; offsets in the group's scratch, or in tile memory. */
struct extra {
  int shared;            /* which of plan->shared its calls read; -1 for none */
  int64_t partial;       /* batch reductions: their sums, one a chunk */
  int64_t partial_bytes; /* of one of them; 0 for others */
  int64_t scratch;       /* the kernel's: in tile memory, or for GROUP_WHOLE in the group's scratch */
};

/* What is made once for a step, and for others that want the same of the same inputs. */
struct shared {
  struct buffer buffer;
  int step; /* that it is made for: the first that reads it */
};

/* How a graph is to be run.
 *   rows       the largest batch
 *   threads    that run a group's chunks, 1 or more: each has its tile memory
 *   ungrouped  every operation runs by itself on the whole batch, for comparison
 *   fine       even small groups are cut into chunks and tiles, for tests */
struct plan_settings {
  int64_t rows;
  int threads;
  bool ungrouped, fine;
};

struct plan {
  const struct graph *graph;
  const struct kernel_traits *traits;
  struct plan_settings settings;
  int64_t rows;           /* the largest batch: as in settings */
  size_t element;         /* bytes of an F32 element, as the traits have it */
  const char *order_name; /* how the order was found */
  node_id *order;         /* what runs, one node a step; bound leaves, constants and views are not in it */
  int steps;
  struct group *group;
  int groups;
  int *group_of;       /* by step */
  struct extra *extra; /* by step */
  struct shared *shared;
  int shareds;
  struct reason *reason; /* by node */
  bool *tile_local;      /* by node: read by its own group only, and in tile memory */
  int64_t *tile_at;      /* by node: where in tile memory a tile-local result lies */
  node_id *source; /* by node: the node whose value a view shows, through all views; else itself; 0: not reached */
  struct buffer *buffer;  /* by node; meaningful for holders */
  node_id *holder;        /* by node: whose buffer it uses: itself, or that of what it shows or writes over */
  struct buffer *scratch; /* by step: a group's memory beside results, at its first step; size 0 for none.  It holds
                             partial results, then a tile's memory for each thread */
  int *direct;            /* by node: the ROOT_WRITE whose variable it is computed in; -1: none */
  int *write_after;       /* by root: the step after which a ROOT_WRITE is carried out; `steps`: at the end */
  int64_t peak, lower_bound;
  int64_t looks;         /* that finding the groups took: a measure of planning that is the same on every machine */
  const char *placed_by; /* the rule that gave the offsets */
};

enum { PLAN_ALIGN = 64, PLAN_MEMBERS = 256 /* of a group, at most */ };

/* What a node of the graph computes while a step runs (so neither a view nor a leaf that stands ready). */
static inline bool node_runs(const struct node *node) {
  return op_info[node->op].class != VIEW && !(op_info[node->op].properties & READY);
}

/* Bytes of a value: negative where they do not fit. */
int64_t plan_bytes(const struct value_type *type, int64_t rows, size_t element);

/* A pure function of the graph, the settings and the traits: it takes no memory but the arena's.  The plan has passed
 * plan_verify.  NULL with an ERROR_DATA where a size does not fit. */
struct plan *plan_make(struct arena *arena, const struct graph *graph, const struct plan_settings *settings,
                       const struct kernel_traits *traits, struct error *error);

/* Runs the plan without numbers: every step finds its inputs' values where it looks for them and every write the
 * value that it stores, no variable is read after it was written, and buffers alive at the same step are disjoint,
 * inside the slab and aligned. */
bool plan_verify(const struct plan *plan, struct error *error);

/* Schedule, live ranges, offsets, peak, lower bound, ratio: what --plan prints. */
const char *plan_string(struct arena *arena, const struct plan *plan);

/* Placement alone: n buffers with size and [first, last] live ranges get offsets; returns the peak.  Tries several
 * orders, and where the best of them is above the bound, searches while looks (about a nanosecond each) are left.
 * place has looks in proportion to n, for some 20 milliseconds at most.  The same buffers get the same offsets.  The
 * name, where one is asked for, is of the rule that gave them. */
int64_t place(struct arena *arena, struct buffer *buffers, size_t n, const char **name);
int64_t place_hard(struct arena *arena, struct buffer *buffers, size_t n, int64_t looks, const char **name);
int64_t place_lower_bound(const struct buffer *buffers, size_t n);

#endif
