/* What the executor's files share: a graph with all its memory and pointers settled.
 *
 * Ownership: exec_new makes it, exec_free frees it; the lists live in its arena. */
#ifndef EXEC_PREPARED_H
#define EXEC_PREPARED_H
#include "exec/exec.h"

typedef VEC(void **) pointers; /* to pointers that follow a leaf's storage */

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

struct profile {
  double *seconds; /* by step */
  int64_t runs, rows;
};

struct exec {
  struct arena *arena;
  const struct graph *graph;
  struct plan *plan;
  struct exec_settings settings;
  kernel *const *kernels;
  struct call *calls; /* by step */
  size_t variables, columns;
  struct leaf *variable, *column;
  unsigned char *slab, *constants, *kept;
  /* Variables that a write replaces and a root shows or stores elsewhere are copied before the first step. */
  copies before, writes; /* writes: by rising step */
  struct outcome *outcome;
  size_t outcomes;
  struct profile *profile; /* NULL: off */
};

size_t exec_element(const struct exec *exec);
/* Bytes of a value at this many rows. */
int64_t exec_bytes(const struct exec *exec, const struct value_type *type, int64_t rows);

void copies_run(const copies *copies, size_t begin, size_t end, int64_t rows);
/* Carries out step s, and then the writes that follow it; next is the first that was not carried out yet. */
void step_run(struct exec *exec, int s, int64_t rows, const struct moment *moment);
size_t writes_run(struct exec *exec, int s, size_t next, int64_t rows);

/* Runs with a clock around every step; profile is on. */
void profile_run(struct exec *exec, int64_t rows, const struct moment *moment);
void profile_free(struct exec *exec);

#endif
