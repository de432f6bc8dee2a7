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

/* Rows of whole panels that lie beside each other: numbers side by side, panels panel_step apart where they go to. */
struct copy {
  float *to;
  int64_t panel_step, row_step;
  const float *from;
  int64_t from_step, panels, rows;
  int64_t ahead; /* from a number to the one to be fetched with it */
};

/* A panel's row is `fours` times four numbers; a constant where this is expanded. */
static inline __attribute__((always_inline)) void copy_fours(const struct copy *copy, const int fours) {
  for (int64_t k = 0; k < copy->rows; k++) {
    float *to = copy->to + k * copy->row_step;
    const float *from = copy->from + k * copy->from_step;
    for (int64_t panel = 0; panel < copy->panels; panel++, to += copy->panel_step, from += fours * 4) {
      __builtin_prefetch(from + copy->ahead);
      for (int v = 0; v < fours; v++) *(four *)(to + v * 4) = *(const four *)(from + v * 4);
    }
  }
}

static void copy_rows(const struct copy *copy) {
  if (micro->width == 32) copy_fours(copy, 8);
  else if (micro->width == 16) copy_fours(copy, 4);
  else copy_fours(copy, 2);
}

/* One row's columns, and zeros behind them. */
static void pack_row(float *to, const float *from, int64_t columns, int64_t column_step) {
  if (column_step == 1) memcpy(to, from, (size_t)columns * sizeof *to);
  else
    for (int64_t j = 0; j < columns; j++) to[j] = from[j * column_step];
  for (int64_t j = columns; j < micro->width; j++) to[j] = 0;
}

enum { TILE = 16, BESIDE = 4 }; /* panels packed by one thread; read and written beside each other */
/* What is fetched meanwhile: rows further down, and numbers further on along a column whose numbers lie side by side. */
enum { ROWS_AHEAD = 8, COLUMN_AHEAD = 64 };

/* Whole panels of a matrix whose rows lie side by side in memory. */
static void pack_beside(const struct packing *p, float *to, int64_t row_step, const float *x, int64_t panels) {
  int64_t panel_step = micro->width * p->depth;
  for (int64_t at = 0; at < panels; at += BESIDE)
    copy_rows(&(struct copy){.to = to + at * panel_step,
                             .panel_step = panel_step,
                             .row_step = row_step,
                             .from = x + at * micro->width,
                             .from_step = p->from_step[1],
                             .panels = smaller(BESIDE, panels - at),
                             .rows = p->count[1],
                             .ahead = ROWS_AHEAD * p->from_step[1]});
}

/* A panel whose columns' numbers lie side by side in memory, four rows by four columns at a time. */
static void pack_turned(float *to, int64_t row_step, const float *x, int64_t column_step, int64_t columns,
                        int64_t rows) {
  int64_t b = 0;
  for (; columns == micro->width && b + 4 <= rows; b += 4)
    for (int64_t j = 0; j < micro->width; j += 4) {
      const float *from = x + b + j * column_step;
      if (b % 16 == 0)
        for (int64_t k = 0; k < 4; k++) __builtin_prefetch(from + k * column_step + COLUMN_AHEAD);
      turn(to + b * row_step + j, row_step, from, column_step);
    }
  for (; b < rows; b++) pack_row(to + b * row_step, x + b, columns, column_step);
}

/* Panels from .. end, for one position on the outer axis of the memory's order. */
static void pack_some(const struct packing *p, float *to, const float *x, int64_t from, int64_t end) {
  int64_t width = micro->width, panel_step = width * p->depth, row_step = p->to_step[1] * width, panel = from;
  if (p->column_step == 1) {
    panel = larger(from, smaller(end, p->columns / width));
    pack_beside(p, to + from * panel_step, row_step, x + from * width, panel - from);
  }
  for (; panel < end; panel++) {
    const float *from_panel = x + panel * width * p->column_step;
    float *rows = to + panel * panel_step;
    int64_t columns = smaller(width, p->columns - panel * width);
    if (p->from_step[1] == 1) pack_turned(rows, row_step, from_panel, p->column_step, columns, p->count[1]);
    else
      for (int64_t b = 0; b < p->count[1]; b++)
        pack_row(rows + b * row_step, from_panel + b * p->from_step[1], columns, p->column_step);
  }
}

static void pack_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct packing *p = tiles->plan;
  for (int64_t a = 0; a < p->count[0]; a++)
    pack_some(p, p->to + a * p->to_step[0] * micro->width, p->from + a * p->from_step[0], from, to);
}

void pack_panels(const struct call *call, struct packing packing) {
  packing.depth = packing.count[0] * packing.count[1];
  int64_t panels = divide_up(packing.columns, micro->width), tiles = divide_up(panels, TILE);
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
  int64_t width = *panel_step = micro->width;
  if (columns == width)
    copy_rows(&(struct copy){.to = space,
                             .row_step = width,
                             .from = from,
                             .from_step = row_step,
                             .panels = 1,
                             .rows = rows,
                             .ahead = width});
  else
    for (int64_t k = 0; k < rows; k++) pack_row(space + k * width, from + k * row_step, columns, 1);
  return space;
}

const float *turned_panel(const float *from, int64_t rows, int64_t column_step, int64_t columns, float *space) {
  pack_turned(space, micro->width, from, column_step, columns, rows);
  return space;
}
