/* Matrix products on OpenBLAS, which is called single-threaded on tiles of the result that only the problem
 * decides.
 *
 *   matmul       out[i, j] = sum_k x[i, k] w[k, j]          i over the lines and leading axes of x
 *   matmul_rows  out[i, j] = sum_k x[k, i] y[k, j]          k over the lines and leading axes of x and y
 *
 * A long contraction over lines with a small result is also cut along k; the partial results, at most PARTS of
 * them, are added in order. */
#include <cblas.h>

#include "kern/inner.h"

enum { TILE_M = 128, TILE_N = 128, PARTS = 16, PART_LENGTH = 2048, FEW_TILES = 8 };

struct product {
  int64_t m, n, k;
  int64_t tile_m, tile_n, tiles_m, tiles_n;
  int64_t parts, part_length; /* of the contraction */
};

/* Tiles of nearly the same size, whole vectors wide. */
static int64_t even_tile(int64_t n, int64_t target) {
  return larger(1, divide_up(divide_up(n, divide_up(n, target)), 16) * 16);
}

static struct product product_of(int64_t m, int64_t n, int64_t k) {
  struct product p = {.m = m, .n = n, .k = k, .parts = 1, .part_length = k};
  p.tile_m = even_tile(m, TILE_M);
  p.tile_n = even_tile(n, TILE_N);
  p.tiles_m = divide_up(m, p.tile_m);
  p.tiles_n = divide_up(n, p.tile_n);
  return p;
}

static void matmul_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct product *p = tiles->plan;
  const struct call *call = tiles->call;
  bool turned = call->attr->i[0];
  const float *x = call->in[0].data, *w = call->in[1].data;
  float *out = call->out.data;
  for (int64_t at = from; at < to; at++) {
    int64_t i = at / p->tiles_n * p->tile_m, j = at % p->tiles_n * p->tile_n;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, turned ? CblasTrans : CblasNoTrans,
                (blasint)smaller(p->tile_m, p->m - i), (blasint)smaller(p->tile_n, p->n - j), (blasint)p->k, 1,
                x + i * p->k, (blasint)p->k, turned ? w + j * p->k : w + j, (blasint)(turned ? p->k : p->n), 0,
                out + i * p->n + j, (blasint)p->n);
  }
}

void fast_matmul(const struct call *call) {
  const struct shape *x = &call->in[0].type.shape;
  int64_t k = x->dim[x->rank - 1], n = call->out.type.shape.dim[call->out.type.shape.rank - 1];
  struct product p = product_of(result_lines(call) * operand_count(&call->out) / n, n, k);
  run_tiles(&(struct tiles){call, &p, p.tiles_m * p.tiles_n, 1, matmul_tile});
}

static struct product rows_product(const struct value_type *in, int64_t rows) {
  int64_t m = in[0].shape.dim[in[0].shape.rank - 1], n = in[1].shape.dim[in[1].shape.rank - 1];
  int64_t lines = in[0].rows ? rows : 1;
  struct product p = product_of(m, n, product(lines, shape_count(in[0].shape) / m));
  if (p.tiles_m * p.tiles_n < FEW_TILES) {
    p.parts = larger(1, smaller(PARTS, divide_up(p.k, PART_LENGTH)));
    p.part_length = larger(1, divide_up(p.k, p.parts));
    p.parts = larger(1, divide_up(p.k, p.part_length));
  }
  return p;
}

size_t matmul_rows_scratch(const struct value_type *in, int64_t rows) {
  struct product p = rows_product(in, rows);
  /* fewer rows may be cut into more, shorter parts than many rows are: room for as many as there can ever be */
  int64_t parts = smaller(PARTS, larger(1, divide_up(p.k, PART_LENGTH)));
  return parts > 1 ? size_product((size_t)parts, size_product((size_t)(p.m * p.n), sizeof(float))) : 0;
}

static void matmul_rows_tile(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  const struct product *p = tiles->plan;
  const struct call *call = tiles->call;
  const float *x = call->in[0].data, *y = call->in[1].data;
  for (int64_t at = from; at < to; at++) {
    int64_t part = at / (p->tiles_m * p->tiles_n), cell = at % (p->tiles_m * p->tiles_n);
    int64_t i = cell / p->tiles_n * p->tile_m, j = cell % p->tiles_n * p->tile_n;
    float *out = p->parts > 1 ? (float *)call->scratch + part * p->m * p->n : call->out.data;
    int64_t first = part * p->part_length;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)smaller(p->tile_m, p->m - i),
                (blasint)smaller(p->tile_n, p->n - j), (blasint)smaller(p->part_length, p->k - first), 1,
                x + first * p->m + i, (blasint)p->m, y + first * p->n + j, (blasint)p->n, 0, out + i * p->n + j,
                (blasint)p->n);
  }
}

void fast_matmul_rows(const struct call *call) {
  const struct value_type in[] = {call->in[0].type, call->in[1].type};
  struct product p = rows_product(in, call->rows);
  float *out = call->out.data;
  int64_t count = p.m * p.n;
  run_tiles(&(struct tiles){call, &p, p.tiles_m * p.tiles_n * p.parts, 1, matmul_rows_tile});
  if (p.parts == 1) return;
  const float *partial = call->scratch;
  for (int64_t at = 0; at < count; at++) {
    double sum = 0;
    for (int64_t part = 0; part < p.parts; part++) sum += (double)partial[part * count + at];
    out[at] = (float)sum;
  }
}
