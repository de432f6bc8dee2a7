/* The gradient rules that are more than a line of ops.def.
 *
 * conv2d (x, W), conv2d_input (g, W) and conv2d_weights (x, g) are the three views of one trilinear form
 * T(x, W, g) = sum of x W g over a convolution, each its gradient by one argument; so the gradients of each are the
 * other two.  The same holds for matmul and matmul_rows, and, with two arguments, for slice and pad, pool_take and
 * pool_put, resize and resize_back. */
#include "pass/gradients.h"

static node_id rows_of(struct gradient *c, node_id id) { return graph_node(c->graph, id)->type.rows; }

static node_id sum_rows(struct gradient *c, node_id id) { return rows_of(c, id) ? NODE(sum_rows, id) : id; }

node_id with_rows(struct gradient *c, node_id id) { return rows_of(c, id) ? id : NODE(to_rows, id); }

/* Each side gets the gradient where it was chosen, and exactly nothing elsewhere: what the side that was not chosen
 * would have made of it (0 / 0, the logarithm of 0) never reaches what it was made of. */
void gradient_select(struct gradient *c) {
  struct node n = *gradient_node(c);
  node_id zero = NUMBER(0), one = NUMBER(1);
  gradient_within(c, 1, NODE(select, n.in[0], c->g, zero), n.in[0]);
  if (!c->wanted[n.in[2]]) return;
  node_id otherwise = NODE(select, n.in[0], zero, one);
  gradient_within(c, 2, NODE(select, n.in[0], zero, c->g), otherwise);
}

void gradient_slice(struct gradient *c) {
  const struct node *n = gradient_node(c);
  int64_t size = SHAPE(n->in[0]).dim[n->attr.i[0]];
  struct attr attr = {.i = {n->attr.i[0], n->attr.i[1], size - n->attr.i[2]}};
  gradient_to(c, 0, NODE_WITH(&attr, pad, c->g));
}

void gradient_pad(struct gradient *c) {
  const struct node *n = gradient_node(c);
  int64_t size = SHAPE(n->in[0]).dim[n->attr.i[0]];
  struct attr attr = {.i = {n->attr.i[0], n->attr.i[1], n->attr.i[1] + size}};
  gradient_to(c, 0, NODE_WITH(&attr, slice, c->g));
}

void gradient_transpose(struct gradient *c) {
  const struct node *n = gradient_node(c);
  struct attr inverse = {{0}, {0}, 0, {0}, false};
  for (int k = 0; k < n->type.shape.rank; k++) inverse.i[n->attr.i[k]] = k;
  gradient_to(c, 0, NODE_WITH(&inverse, transpose, c->g));
}

void gradient_gather(struct gradient *c) {
  struct node n = *gradient_node(c);
  struct attr size = {.i = {SHAPE(n.in[0]).dim[0]}};
  node_id g = n.type.rows ? supported(c, with_rows(c, c->g)) : c->g;
  if (c->wanted[n.in[0]]) gradient_add(c, 0, NODE_WITH(&size, scatter, g, n.in[1]));
}

void gradient_scatter(struct gradient *c) {
  struct node n = *gradient_node(c);
  if (c->wanted[n.in[0]]) gradient_add(c, 0, NODE(gather, c->g, n.in[1]));
}

void gradient_take_last(struct gradient *c) {
  struct node n = *gradient_node(c);
  struct shape x = SHAPE(n.in[0]);
  struct attr size = {.i = {x.dim[x.rank - 1]}};
  gradient_to(c, 0, NODE_WITH(&size, put_last, c->g, n.in[1]));
}

void gradient_cumulative(struct gradient *c) {
  struct attr attr = {.i = {!gradient_node(c)->attr.i[0]}};
  gradient_to(c, 0, NODE_WITH(&attr, cumulative, c->g));
}

void gradient_roll(struct gradient *c) {
  struct attr attr = {.i = {gradient_node(c)->attr.i[0], -gradient_node(c)->attr.i[1]}};
  gradient_to(c, 0, NODE_WITH(&attr, roll, c->g));
}

void gradient_concat(struct gradient *c) {
  const struct node *n = gradient_node(c);
  int64_t axis = n->attr.i[0], first = SHAPE(n->in[0]).dim[axis];
  int64_t all = n->type.shape.dim[axis];
  struct attr head = {.i = {axis, 0, first}}, tail = {.i = {axis, first, all}};
  gradient_to(c, 0, NODE_WITH(&head, slice, c->g));
  gradient_to(c, 1, NODE_WITH(&tail, slice, c->g));
}

void gradient_rows_to_axis(struct gradient *c) {
  struct attr attr = gradient_node(c)->attr;
  gradient_add(c, 0, NODE_WITH(&attr, axis_to_rows, c->g));
}

void gradient_axis_to_rows(struct gradient *c) {
  struct attr attr = gradient_node(c)->attr;
  gradient_add(c, 0, NODE_WITH(&attr, rows_to_axis, supported(c, with_rows(c, c->g))));
}

/* To the winner alone. */
void gradient_max_last(struct gradient *c) {
  const struct node *n = gradient_node(c);
  node_id x = n->in[0];
  struct shape shape = SHAPE(x);
  struct attr classes = {.i = {shape.dim[shape.rank - 1]}};
  struct attr repeat = {.i = {(int64_t)1 << (shape.rank - 1)}, .shape = shape};
  node_id winner = NODE_WITH(&classes, one_hot, NODE(argmax, x));
  node_id g = NODE_WITH(&repeat, spread, c->g);
  gradient_to(c, 0, NODE(mul, winner, g));
}

/* y = x W (or x W' where i0 is 1): x gets g W', and W the sum of x' g, or of g' x. */
void gradient_matmul(struct gradient *c) {
  struct node n = *gradient_node(c);
  node_id x = n.in[0], w = n.in[1], g = c->g;
  bool transposed = n.attr.i[0] == 1;
  struct attr attr = {.i = {!transposed}};
  if (c->wanted[x]) gradient_to(c, 0, NODE_WITH(&attr, matmul, g, w));
  if (!c->wanted[w]) return;
  if (n.type.rows) g = with_rows(c, g);
  g = supported(c, g);
  x = supported(c, x);
  gradient_add(c, 1, NODE(matmul_rows, transposed ? g : x, transposed ? x : g));
}

static node_id each(struct gradient *c, node_id x, bool first, node_id y, bool second) {
  struct attr attr = {.i = {first, second}};
  return NODE_WITH(&attr, matmul_each, x, y);
}

/* Z = X Y, where X is x or x', and Y is y or y': X gets g Y', Y gets X' g. */
void gradient_matmul_each(struct gradient *c) {
  struct node n = *gradient_node(c);
  node_id x = n.in[0], y = n.in[1], g = c->g;
  bool a = n.attr.i[0], b = n.attr.i[1];
  if (c->wanted[x]) gradient_to(c, 0, a ? each(c, y, b, g, true) : each(c, g, false, y, !b));
  if (c->wanted[y]) gradient_to(c, 1, b ? each(c, g, true, x, a) : each(c, x, !a, g, false));
}

/* Z = X^-1: X gets -Z' g Z'. */
void gradient_inverse(struct gradient *c) {
  node_id z = c->node, left = each(c, z, true, c->g, false);
  gradient_to(c, 0, NODE(negate, each(c, left, false, z, true)));
}

/* S = sum of x' y over rows: x gets y G', y gets x G. */
void gradient_matmul_rows(struct gradient *c) {
  struct node n = *gradient_node(c);
  struct attr transposed = {.i = {1}}, plain = {.i = {0}};
  if (c->wanted[n.in[0]]) gradient_add(c, 0, NODE_WITH(&transposed, matmul, n.in[1], c->g));
  if (c->wanted[n.in[1]]) gradient_add(c, 1, NODE_WITH(&plain, matmul, n.in[0], c->g));
}

/* y = L^-1 x: x gets h = L^-T g, and L the lower triangle of the sum of -h y', or of -y h' where it was L^-T x. */
void gradient_solve_triangular(struct gradient *c) {
  struct node n = *gradient_node(c);
  node_id l = n.in[1], y = c->node;
  bool transposed = n.attr.i[0] == 1;
  struct attr attr = {.i = {!transposed}};
  if (c->wanted[n.in[0]]) gradient_to(c, 0, NODE_WITH(&attr, solve_triangular, c->g, l));
  if (!c->wanted[l]) return;
  node_id g = supported(c, n.type.rows ? with_rows(c, c->g) : c->g), h = NODE_WITH(&attr, solve_triangular, g, l);
  y = supported(c, y);
  node_id products = NODE(matmul_rows, transposed ? y : h, transposed ? h : y);
  gradient_add(c, 1, NODE(negate, NODE(lower_triangle, products)));
}

/* The settings of a convolution or a pooling with the size of what a transposed one makes. */
static struct attr makes(const struct attr *like, int64_t height, int64_t width) {
  struct attr attr = *like;
  attr.i[2] = height;
  attr.i[3] = width;
  return attr;
}

static node_id by_weights(struct gradient *c, const struct attr *like, node_id x, node_id g, node_id w) {
  struct shape filter = SHAPE(w);
  struct attr attr = makes(like, filter.dim[2], filter.dim[3]);
  x = supported(c, x);
  g = supported(c, g);
  if (rows_of(c, x) && !rows_of(c, g)) g = with_rows(c, g);
  if (rows_of(c, g) && !rows_of(c, x)) g = sum_rows(c, g); /* linear in g */
  return NODE_WITH(&attr, conv2d_weights, x, g);
}

static node_id by_input(struct gradient *c, const struct attr *like, node_id g, node_id w, node_id x) {
  struct image image = image_of(like, SHAPE(x));
  struct attr attr = makes(like, image.h, image.w);
  return NODE_WITH(&attr, conv2d_input, g, w);
}

static node_id convolve(struct gradient *c, const struct attr *like, node_id x, node_id w) {
  struct attr attr = makes(like, 0, 0);
  return NODE_WITH(&attr, conv2d, x, w);
}

void gradient_conv2d(struct gradient *c) {
  struct node n = *gradient_node(c);
  if (c->wanted[n.in[0]]) gradient_to(c, 0, by_input(c, &n.attr, c->g, n.in[1], n.in[0]));
  if (c->wanted[n.in[1]]) gradient_add(c, 1, by_weights(c, &n.attr, n.in[0], c->g, n.in[1]));
}

/* The result is an image: its gradient takes the image's part. */
void gradient_conv2d_input(struct gradient *c) {
  struct node n = *gradient_node(c);
  if (c->wanted[n.in[0]]) gradient_to(c, 0, convolve(c, &n.attr, c->g, n.in[1]));
  if (!c->wanted[n.in[1]]) return;
  node_id image = n.type.rows ? with_rows(c, c->g) : c->g;
  gradient_add(c, 1, by_weights(c, &n.attr, image, n.in[0], n.in[1]));
}

/* The result is filters: its gradient takes the filters' part. */
void gradient_conv2d_weights(struct gradient *c) {
  struct node n = *gradient_node(c);
  if (c->wanted[n.in[0]]) gradient_add(c, 0, by_input(c, &n.attr, n.in[1], c->g, n.in[0]));
  if (c->wanted[n.in[1]]) gradient_add(c, 1, convolve(c, &n.attr, n.in[0], c->g));
}

void gradient_pool_take(struct gradient *c) {
  struct node n = *gradient_node(c);
  struct image image = image_of(&n.attr, SHAPE(n.in[0]));
  struct attr attr = makes(&n.attr, image.h, image.w);
  node_id g = rows_of(c, n.in[1]) ? with_rows(c, c->g) : c->g;
  gradient_to(c, 0, NODE_WITH(&attr, pool_put, g, n.in[1]));
}

void gradient_pool_put(struct gradient *c) {
  struct node n = *gradient_node(c);
  struct attr attr = makes(&n.attr, 0, 0);
  node_id g = rows_of(c, n.in[1]) ? with_rows(c, c->g) : c->g;
  gradient_to(c, 0, NODE_WITH(&attr, pool_take, g, n.in[1]));
}

static void back_to_size(struct gradient *c, enum op op) {
  struct node n = *gradient_node(c);
  struct shape image = SHAPE(n.in[0]);
  struct attr attr = {.i = {image.dim[1], image.dim[2], n.attr.i[2]}};
  gradient_to(c, 0, graph_op1(c->graph, op, &attr, c->g));
}

void gradient_resize(struct gradient *c) { back_to_size(c, OP_resize_back); }
void gradient_resize_back(struct gradient *c) { back_to_size(c, OP_resize); }

/* y = scale (x - mean) / sqrt(variance + eps) + shift with x's own mean and variance (Ioffe and Szegedy 2015, the
 * unnumbered equations of section 3). */
void gradient_batch_norm(struct gradient *c) {
  struct node n = *gradient_node(c);
  node_id x = n.in[0], mean = n.in[1], variance = n.in[2], scale = n.in[3];
  node_id g = supported(c, n.type.rows ? with_rows(c, c->g) : c->g);
  c->support[c->node] = (struct support){0}; /* through its mean and variance every row gets a part of it */
  struct attr like = {.i = {0, 0, 0, 0, n.attr.i[4]}, .f = {n.attr.f[0]}}, space = {{0}, {0}, 0, {0}, false};
  for (int k = 0; k < n.type.shape.rank; k++)
    if (k != channel_axis(&n.attr, n.type.shape.rank)) space.i[0] |= (int64_t)1 << k;
  node_id by_scale = NODE_WITH(&like, batch_norm_scale, g, x, mean, variance);
  node_id by_shift = sum_rows(c, NODE_WITH(&space, sum, g));
  if (c->wanted[x])
    gradient_add(c, 0, NODE_WITH(&like, batch_norm_input, g, x, mean, variance, scale, by_scale, by_shift));
  if (c->wanted[scale]) gradient_add(c, 3, by_scale);
  if (c->wanted[n.in[4]]) gradient_add(c, 4, by_shift);
}
