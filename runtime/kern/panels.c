#include "kern/panels.h"

#include <string.h>

int64_t panels_floats(int64_t columns, int64_t depth) {
  return product(product(divide_up(columns, micro->width), micro->width), depth);
}

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
#if defined __clang__
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int picks __attribute__((vector_size(16)));
#define PICK(a, b, ...) __builtin_shuffle(a, b, (picks){__VA_ARGS__})
#endif

/* Four columns, which lie `step` apart, of four rows, which lie side by side. */
static void turn(float *to, int64_t to_step, const float *from, int64_t step) {
  four a = *(const four *)from, b = *(const four *)(from + step);
  four c = *(const four *)(from + 2 * step), d = *(const four *)(from + 3 * step);
  four ab = PICK(a, b, 0, 4, 1, 5), cd = PICK(c, d, 0, 4, 1, 5);
  *(four *)to = PICK(ab, cd, 0, 1, 4, 5);
  *(four *)(to + to_step) = PICK(ab, cd, 2, 3, 6, 7);
  ab = PICK(a, b, 2, 6, 3, 7);
  cd = PICK(c, d, 2, 6, 3, 7);
  *(four *)(to + 2 * to_step) = PICK(ab, cd, 0, 1, 4, 5);
  *(four *)(to + 3 * to_step) = PICK(ab, cd, 2, 3, 6, 7);
}

void turn_over(float *to, int64_t to_step, const float *from, int64_t from_step, int64_t n, int64_t depth) {
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4) {
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) turn(to + i * to_step + k, to_step, from + k * from_step + i, from_step);
    for (; i < n; i++)
      for (int64_t b = k; b < k + 4; b++) to[i * to_step + b] = from[b * from_step + i];
  }
  for (; k < depth; k++)
    for (int64_t i = 0; i < n; i++) to[i * to_step + k] = from[k * from_step + i];
}

/* Rows of `fours` times four numbers; a constant where this is expanded. */
static inline __attribute__((always_inline)) void copy_fours(float *to, const float *from, int64_t rows,
                                                             int64_t row_step, const int fours) {
  for (int64_t k = 0; k < rows; k++) {
    __builtin_prefetch(from + k * row_step + fours * 4); /* the next panel's */
    for (int v = 0; v < fours; v++) *(four *)(to + (k * fours + v) * 4) = *(const four *)(from + k * row_step + v * 4);
  }
}

/* Whole rows of a panel. */
static void copy_rows(float *to, const float *from, int64_t rows, int64_t row_step) {
  if (micro->width == 32) copy_fours(to, from, rows, row_step, 8);
  else if (micro->width == 16) copy_fours(to, from, rows, row_step, 4);
  else copy_fours(to, from, rows, row_step, 2);
}

/* One row's columns, and zeros behind them. */
static void pack_row(float *to, const float *from, int64_t columns, int64_t column_step) {
  if (column_step == 1 && columns == micro->width) copy_rows(to, from, 1, 0);
  else if (column_step == 1) memcpy(to, from, (size_t)columns * sizeof *to);
  else
    for (int64_t j = 0; j < columns; j++) to[j] = from[j * column_step];
  for (int64_t j = columns; j < micro->width; j++) to[j] = 0;
}

/* Panels that are filled side by side, so that rows of the matrix are read as far as they lie next to each other. */
enum { BESIDE = 16, AHEAD = 64 };

/* A panel whose columns lie side by side in memory, four rows by four columns at a time. */
static void pack_turned(const struct packing *p, float *row, int64_t row_step, const float *x) {
  int64_t b = 0;
  for (; b + 4 <= p->count[1]; b += 4)
    for (int64_t j = 0; j < micro->width; j += 4) {
      const float *from = x + b + j * p->column_step;
      if (b % 16 == 0)
        for (int64_t k = 0; k < 4; k++) __builtin_prefetch(from + k * p->column_step + AHEAD);
      turn(row + b * row_step + j, row_step, from, p->column_step);
    }
  for (; b < p->count[1]; b++) pack_row(row + b * row_step, x + b, micro->width, p->column_step);
}

static void pack_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct packing *p = tiles->plan;
  for (int64_t a = 0; a < p->count[0]; a++)
    for (int64_t side = p->from_step[1] == 1 ? 0 : p->count[1], b = 0; b < larger(1, side); b++)
      for (int64_t panel = from; panel < to; panel++) {
        int64_t first = panel * micro->width, columns = smaller(micro->width, p->columns - first);
        int64_t row_step = p->to_step[1] * micro->width;
        const float *x = p->from + first * p->column_step + a * p->from_step[0];
        float *row = p->to + first * p->depth + a * p->to_step[0] * micro->width;
        if (side) pack_row(row + b * row_step, x + b * p->from_step[1], columns, p->column_step);
        else if (columns == micro->width) pack_turned(p, row, row_step, x);
        else
          for (int64_t k = 0; k < p->count[1]; k++) pack_row(row + k * row_step, x + k, columns, p->column_step);
      }
}

void pack_panels(const struct call *call, struct packing packing) {
  packing.depth = packing.count[0] * packing.count[1];
  int64_t panels = divide_up(packing.columns, micro->width), tiles = divide_up(panels, BESIDE);
  run_tiles(&(struct tiles){call, &packing, panels, divide_up(panels, tiles), pack_tile});
}

const float *packed_panel(const float *from, int64_t rows, int64_t row_step, int64_t columns, float *space,
                          int64_t *panel_step) {
  *panel_step = row_step;
  if (columns == micro->width || columns == micro->width / 2) return from;
  return copied_panel(from, rows, row_step, columns, space, panel_step);
}

const float *copied_panel(const float *from, int64_t rows, int64_t row_step, int64_t columns, float *space,
                          int64_t *panel_step) {
  *panel_step = micro->width;
  if (columns == micro->width) copy_rows(space, from, rows, row_step);
  else
    for (int64_t k = 0; k < rows; k++) pack_row(space + k * micro->width, from + k * row_step, columns, 1);
  return space;
}
