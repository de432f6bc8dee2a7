/* Products of many matrices, by micro.h's loop: one for each row and each of the leading axes, every one of them small.
 *
 *   out[i, j] = sum_k x[i, k] y[k, j]
 *
 * A thread does a panel of columns of one product in turn, and packs it where it cannot be read in its place. */
#include "kern/panels.h"

struct each {
  int64_t m, n, k, products, panels; /* products: of a row */
  bool first, second;                /* x, y: transposed */
};

static struct each each_of(enum op op, const struct attr *attr, const struct value_type *in,
                           const struct value_type *out) {
  (void)op;
  int last = out->shape.rank - 1;
  struct each e = {.m = out->shape.dim[last - 1], .n = out->shape.dim[last]};
  e.first = attr->i[0], e.second = attr->i[1];
  e.k = in[0].shape.dim[e.first ? last - 1 : last];
  e.products = shape_count(out->shape) / (e.m * e.n);
  e.panels = divide_up(e.n, micro->width);
  return e;
}

size_t matmul_each_scratch(enum op op, const struct attr *attr, const struct value_type *in,
                           const struct value_type *out, int64_t rows, int threads) {
  (void)rows;
  int64_t panel = product(each_of(op, attr, in, out).k, micro->width);
  return size_product(size_product((size_t)panel, sizeof(float)), (size_t)threads);
}

static void each_panel(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  const struct each *e = tiles->plan;
  const struct call *call = tiles->call;
  float *space = (float *)call->scratch + worker * e->k * micro->width;
  for (int64_t at = from; at < to; at++) {
    int64_t j = at % e->panels * micro->width, matrix = at / e->panels % e->products;
    int64_t sample = at / e->panels / e->products;
    const float *y = float_row(&call->in[1], sample) + matrix * e->k * e->n;
    struct product_rows rows = {.n = e->m,
                                .in = float_row(&call->in[0], sample) + matrix * e->m * e->k,
                                .base_step = e->first ? 1 : e->k,
                                .count = {1, 1, e->k},
                                .step = {0, 0, e->first ? e->m : 1},
                                .panel_step = micro->width,
                                .out = float_out(call, sample) + matrix * e->m * e->n + j,
                                .to_step = e->n,
                                .columns = smaller(micro->width, e->n - j)};
    if (e->second) rows.panel = turned_panel(y + j * e->k, e->k, e->k, rows.columns, space);
    else rows.panel = packed_panel(y + j, e->k, e->n, rows.columns, space, &rows.panel_step);
    micro->product(&rows);
  }
}

void fast_matmul_each(const struct call *call) {
  const struct value_type in[] = {call->in[0].type, call->in[1].type};
  struct each e = each_of(call->op, call->attr, in, &call->out.type);
  int64_t work = product(product(e.m, e.k), micro->width);
  run_tiles(
      &(struct tiles){call, &e, result_samples(call) * e.products * e.panels, samples_a_tile(work / 8), each_panel});
}
