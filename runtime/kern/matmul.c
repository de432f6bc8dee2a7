/* Matrix products, by micro.h's loop.
 *
 *   matmul       out[i, j] = sum_k x[i, k] w[k, j]          i over the samples and leading axes of x
 *   matmul_rows  out[i, j] = sum_k x[k, i] y[k, j]          k over the samples and leading axes of x and y
 *
 * matmul's w is packed once a step, where there are not few rows.  matmul_rows sums CHUNK rows at a time, so that the
 * panel of y stays in the nearest cache; where many panels read a tile of x, it is turned over first and the panel is
 * copied.  A long contraction with a small result is also cut along k: the partial results, at most PARTS of them, are
 * added in order.  Products with few rows are matmul_few.c's, large results of matmul_rows matmul_lines.c's. */
#include "kern/matmul.h"
#include "kern/panels.h"

enum { TILE_M = 128, TILE_N = 128, CHUNK = 256, PARTS = 16, PART_LENGTH = 2048, FEW_TILES = 8 };
enum { ROWS_M = 256, ROWS_N = 512, EACH = 4 };       /* tiles of matmul_rows, at most; of them for a thread, at least */
enum { LONG = 64, PANELS = 8, TURNED = CHUNK + 16 }; /* of a tile turned over: see turns; from row to row */

struct product {
  int64_t m, n, k;
  int64_t tile_m, tile_n, tiles_m, tiles_n;
  int64_t parts, part_length; /* of the contraction */
};

/* Tiles of nearly the same size. */
static int64_t even_tile(int64_t n, int64_t target, int64_t unit) {
  return larger(1, divide_up(divide_up(n, divide_up(n, target)), unit) * unit);
}

static void cut(struct product *p, int64_t tile_m, int64_t tile_n) {
  p->tile_m = even_tile(p->m, tile_m, 1);
  p->tile_n = even_tile(p->n, tile_n, micro->width);
  p->tiles_m = divide_up(p->m, p->tile_m);
  p->tiles_n = divide_up(p->n, p->tile_n);
}

static struct product product_of(int64_t m, int64_t n, int64_t k) {
  struct product p = {.m = m, .n = n, .k = k, .parts = 1, .part_length = k};
  cut(&p, TILE_M, TILE_N);
  return p;
}

/* ---- matmul */

static int64_t last_axis(const struct shape *shape) { return shape->dim[shape->rank - 1]; }

/* Of x and its leading axes together. */
static int64_t all_rows(const struct value_type *in, int64_t rows) {
  return product(in[0].rows ? rows : 1, shape_count(in[0].shape) / last_axis(&in[0].shape));
}

size_t matmul_shared(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                     int64_t rows) {
  (void)op, (void)attr;
  if (matmul_is_few(all_rows(in, rows))) return 0;
  return size_product((size_t)panels_floats(last_axis(&out->shape), last_axis(&in[0].shape)), sizeof(float));
}

void prepare_matmul(const struct call *call) {
  int64_t k = last_axis(&call->in[0].type.shape), n = operand_count(&call->in[1]) / k;
  bool transposed = call->attr->i[0];
  pack_panels(call, (struct packing){.from = call->in[1].data,
                                     .to = call->out.data,
                                     .columns = n,
                                     .column_step = transposed ? k : 1,
                                     .count = {1, k},
                                     .from_step = {0, transposed ? 1 : n},
                                     .to_step = {0, 1}});
}

static void matmul_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct product *p = tiles->plan;
  const struct call *call = tiles->call;
  for (int64_t at = from; at < to; at++) {
    int64_t i = at / p->tiles_n * p->tile_m, j = at % p->tiles_n * p->tile_n, end = smaller(p->n, j + p->tile_n);
    for (; j < end; j += micro->width)
      micro->product(&(struct product_rows){.n = smaller(p->tile_m, p->m - i),
                                            .in = (const float *)call->in[0].data + i * p->k,
                                            .base_step = p->k,
                                            .count = {1, 1, p->k},
                                            .step = {0, 0, 1},
                                            .panel = (const float *)call->shared + j * p->k,
                                            .panel_step = micro->width,
                                            .out = (float *)call->out.data + i * p->n + j,
                                            .to_step = p->n,
                                            .columns = smaller(micro->width, p->n - j)});
  }
}

void fast_matmul(const struct call *call) {
  int64_t k = last_axis(&call->in[0].type.shape), n = last_axis(&call->out.type.shape);
  int64_t rows = result_samples(call) * operand_count(&call->out) / n;
  if (!call->shared) {
    matmul_few(call, rows, n, k);
    return;
  }
  struct product p = product_of(rows, n, k);
  int64_t threads = pool_threads(call->pool), wanted = EACH * threads;
  if (threads > 1 && p.tiles_m * p.tiles_n < wanted) /* or a thread waits for the last */
    cut(&p, TILE_M, larger(micro->width, p.n * p.tiles_m / wanted));
  run_tiles(&(struct tiles){call, &p, p.tiles_m * p.tiles_n, 1, matmul_tile});
}

/* ---- matmul_rows */

static struct product rows_product(const struct value_type *in, int64_t rows) {
  int64_t m = last_axis(&in[0].shape), n = last_axis(&in[1].shape);
  int64_t n_samples = in[0].rows ? rows : 1;
  struct product p = product_of(m, n, product(n_samples, shape_count(in[0].shape) / m));
  if (p.tiles_m * p.tiles_n < FEW_TILES) {
    p.parts = larger(1, smaller(PARTS, divide_up(p.k, PART_LENGTH)));
    p.part_length = larger(1, divide_up(p.k, p.parts));
    p.parts = larger(1, divide_up(p.k, p.part_length));
  }
  return p;
}

/* As large tiles as leave every thread some: x is turned over for each column of tiles, and y copied for each row.  The
 * bits do not depend on it. */
static void cut_for(struct product *p, int threads) {
  int64_t wanted = threads > 1 ? EACH * threads : 1, m = ROWS_M, n = ROWS_N;
  for (cut(p, m, n); p->tiles_m * p->tiles_n * p->parts < wanted && (n > TILE_N || m > TILE_M); cut(p, m, n)) {
    if (n > TILE_N) n /= 2;
    else m /= 2;
  }
}

/* Whether a tile of x is turned over, so that numbers that are multiplied one after the other lie side by side: it pays
 * where the sum is long and many panels of y read the tile. */
static bool turns(const struct product *p) { return p->k >= LONG && p->n >= PANELS * micro->width; }

/* A panel of y, and a tile of x, turned over. */
static int64_t worker_floats(const struct product *p) {
  return CHUNK * micro->width + (turns(p) ? ROWS_M * TURNED : 0);
}

size_t matmul_rows_scratch(enum op op, const struct attr *attr, const struct value_type *in,
                           const struct value_type *out, int64_t rows, int threads) {
  (void)op, (void)attr, (void)out;
  if (matmul_by_lines(in)) return matmul_lines_scratch(in, rows, threads);
  struct product p = rows_product(in, rows);
  size_t panels = size_product((size_t)threads, (size_t)worker_floats(&p) * sizeof(float));
  /* fewer rows may be cut into more, shorter parts than many rows are: memory for as many as there can ever be */
  int64_t parts = smaller(PARTS, larger(1, divide_up(p.k, PART_LENGTH)));
  size_t sums = parts > 1 ? size_product((size_t)parts, size_product((size_t)(p.m * p.n), sizeof(float))) : 0;
  return sums > SIZE_MAX - panels ? SIZE_MAX : sums + panels;
}

/* Lines k .. end of the contraction, CHUNK at a time, for a tile of the result at (i, j). */
static void rows_tile(const struct call *call, const struct product *p, int64_t i, int64_t j, int64_t k, int64_t end,
                      float *out, float *space) {
  const float *x = call->in[0].data, *y = call->in[1].data;
  float *turned = space + CHUNK * micro->width;
  int64_t n = smaller(p->tile_m, p->m - i), last = smaller(p->n, j + p->tile_n);
  for (int64_t at = k; at < end; at += CHUNK) {
    int64_t depth = smaller(CHUNK, end - at);
    if (turns(p)) turn_over(turned, TURNED, x + at * p->m + i, p->m, n, depth);
    for (int64_t column = j; column < last; column += micro->width) {
      struct product_rows block = {.n = n,
                                   .in = turns(p) ? turned : x + at * p->m + i,
                                   .base_step = turns(p) ? TURNED : 1,
                                   .count = {1, 1, depth},
                                   .step = {0, 0, turns(p) ? 1 : p->m},
                                   .out = out + i * p->n + column,
                                   .to_step = p->n,
                                   .columns = smaller(micro->width, p->n - column),
                                   .add = at > k};
      block.panel = y + at * p->n + column;
      if (turns(p)) block.panel = copied_panel(block.panel, depth, p->n, block.columns, space, &block.panel_step);
      else block.panel = packed_panel(block.panel, depth, p->n, block.columns, space, &block.panel_step);
      micro->product(&block);
    }
  }
}

static void matmul_rows_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct product *p = tiles->plan;
  const struct call *call = tiles->call;
  float *space = (float *)call->scratch + worker * worker_floats(p);
  float *sums = (float *)call->scratch + pool_threads(call->pool) * worker_floats(p);
  for (int64_t at = from; at < to; at++) {
    int64_t part = at / (p->tiles_m * p->tiles_n), cell = at % (p->tiles_m * p->tiles_n);
    int64_t i = cell / p->tiles_n * p->tile_m, j = cell % p->tiles_n * p->tile_n, first = part * p->part_length;
    rows_tile(call, p, i, j, first, smaller(p->k, first + p->part_length),
              p->parts > 1 ? sums + part * p->m * p->n : call->out.data, space);
  }
}

void fast_matmul_rows(const struct call *call) {
  const struct value_type in[] = {call->in[0].type, call->in[1].type};
  if (matmul_by_lines(in)) {
    matmul_lines(call);
    return;
  }
  struct product p = rows_product(in, call->rows);
  cut_for(&p, pool_threads(call->pool));
  float *out = call->out.data;
  int64_t count = p.m * p.n;
  run_tiles(&(struct tiles){call, &p, p.tiles_m * p.tiles_n * p.parts, 1, matmul_rows_tile});
  if (p.parts == 1) return;
  const float *partial = (const float *)call->scratch + pool_threads(call->pool) * worker_floats(&p);
  for (int64_t at = 0; at < count; at++) {
    double sum = 0;
    for (int64_t part = 0; part < p.parts; part++) sum += (double)partial[part * count + at];
    out[at] = (float)sum;
  }
}
