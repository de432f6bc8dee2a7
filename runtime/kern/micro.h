/* The one inner loop of all products: rows times a panel.
 *
 *   out[row][j] (+)= sum_k  in[base(row) + at(k)]  panel[k][j]        j < columns <= micro.width
 *
 * A block of rows by a panel of columns is held in registers while k runs: the element of `in` is broadcast, the
 * panel's row is one or two vectors.  A convolution's rows are positions and k walks over the taps of its
 * filter; for the gradient of the filters, rows are those taps and k walks over positions.  So nothing is ever
 * copied into columns.  at(k) is a walk of three nested loops, which all of them are.
 *
 * Every element is summed in the order of k by one accumulator, whichever rows share its block: the bits of a row
 * do not depend on the others.
 *
 * There is one such loop for each instruction set (micro_body.h), beside its loops of sums (sums.h), chosen when the
 * program starts.  The environment variable CRL_KERNELS = avx512, avx2 or portable asks for a lesser one than the
 * machine has, for tests.
 *
 * Ownership: borrows everything. */
#ifndef KERN_MICRO_H
#define KERN_MICRO_H
#include <stdbool.h>
#include <stdint.h>

#include "kern/sums.h"

struct product_rows {
  int64_t n;
  const float *in;
  const int64_t *base; /* of each row; NULL: row * base_step */
  int64_t base_step;
  int64_t count[3], step[3]; /* the walk, outermost loop first */
  const float *panel;
  int64_t panel_step; /* from row to row; the rows hold whole vectors, where columns is less too */
  float *out;
  const int64_t *to; /* of each row; NULL: row * to_step */
  int64_t to_step;
  int64_t columns;
  bool add;    /* sums to what is in out */
  bool resume; /* sums begin with what is in out: a walk that was cut gives the bits of the whole */
};

enum { MOST_WIDTH = 32 };

struct micro {
  const char *name;
  int64_t width, rows; /* columns of a panel, at most MOST_WIDTH; rows of the largest block */
  void (*product)(const struct product_rows *rows);
  struct sum_loops sums;
};

/* The one in use: portable until micro_start. */
extern const struct micro *micro;
void micro_start(void);

#endif
