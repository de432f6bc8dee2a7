/* The order of products over the batch.  M = X' Y, a sum over the rows of a batch (matmul_rows), is large where codes are
 * wide; multiplied by the rows again, as in the gradient of the squares of a cross-correlation, it need not be made:
 *
 *   A (s X' Y)                =  s (A X') Y
 *   sum of squares of s X' Y  =  s^2 times the sum of (X X') (Y Y'), element by element
 *
 * with numbers s.  The squares are the trace of M M', in which factors may change places in a circle.  Which order
 * multiplies less depends on how many rows there are (chains of matrix products: Cormen, Leiserson, Rivest and Stein 2009,
 * section 15.2).
 *
 * Requires: a verified graph in which gradients are taken, settled for so many rows.
 * Ensures:  the same roots; where M or a multiple of it is read by nothing but such products and sums of squares, and they
 *           take less so, it is not made.  The graph is then for that number of rows alone.
 * Breaks:   node numbers; the order of sums, and so last digits. */
#include "pass/pass.h"

struct chains {
  const struct graph *from;
  int64_t rows;
  const bool *live;
  /* by node */
  node_id *multiple;     /* the sum over rows that it is, or is a multiple of; 0: of none */
  node_id *square;       /* of whose multiple it is the square; 0: of none */
  bool *kept;            /* a sum over rows that something else reads */
  double *direct, *less; /* multiplications of what reads it, and of itself: as they are, and in the other order */
  bool (*met)[2];        /* whether X X', and Y Y', are among the latter */
};

static int64_t width(const struct node *n) { return n->type.shape.dim[n->type.shape.rank - 1]; }

static bool is_sum_of_products(const struct chains *c, const struct node *n) {
  if (n->op != OP_matmul_rows) return false;
  const struct value_type *x = &graph_node(c->from, n->in[0])->type, *y = &graph_node(c->from, n->in[1])->type;
  return x->rows && y->rows && x->shape.rank == 1 && y->shape.rank == 1;
}

/* ---- what would be saved ---- */

/* Of X X', or of Y Y', the first time. */
static double count_own(struct chains *c, node_id sum, int which) {
  const struct node *m = graph_node(c->from, sum);
  bool met = c->met[sum][which] || (m->in[0] == m->in[1] && c->met[sum][!which]);
  c->met[sum][which] = true;
  return met ? 0 : (double)c->rows * (double)c->rows * (double)m->type.shape.dim[which];
}

static void count_product(struct chains *c, const struct node *n, node_id sum) {
  const struct node *a = graph_node(c->from, n->in[0]), *m = graph_node(c->from, sum);
  int first = n->attr.i[0] != 0; /* which of X and Y the rows meet first */
  double lines = (double)shape_count(a->type.shape) / (double)width(a) * (a->type.rows ? (double)c->rows : 1);
  double pairs = lines * (double)c->rows;
  c->direct[sum] += lines * (double)shape_count(m->type.shape);
  c->less[sum] += n->in[0] == m->in[first] ? count_own(c, sum, first) : pairs * (double)m->type.shape.dim[first];
  c->less[sum] += pairs * (double)m->type.shape.dim[!first];
}

static void count_squares(struct chains *c, node_id sum) {
  for (int k = 0; k < 2; k++) c->less[sum] += count_own(c, sum, k);
}

static void look_at_input(struct chains *c, node_id id, int k) {
  const struct node *n = graph_node(c->from, id);
  node_id sum = c->multiple[n->in[k]], squared = c->square[n->in[k]];
  if (sum && !c->multiple[id] && !c->square[id]) {
    if (n->op == OP_matmul && k == 1) count_product(c, n, sum);
    else c->kept[sum] = true;
  }
  if (squared) {
    if (n->op == OP_sum && graph_is_number(c->from, id)) count_squares(c, squared);
    else c->kept[squared] = true;
  }
}

static void look_at(struct chains *c, node_id id) {
  const struct node *n = graph_node(c->from, id);
  int by = node_multiplies(c->from, n);
  if (is_sum_of_products(c, n)) {
    c->multiple[id] = id;
    c->direct[id] = (double)c->rows * (double)shape_count(n->type.shape);
  } else if (by >= 0) {
    c->multiple[id] = c->multiple[n->in[by]];
  } else if (n->op == OP_square) {
    c->square[id] = c->multiple[n->in[0]];
  }
  for (int k = 0; k < n->inputs; k++) look_at_input(c, id, k);
}

/* A quarter less at least: products of the batch with itself have to be stored, too. */
static bool pays(const struct chains *c, node_id sum) {
  return sum && !c->kept[sum] && 4 * c->less[sum] <= 3 * c->direct[sum];
}

static bool find(struct arena *arena, struct chains *c) {
  size_t n = c->from->nodes.n;
  bool any = false;
  c->live = graph_live(arena, c->from);
  c->multiple = ARENA_ARRAY(arena, node_id, n), c->square = ARENA_ARRAY(arena, node_id, n);
  c->kept = ARENA_ARRAY(arena, bool, n);
  c->direct = ARENA_ARRAY(arena, double, n), c->less = ARENA_ARRAY(arena, double, n);
  c->met = arena_alloc(arena, size_product(n, sizeof *c->met));
  for (node_id id = 1; id < n; id++)
    if (c->live[id]) look_at(c, id);
  for (size_t k = 0; k < c->from->roots.n; k++) {
    node_id root = c->from->roots.at[k].node;
    c->kept[c->multiple[root]] = c->kept[c->square[root]] = true;
  }
  for (node_id id = 1; id < n; id++) any |= c->multiple[id] == id && pays(c, id);
  return any;
}

/* ---- the other order ---- */

/* What was done to a multiple of the sum, done to x. */
static node_id multiply(const struct chains *c, struct graph *to, const node_id *map, node_id id, node_id x) {
  const struct node *n = graph_node(c->from, id);
  if (c->multiple[id] == id) return x;
  int by = node_multiplies(c->from, n);
  x = multiply(c, to, map, n->in[by], x);
  return n->op == OP_negate ? graph_op1(to, OP_negate, NULL, x) : graph_op2(to, n->op, NULL, x, map[n->in[1 - by]]);
}

/* By all rows of y: [.., batch] to [.., n], or [.., n] to [.., batch] where transposed. */
static node_id by_rows(const struct chains *c, struct graph *to, node_id x, node_id y, bool transposed) {
  node_id all = graph_op1(to, OP_rows_to_axis, &(struct attr){.i = {c->rows}}, y);
  return graph_op2(to, OP_matmul, &(struct attr){.i = {transposed}}, x, all);
}

static node_id product_of(const struct chains *c, struct graph *to, const node_id *map, const struct node *n) {
  const struct node *m = graph_node(c->from, c->multiple[n->in[1]]);
  bool transposed = n->attr.i[0];
  node_id scores = by_rows(c, to, map[n->in[0]], map[m->in[transposed]], true);
  return multiply(c, to, map, n->in[1], by_rows(c, to, scores, map[m->in[!transposed]], false));
}

static node_id squares_of(const struct chains *c, struct graph *to, const node_id *map, const struct node *n) {
  node_id squared = graph_node(c->from, n->in[0])->in[0];
  const struct node *m = graph_node(c->from, c->multiple[squared]);
  node_id x = by_rows(c, to, map[m->in[0]], map[m->in[0]], true),
          y = by_rows(c, to, map[m->in[1]], map[m->in[1]], true);
  node_id row = graph_op1(to, OP_sum, &(struct attr){.i = {1}}, graph_op2(to, OP_mul, NULL, x, y));
  node_id all = graph_op1(to, OP_sum_rows, NULL, row);
  return multiply(c, to, map, squared, multiply(c, to, map, squared, all));
}

/* What stands for a node; 0 for those that are not made any more. */
static node_id made(const struct chains *c, struct graph *to, const node_id *map, node_id id) {
  const struct node *n = graph_node(c->from, id);
  if (pays(c, c->multiple[id]) || pays(c, c->square[id])) return 0;
  to->where = n->where;
  to->location = n->location;
  to->cse_class = n->cse_class;
  if (n->op == OP_matmul && pays(c, c->multiple[n->in[1]])) return product_of(c, to, map, n);
  if (n->op == OP_sum && pays(c, c->square[n->in[0]])) return squares_of(c, to, map, n);
  return graph_copy(to, n, map);
}

struct graph *associate(struct arena *arena, const struct graph *graph, int64_t rows) {
  struct arena *work = arena_new();
  struct chains c = {.from = graph, .rows = rows};
  struct graph *to = NULL;
  if (!graph->plain && find(work, &c)) {
    node_id *map = ARENA_ARRAY(work, node_id, graph->nodes.n);
    to = graph_new(arena, graph->name, false);
    to->rows = rows;
    for (node_id id = 1; id < graph->nodes.n; id++) map[id] = c.live[id] ? made(&c, to, map, id) : 0;
    graph_copy_roots(to, graph, map);
    to->where = "";
    to->cse_class = 0;
  }
  arena_free(work);
  return to;
}
