/* sums.h's loops for one instruction set.  Included with
 *
 *   NAME(x)   x with the set's suffix
 *   TARGET    the function attribute that lets the compiler use it, or nothing
 *   VECTOR    floats in the vectors of products; those of doubles have half as many
 *
 * and once for each of them, so there is no guard.  A vector wider than the set's registers would go through the
 * stack. */
#define DOUBLES (VECTOR / 2)
typedef float NAME(floats) __attribute__((vector_size(VECTOR * 4), aligned(4), may_alias));
typedef int32_t NAME(bits) __attribute__((vector_size(VECTOR * 4), aligned(4), may_alias));
typedef float NAME(half) __attribute__((vector_size(DOUBLES * 4), aligned(4), may_alias));
typedef double NAME(doubles) __attribute__((vector_size(DOUBLES * 8), aligned(8), may_alias));

#define WIDEN(x) __builtin_convertvector(*(const NAME(half) *)(x), NAME(doubles))

/* n elements at `t`, a multiple of VECTOR that the compiler knows. */
TARGET static inline __attribute__((always_inline)) void
NAME(combine_block)(float *to, const float *from, const struct weighted *sum, int64_t t, const int vectors) {
  NAME(floats) held[WEIGHTED / VECTOR];
  UNROLL for (int i = 0; i < vectors; i++) held[i] = (NAME(floats)){0};
  for (int64_t k = 0; k < sum->terms; k++) {
    const float *x = from + sum->offset[k] + t;
    UNROLL for (int i = 0; i < vectors; i++) held[i] += sum->weight[k] * *(const NAME(floats) *)(x + i * VECTOR);
  }
  UNROLL for (int i = 0; i < vectors; i++) * (NAME(floats) *)(to + t + i * VECTOR) = held[i];
}

/* The last vectors overlap those before, which changes nothing: every t has a sum of its own. */
TARGET static void NAME(combine)(float *to, int64_t n, const float *from, const struct weighted *sum) {
  int64_t at = 0;
  for (; n >= WEIGHTED && at < n; at += WEIGHTED)
    NAME(combine_block)(to, from, sum, smaller(at, n - WEIGHTED), WEIGHTED / VECTOR);
  for (; n >= VECTOR && at < n; at += VECTOR) NAME(combine_block)(to, from, sum, smaller(at, n - VECTOR), 1);
  for (; at < n; at++) {
    float all = 0;
    for (int64_t k = 0; k < sum->terms; k++) all += sum->weight[k] * from[sum->offset[k] + at];
    to[at] = all;
  }
}

TARGET static float NAME(dot)(const float *a, const float *b, int64_t n) {
  NAME(floats) sum[DOTTED / VECTOR] = {{0}};
  int64_t t = 0;
  for (; t + DOTTED <= n; t += DOTTED)
    UNROLL for (int i = 0; i < DOTTED / VECTOR; i++)
        sum[i] += *(const NAME(floats) *)(a + t + i * VECTOR) * *(const NAME(floats) *)(b + t + i * VECTOR);
  float all = 0, part[DOTTED / 2];
  UNROLL for (int i = 0; i < DOTTED / VECTOR / 2; i++) *
      (NAME(floats) *)(part + i * VECTOR) = sum[i] + sum[i + DOTTED / VECTOR / 2];
  for (; t < n; t++) all += a[t] * b[t];
  for (int i = 0; i < DOTTED / 2; i++) all += part[i];
  return all;
}

TARGET static inline __attribute__((always_inline)) void NAME(add_lines_block)(const float *x, int64_t n, int64_t step,
                                                                               double *sums, const int vectors) {
  NAME(doubles) sum[HELD / DOUBLES];
  UNROLL for (int k = 0; k < vectors; k++) sum[k] = *(const NAME(doubles) *)(sums + k * DOUBLES);
  for (; n--; x += step) UNROLL for (int k = 0; k < vectors; k++) sum[k] += WIDEN(x + k * DOUBLES);
  UNROLL for (int k = 0; k < vectors; k++) * (NAME(doubles) *)(sums + k * DOUBLES) = sum[k];
}

TARGET static void NAME(add_lines)(const float *x, int64_t n, int64_t step, int64_t width, double *sums) {
  int64_t k = 0;
  for (; k + HELD <= width; k += HELD) NAME(add_lines_block)(x + k, n, step, sums + k, HELD / DOUBLES);
  for (; k + HELD / 2 <= width; k += HELD / 2) NAME(add_lines_block)(x + k, n, step, sums + k, HELD / 2 / DOUBLES);
  for (; k + DOUBLES <= width; k += DOUBLES) NAME(add_lines_block)(x + k, n, step, sums + k, 1);
  for (; k < width; k++)
    for (int64_t at = 0; at < n; at++) sums[k] += (double)x[at * step + k];
}

TARGET static inline __attribute__((always_inline)) void NAME(add_centred_block)(const float *g, const float *x,
                                                                                 const double *mean, int64_t n,
                                                                                 int64_t step, double *sums,
                                                                                 const int vectors) {
  NAME(doubles) sum[HELD / DOUBLES], middle[HELD / DOUBLES];
  UNROLL for (int k = 0; k < vectors; k++) {
    sum[k] = *(const NAME(doubles) *)(sums + k * DOUBLES);
    middle[k] = *(const NAME(doubles) *)(mean + k * DOUBLES);
  }
  for (; n--; g += step, x += step)
    UNROLL for (int k = 0; k < vectors; k++) sum[k] += WIDEN(g + k * DOUBLES) * (WIDEN(x + k * DOUBLES) - middle[k]);
  UNROLL for (int k = 0; k < vectors; k++) * (NAME(doubles) *)(sums + k * DOUBLES) = sum[k];
}

TARGET static void NAME(add_centred)(const float *g, const float *x, const double *mean, int64_t n, int64_t step,
                                     int64_t width, double *sums) {
  int64_t k = 0;
  for (; k + HELD <= width; k += HELD)
    NAME(add_centred_block)(g + k, x + k, mean + k, n, step, sums + k, HELD / DOUBLES);
  for (; k + HELD / 2 <= width; k += HELD / 2)
    NAME(add_centred_block)(g + k, x + k, mean + k, n, step, sums + k, HELD / 2 / DOUBLES);
  for (; k + DOUBLES <= width; k += DOUBLES) NAME(add_centred_block)(g + k, x + k, mean + k, n, step, sums + k, 1);
  for (; k < width; k++)
    for (int64_t at = 0; at < n; at++) sums[k] += (double)g[at * step + k] * ((double)x[at * step + k] - mean[k]);
}

TARGET static inline __attribute__((always_inline)) void
NAME(add_parts_block)(const float *from, int64_t parts, int64_t step, float *total, const int vectors) {
  NAME(doubles) sum[HELD / DOUBLES];
  UNROLL for (int k = 0; k < vectors; k++) sum[k] = (NAME(doubles)){0};
  for (; parts--; from += step) UNROLL for (int k = 0; k < vectors; k++) sum[k] += WIDEN(from + k * DOUBLES);
  UNROLL for (int k = 0; k < vectors; k++) *
      (NAME(half) *)(total + k * DOUBLES) = __builtin_convertvector(sum[k], NAME(half));
}

TARGET static void NAME(add_parts)(const float *first, int64_t parts, int64_t step, int64_t n, float *total) {
  int64_t at = 0;
  for (; at + HELD <= n; at += HELD) NAME(add_parts_block)(first + at, parts, step, total + at, HELD / DOUBLES);
  for (; at < n; at += DOUBLES) NAME(add_parts_block)(first + at, parts, step, total + at, 1);
}

TARGET static inline __attribute__((always_inline)) double NAME(sum_of)(const float *x, int64_t n) {
  NAME(doubles) part[ADDED / DOUBLES];
  double lane[DOUBLES], rest = 0;
  int64_t i = 0;
  UNROLL for (int v = 0; v < ADDED / DOUBLES; v++) part[v] = (NAME(doubles)){0};
  for (; i + ADDED <= n; i += ADDED)
    UNROLL for (int v = 0; v < ADDED / DOUBLES; v++) part[v] += WIDEN(x + i + v * DOUBLES);
  for (; i < n; i++) rest += (double)x[i];
  if (n < ADDED) return rest;
  UNROLL for (int width = ADDED / DOUBLES / 2; width; width /= 2) UNROLL for (int v = 0; v < width; v++)
      part[v] += part[v + width];
  *(NAME(doubles) *)lane = part[0];
  UNROLL for (int width = DOUBLES / 2; width; width /= 2) UNROLL for (int k = 0; k < width; k++)
      lane[k] += lane[k + width];
  return rest + lane[0];
}

TARGET static double NAME(sum_line)(const float *x, int64_t n) { return NAME(sum_of)(x, n); }

TARGET static void NAME(sum_each)(const float *x, int64_t lines, int64_t n, float *out) {
  for (int64_t at = 0; at < lines; at++) out[at] = (float)NAME(sum_of)(x + at * n, n);
}

/* NaN is larger than all, also than the NaN before it. */
#define IS_LARGER(b, a) (((b) > (a)) | ((b) != (b)))

TARGET static inline __attribute__((always_inline)) float NAME(largest_of)(const float *x, int64_t n) {
  float part[VECTOR], largest = x[0];
  int64_t i = 0;
  if (n >= VECTOR) {
    NAME(bits) best = *(const NAME(bits) *)x;
    for (i = VECTOR; i + VECTOR <= n; i += VECTOR) {
      NAME(bits) next = *(const NAME(bits) *)(x + i);
      NAME(bits) larger = IS_LARGER((NAME(floats))next, (NAME(floats))best);
      best = (larger & next) | (~larger & best);
    }
    *(NAME(bits) *)part = best;
    UNROLL for (int width = VECTOR / 2; width; width /= 2) UNROLL for (int k = 0; k < width; k++)
        part[k] = IS_LARGER(part[k + width], part[k]) ? part[k + width] : part[k];
    largest = part[0];
  }
  for (; i < n; i++) largest = IS_LARGER(x[i], largest) ? x[i] : largest;
  return largest;
}

TARGET static void NAME(largest_each)(const float *x, int64_t lines, int64_t n, float *out) {
  for (int64_t at = 0; at < lines; at++) out[at] = NAME(largest_of)(x + at * n, n);
}

#undef IS_LARGER
#undef DOUBLES
#undef WIDEN
