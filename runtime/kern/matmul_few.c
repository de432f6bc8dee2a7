/* matmul for so few rows that packing w would take longer than the product: w is read where it is, once.
 *
 *   w [k, n]   lines of w are the panel's: down some hundred of them at a time, whose next numbers the next panel reads
 *   w' [n, k]  lines of w are the rows of the product and x, turned over, is the panel: out' = w x'
 *
 * Where a sum was left it goes on, so an element is summed in the order of k by one accumulator, as in matmul.c: the bits
 * are the same. */
#include "kern/matmul.h"

#include <string.h>

#include "kern/panels.h"

enum { FEW = 32, DEPTH = 512, COLUMNS = 512, LINES = 256, LONG = 256 };
enum { EACH = 2, LEAST = 64 }; /* tiles for a thread, and columns in one */

bool matmul_is_few(int64_t rows) { return rows <= FEW; }

struct few {
  int64_t m, n, k;
  int64_t tile; /* columns of the result */
};

static void columns_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct few *p = tiles->plan;
  const struct call *call = tiles->call;
  const float *x = call->in[0].data, *w = call->in[1].data;
  int64_t end = smaller(p->n, to * p->tile);
  float space[DEPTH * MOST_WIDTH];
  for (int64_t k = 0; k < p->k; k += DEPTH)
    for (int64_t j = from * p->tile; j < end; j += micro->width) {
      struct product_rows block = {.n = p->m,
                                   .in = x + k,
                                   .base_step = p->k,
                                   .count = {1, 1, smaller(DEPTH, p->k - k)},
                                   .step = {0, 0, 1},
                                   .out = (float *)call->out.data + j,
                                   .to_step = p->n,
                                   .columns = smaller(micro->width, p->n - j),
                                   .resume = k > 0};
      block.panel = packed_panel(w + k * p->n + j, block.count[2], p->n, block.columns, space, &block.panel_step);
      micro->product(&block);
    }
}

/* A tile of out' of at most micro->width rows of x, and turned over into the result. */
static void lines_by_panel(const struct call *call, const struct few *p, int64_t first, int64_t lines, int64_t row) {
  float panel[LONG * MOST_WIDTH] = {0}, result[LINES * MOST_WIDTH];
  const float *x = (const float *)call->in[0].data + row * p->k, *w = (const float *)call->in[1].data + first * p->k;
  int64_t rows = smaller(micro->width, p->m - row);
  for (int64_t k = 0; k < p->k; k += LONG) {
    int64_t depth = smaller(LONG, p->k - k);
    turn_over(panel, micro->width, x + k, p->k, depth, rows);
    micro->product(&(struct product_rows){.n = lines,
                                          .in = w + k,
                                          .base_step = p->k,
                                          .count = {1, 1, depth},
                                          .step = {0, 0, 1},
                                          .panel = panel,
                                          .panel_step = micro->width,
                                          .out = result,
                                          .to_step = micro->width,
                                          .columns = rows,
                                          .resume = k > 0});
  }
  turn_over((float *)call->out.data + row * p->n + first, p->n, result, micro->width, rows, lines);
}

static void lines_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct few *p = tiles->plan;
  for (int64_t at = from; at < to; at++)
    for (int64_t row = 0; row < p->m; row += micro->width)
      lines_by_panel(tiles->call, p, at * p->tile, smaller(p->tile, p->n - at * p->tile), row);
}

void matmul_few(const struct call *call, int64_t m, int64_t n, int64_t k) {
  bool turned = call->attr->i[0];
  int64_t threads = pool_threads(call->pool), most = turned ? LINES : COLUMNS;
  int64_t tiles = larger(divide_up(n, most), threads > 1 ? smaller(EACH * threads, divide_up(n, LEAST)) : 1);
  struct few p = {m, n, k, .tile = divide_up(n, tiles)};
  if (!turned) p.tile = divide_up(p.tile, micro->width) * micro->width;
  run_tiles(&(struct tiles){call, &p, divide_up(n, p.tile), 1, turned ? lines_tile : columns_tile});
}
