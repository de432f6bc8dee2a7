/* micro.h's loop for one instruction set.  Included with
 *
 *   NAME(x)           x with the set's suffix
 *   NAME_STRING       the set's name
 *   TARGET            the function attribute that lets the compiler use it, or nothing
 *   VECTOR            floats in a vector
 *   ROWS              rows of the largest block: two vectors each, leaving some for the panel's row and a broadcast
 *   FUSED(x, v, sum)  sum + x v, for a number x and vectors v and sum
 *
 * and once for each of them, so there is no guard. */
typedef float NAME(vector) __attribute__((vector_size(VECTOR * 4)));
typedef float NAME(loose) __attribute__((vector_size(VECTOR * 4), aligned(4), may_alias));

/* Where row `at` of the result goes. */
TARGET static inline __attribute__((always_inline)) float *NAME(out)(const struct product_rows *job, int64_t at) {
  return job->out + (job->to ? job->to[at] : at * job->to_step);
}

/* What is in a row of the result. */
TARGET static inline __attribute__((always_inline)) void NAME(read)(const struct product_rows *job, int64_t at,
                                                                    NAME(vector) * sum, const int vectors) {
  float part[2 * VECTOR] = {0};
  const float *from = NAME(out)(job, at);
  if (job->columns < vectors * VECTOR) {
    for (int64_t j = 0; j < job->columns; j++) part[j] = from[j];
    from = part;
  }
  UNROLL for (int v = 0; v < vectors; v++) sum[v] = *(const NAME(loose) *)(from + v * VECTOR);
}

/* Rows `first` .. first + n - 1 by `vectors`; both are constants where this is expanded. */
TARGET static inline __attribute__((always_inline)) void NAME(block)(const struct product_rows *job, int64_t first,
                                                                     const int n, const int vectors) {
  const float *in[ROWS], *panel = job->panel;
  NAME(vector) sum[ROWS][2], row[2];
  if (job->base) UNROLL for (int p = 0; p < n; p++) in[p] = job->in + job->base[first + p];
  else UNROLL for (int p = 0; p < n; p++) in[p] = job->in + (first + p) * job->base_step;
  UNROLL for (int p = 0; p < n; p++) UNROLL for (int v = 0; v < vectors; v++) sum[p][v] = (NAME(vector)){0};
  if (job->resume) UNROLL for (int p = 0; p < n; p++) NAME(read)(job, first + p, sum[p], vectors);
  for (int64_t a = 0; a < job->count[0]; a++)
    for (int64_t b = 0; b < job->count[1]; b++) {
      int64_t at = a * job->step[0] + b * job->step[1], step = job->step[2], panel_step = job->panel_step;
      for (int64_t c = job->count[2]; c; c--) {
        UNROLL for (int v = 0; v < vectors; v++) row[v] = *(const NAME(loose) *)(panel + v * VECTOR);
        UNROLL for (int p = 0; p < n; p++) {
          float x = in[p][at];
          UNROLL for (int v = 0; v < vectors; v++) sum[p][v] = FUSED(x, row[v], sum[p][v]);
        }
        panel += panel_step;
        at += step;
      }
    }
  float *out[ROWS];
  UNROLL for (int p = 0; p < n; p++) out[p] = NAME(out)(job, first + p);
  if (job->columns < vectors * VECTOR) {
    UNROLL for (int p = 0; p < n; p++) {
      float part[2 * VECTOR];
      UNROLL for (int v = 0; v < vectors; v++) * (NAME(loose) *)(part + v * VECTOR) = sum[p][v];
      for (int64_t j = 0; j < job->columns; j++) out[p][j] = job->add ? out[p][j] + part[j] : part[j];
    }
    return;
  }
  if (job->add)
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int v = 0; v < vectors; v++)
        sum[p][v] += *(const NAME(loose) *)(out[p] + v * VECTOR);
  UNROLL for (int p = 0; p < n; p++) UNROLL for (int v = 0; v < vectors; v++) *
      (NAME(loose) *)(out[p] + v * VECTOR) = sum[p][v];
}

#define BLOCK(n)                                                                        \
  TARGET static void NAME(block_1_##n)(const struct product_rows *job, int64_t first) { \
    NAME(block)(job, first, n, 1);                                                      \
  }                                                                                     \
  TARGET static void NAME(block_2_##n)(const struct product_rows *job, int64_t first) { NAME(block)(job, first, n, 2); }
#define BLOCK_1(n) NAME(block_1_##n),
#define BLOCK_2(n) NAME(block_2_##n),
BLOCKS(BLOCK)

/* Blocks of nearly the same size, so that the last is not a small one. */
static void NAME(product)(const struct product_rows *job) {
  static void (*const by_size[2][ROWS])(const struct product_rows *, int64_t) = {{BLOCKS(BLOCK_1)}, {BLOCKS(BLOCK_2)}};
  int64_t blocks = (job->n + ROWS - 1) / ROWS, first = 0;
  for (int64_t k = 0; k < blocks; k++) {
    int64_t next = job->n * (k + 1) / blocks;
    by_size[job->columns > VECTOR][next - first - 1](job, first);
    first = next;
  }
}

#include "kern/sums_body.h"

static const struct micro NAME(set) = {NAME_STRING,
                                       2 * VECTOR,
                                       ROWS,
                                       NAME(product),
                                       {NAME(combine), NAME(dot), NAME(add_lines), NAME(add_centred), NAME(add_parts),
                                        NAME(sum_line), NAME(sum_each), NAME(largest_each)}};

#undef BLOCK
#undef BLOCK_1
#undef BLOCK_2
#undef NAME
#undef NAME_STRING
#undef TARGET
#undef VECTOR
#undef ROWS
#undef FUSED
#undef BLOCKS
