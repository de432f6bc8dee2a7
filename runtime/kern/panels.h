/* Matrices in the order in which micro.h reads them: panel after panel of micro->width columns, each
 * [depth, width], the last filled up with zeros.
 *
 * Ownership: borrows everything. */
#ifndef KERN_PANELS_H
#define KERN_PANELS_H
#include "kern/inner.h"
#include "kern/micro.h"

/* Element (row, column) of the matrix lies at from[a * from_step[0] + b * from_step[1] + column * column_step],
 * where row = a * to_step[0] + b * to_step[1]: a and b run in the order in which the memory lies. */
struct packing {
  const float *from;
  float *to;
  int64_t columns, column_step;
  int64_t count[2], from_step[2], to_step[2];
  int64_t depth; /* set by pack_panels: rows */
};
int64_t panels_floats(int64_t columns, int64_t depth);
void pack_panels(const struct call *call, struct packing packing);

/* to[i][k] = from[k][i] for n numbers i and `depth` numbers k. */
void turn_over(float *to, int64_t to_step, const float *from, int64_t from_step, int64_t n, int64_t depth);

/* Rows of at most micro->width columns as a panel: where they are if whole vectors can be read there, or else
 * copied to space for rows * micro->width floats. */
const float *packed_panel(const float *from, int64_t rows, int64_t row_step, int64_t columns, float *space,
                          int64_t *panel_step);
/* The same, always copied: for many reads of rows that lie far apart. */
const float *copied_panel(const float *from, int64_t rows, int64_t row_step, int64_t columns, float *space,
                          int64_t *panel_step);
/* Always copied, of a matrix turned over: the numbers of a column lie side by side. */
const float *turned_panel(const float *from, int64_t rows, int64_t column_step, int64_t columns, float *space);

#endif
