/* Loops of sums, and of one like them, whose vectors are as wide as the registers of the instruction set (sums_body.h);
 * micro.h has the table of them that is in use.  Every sum runs in one order whatever the width, so all sets give the same bits.
 *
 * Ownership: borrows everything. */
#ifndef KERN_SUMS_H
#define KERN_SUMS_H
#include <stdint.h>

/* Numbers that a loop holds in registers: sums of products, the parts of a sum of products, sums in double, the parts of
 * a line's sum. */
enum { WEIGHTED = 64, DOTTED = 32, HELD = 32, ADDED = 16 };

struct weighted {
  int64_t terms;
  const int64_t *offset;
  const float *weight;
};

struct sum_loops {
  /* to[t] = sum over k of weight[k] from[offset[k] + t], t < n */
  void (*combine)(float *to, int64_t n, const float *from, const struct weighted *sum);
  /* sum over t < n of a[t] b[t] */
  float (*dot)(const float *a, const float *b, int64_t n);
  /* sums[k] += sum over i < n of x[i step + k], k < width */
  void (*add_lines)(const float *x, int64_t n, int64_t step, int64_t width, double *sums);
  /* sums[k] += sum over i < n of g[i step + k] (x[i step + k] - mean[k]), k < width */
  void (*add_centred)(const float *g, const float *x, const double *mean, int64_t n, int64_t step, int64_t width,
                      double *sums);
  /* total[k] = sum in double over i < parts of first[i step + k], k < n, a multiple of the micro kernel's width */
  void (*add_parts)(const float *first, int64_t parts, int64_t step, int64_t n, float *total);
  /* the sum in double of n numbers, in ADDED interleaved parts, whose halves are added until one is left */
  double (*sum_line)(const float *x, int64_t n);
  /* out[i] = sum_line of line i of x [lines, n] */
  void (*sum_each)(const float *x, int64_t lines, int64_t n, float *out);
  /* out[i] = the largest of line i of x [lines, n]; NaN is larger than all */
  void (*largest_each)(const float *x, int64_t lines, int64_t n, float *out);
};

#endif
