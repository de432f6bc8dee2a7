#include "kern/panels.h"

#include <string.h>

int64_t panels_floats(int64_t columns, int64_t depth) {
  return product(product(divide_up(columns, micro->width), micro->width), depth);
}

static void pack_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct packing *p = tiles->plan;
  const int64_t width = micro->width;
  for (int64_t panel = from; panel < to; panel++) {
    int64_t first = panel * width, columns = smaller(width, p->columns - first);
    const float *source = p->from + first * p->column_step;
    float *target = p->to + first * p->depth;
    for (int64_t a = 0; a < p->count[0]; a++)
      for (int64_t b = 0; b < p->count[1]; b++) {
        const float *x = source + a * p->from_step[0] + b * p->from_step[1];
        float *row = target + (a * p->to_step[0] + b * p->to_step[1]) * width;
        if (p->column_step == 1) memcpy(row, x, (size_t)columns * sizeof *row);
        else
          for (int64_t j = 0; j < columns; j++) row[j] = x[j * p->column_step];
        for (int64_t j = columns; j < width; j++) row[j] = 0;
      }
  }
}

void pack_panels(const struct call *call, struct packing packing) {
  packing.depth = packing.count[0] * packing.count[1];
  run_tiles(&(struct tiles){call, &packing, divide_up(packing.columns, micro->width), 1, pack_tile});
}

const float *panel_in_place(const float *from, int64_t rows, int64_t row_step, int64_t columns, float *room,
                            int64_t *panel_step) {
  *panel_step = row_step;
  if (columns == micro->width || columns == micro->width / 2) return from;
  *panel_step = micro->width;
  for (int64_t k = 0; k < rows; k++) {
    for (int64_t j = 0; j < columns; j++) room[k * micro->width + j] = from[k * row_step + j];
    for (int64_t j = columns; j < micro->width; j++) room[k * micro->width + j] = 0;
  }
  return room;
}
