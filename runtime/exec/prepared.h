/* What the executor's files share: a graph with all its memory and pointers settled.
 *
 * Ownership: exec_new makes it, exec_free frees it; the lists live in its arena. */
#ifndef EXEC_PREPARED_H
#define EXEC_PREPARED_H
#include "exec/exec.h"

typedef VEC(void **) pointers; /* to pointers that follow a leaf's storage */

struct placed {
  void **pointer;
  int64_t offset;
};

struct leaf { /* a variable or a column */
  void *data;
  pointers users;
};

struct copy {
  void *from, *to;
  int64_t bytes; /* of one row, or in all */
  bool rows;
  int after; /* the step that it follows */
};
typedef VEC(struct copy) copies;

struct outcome { /* a ROOT_VALUE */
  const char *name;
  struct value_type type;
  void *data;
};

struct event {
  int what; /* a step, or -1 - g for a chunk of group g */
  double begun, ended;
};

struct events {
  struct event *at;
  size_t n, capacity;
};

struct profile {
  double *seconds; /* by worker and step: worker * steps + step */
  double wall;     /* of all runs */
  int64_t runs, rows;
  double begun;         /* when measuring began */
  struct events *trace; /* by worker; NULL: none is kept */
};

/* Where a member of a group finds an operand for the current tile. */
struct reach {
  int64_t step; /* bytes from a row, or an element, to the next; 0: the same for all */
  int64_t tile; /* where in tile memory it is; -1: not there */
  int64_t span; /* there: bytes from an element of the span to the next; 0: it is only as large as a tile */
};

/* What a group works on at a time. */
struct tile {
  int64_t at, n;         /* rows or elements */
  int64_t span;          /* where its span begins */
  int64_t chunk;         /* its number */
  bool first;            /* of its chunk */
  unsigned char *memory; /* of the thread */
  int worker;
};

static inline unsigned char *reach_in_tile(const struct reach *reach, const struct tile *tile) {
  return tile->memory + reach->tile + (tile->at - tile->span) * reach->span;
}

struct factor {
  void *const *data; /* where the number is; NULL: 1 */
  float sign;
};

/* A member of a chain: an elementwise call that can be carried out in the short way, or a sum of multiples in which it
 * and products with numbers are joined. */
struct chained {
  struct elements_run run;
  void *const *data[3], **out; /* where operands are, if not in tile memory */
  struct reach in[3], to;
  bool sum, dropped; /* factor x + factor y, or factor x + factor; joined with another */
  struct factor factor[2];
};

struct chain {
  struct chained *member;
  int members;
};

/* A step whose kernel may fail, and where it says so. */
struct failing {
  int step;
  struct failure failure;
};

struct member_reach {
  struct reach in[MAX_INPUTS], out;
  /* in the slab */
  int64_t shared;    /* what calls share; -1 for none */
  bool makes_shared; /* this step is the first to read it */
  int64_t partial;   /* a batch reduction's sums, one a chunk */
  int64_t scratch;   /* of a step that runs by itself */
};

struct exec {
  struct arena *arena;
  const struct graph *graph;
  const struct plan *plan;
  const struct backend *backend;
  struct pool *pool;
  struct call *calls;         /* by step: for the whole batch; of what is tile-local, only types */
  struct member_reach *reach; /* by step */
  int64_t *tiles;             /* by group: the threads' tile memories in the slab */
  struct chain **chains;      /* by group: of its elementwise members, or NULL */
  size_t variables, columns;
  struct leaf *variable, *column;
  const struct array *column_names; /* or NULL */
  struct slab *slab;
  unsigned char *memory;     /* the slab's, as the pointers into it are */
  VEC(struct placed) placed; /* pointers into the slab */
  unsigned char *constants, *kept;
  /* Variables that a write replaces and a root shows or stores elsewhere are copied before the first step. */
  copies before, writes; /* writes: by rising step */
  struct outcome *outcome;
  size_t outcomes;
  VEC(struct failing) failing; /* by rising step; hardly a graph has any */
  struct profile *profile;     /* NULL: off */
};

/* Bytes of a value at this many rows. */
int64_t exec_bytes(const struct exec *exec, const struct value_type *type, int64_t rows);

/* After the slab has moved, the pointers into it follow. */
void slab_follow(struct exec *exec);

/* What is as large as the batch was planned for one number of rows; an error for another. */
bool rows_fit(const struct exec *exec, int64_t rows, struct error *error);

void copies_run(const struct exec *exec, const copies *copies, size_t begin, size_t end, int64_t rows);
/* Carries out group g, and then the writes that are due; next is the first that was not carried out yet.  Where bad is
 * not NULL, the numbers of each step's result that are infinite or NaN are added to bad[step]. */
void group_run(struct exec *exec, int g, int64_t rows, const struct step_context *step_context, _Atomic int64_t *bad);
/* False where a kernel of group g has failed, and why; what it said is forgotten. */
bool group_done(struct exec *exec, int g, struct error *error);
size_t writes_run(struct exec *exec, int g, size_t next, int64_t rows);

/* The chain of a group by elements; NULL where one of its members cannot be carried out in the short way. */
struct chain *chain_new(struct exec *exec, const struct group *group);
/* Runs it on the tiles of n elements that a span is made of. */
void chain_run(const struct chain *chain, const struct backend *backend, const struct tile *span, int64_t n);

/* A clock in seconds, and a note that a worker has spent the time since `begun` on a step. */
void profile_note(struct exec *exec, int worker, int s, double begun);
/* The members of a chain run too fast for a clock between them: each is said to take the same time. */
void profile_share(struct exec *exec, int worker, const struct group *group, double begun);
void profile_free(struct exec *exec);
/* Floating-point operations of step s in all runs. */
double profile_work(const struct exec *exec, int s);
/* Keeps an event (exec_trace is on). */
void trace_note(struct exec *exec, int worker, int what, double begun, double ended);
void trace_free(struct exec *exec);

#endif
