#include "kern/inner.h"

static void run_one(void *context, int tile, int worker) {
  const struct tiles *tiles = context;
  int64_t from = tile * tiles->each;
  tiles->work(tiles, from, smaller(tiles->n, from + tiles->each), worker);
}

void run_tiles(struct tiles *tiles) {
  if (tiles->n <= 0) return;
  /* a tile number is an int: very many tiles are made larger, by a rule that knows the problem alone */
  tiles->each = larger(tiles->each, divide_up(tiles->n, 1 << 30));
  pool_run(tiles->call->pool, (int)divide_up(tiles->n, tiles->each), run_one, tiles);
}

double operand_get(const struct operand *operand, int64_t at, bool wide) {
  switch (operand->type.type) {
  case F32: return wide ? ((const double *)operand->data)[at] : (double)((const float *)operand->data)[at];
  case F64: return ((const double *)operand->data)[at];
  case U8: return ((const uint8_t *)operand->data)[at];
  case I32: return ((const int32_t *)operand->data)[at];
  case I64: return (double)((const int64_t *)operand->data)[at];
  }
  return 0;
}

void operand_put(const struct operand *operand, int64_t at, double value, bool wide) {
  switch (operand->type.type) {
  case F32:
    if (wide) ((double *)operand->data)[at] = value;
    else ((float *)operand->data)[at] = (float)value;
    break;
  case F64: ((double *)operand->data)[at] = value; break;
  case U8: ((uint8_t *)operand->data)[at] = (uint8_t)value; break;
  case I32: ((int32_t *)operand->data)[at] = (int32_t)value; break;
  case I64: ((int64_t *)operand->data)[at] = (int64_t)value; break;
  }
}

struct runs merge_axes(struct shape shape, int64_t axes) {
  struct runs runs = {0};
  for (int k = 0; k < shape.rank; k++) {
    bool in_set = axis_in(axes, k);
    if (runs.n && runs.in_set[runs.n - 1] == in_set) runs.size[runs.n - 1] *= shape.dim[k];
    else {
      runs.size[runs.n] = shape.dim[k];
      runs.in_set[runs.n++] = in_set;
    }
  }
  return runs;
}
