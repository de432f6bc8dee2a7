/* Which convolutions Winograd's F(4 x 4, 3 x 3) makes faster (kern/winograd.c): it multiplies 36 times for a tile of 4 x 4
 * of the result, where 9 times for each of its positions is usual, and so 4 times less where no tile is cut at an edge.
 * What its transforms take of that depends on the channels.  The limits are where it was measured to pay, and they are of
 * shapes alone, so that a model has the same bits on every machine of one kind and with any number of threads. */
#include "pass/pass.h"

enum {
  TILE = 4,
  TAPS = 3,
  POINTS = 36,
  LEAST_CHANNELS = 32,      /* of image and result: of fewer, transforms take what products save */
  MOST_FILTERS = 256 * 256, /* of more, what filters are at 36 points fills the last cache */
  LEAST_SAVING = 3,         /* so many times fewer multiplications */
};

static int64_t tiles(int64_t n) { return (n + TILE - 1) / TILE; }

bool winograd_pays(const struct graph *graph, node_id id) {
  const struct node *n = graph_node(graph, id);
  if (n->op != OP_conv2d && n->op != OP_conv2d_input && n->op != OP_conv2d_weights) return false;
  const struct node *first = graph_node(graph, n->in[0]), *second = graph_node(graph, n->in[1]);
  bool weights = n->op == OP_conv2d_weights;
  const int64_t *filters = (weights ? n : second)->type.shape.dim; /* [o, c, kh, kw] */
  const int64_t *result = (weights ? second : n->op == OP_conv2d ? n : first)->type.shape.dim;
  struct steps down = steps_down(&n->attr), across = steps_across(&n->attr);
  if (down.stride != 1 || across.stride != 1 || down.dilation != 1 || across.dilation != 1) return false;
  if (conv_groups(&n->attr) != 1 || filters[2] != TAPS || filters[3] != TAPS) return false;
  int64_t o = filters[0], c = filters[1], each = tiles(result[1]) * tiles(result[2]);
  if (o < LEAST_CHANNELS || c < LEAST_CHANNELS || o > MOST_FILTERS / c) return false;
  /* a sum over few tiles takes less time than taking it from points to filters */
  if (weights && (each == 1 || !first->type.rows)) return false;
  return result[1] * result[2] * TAPS * TAPS >= LEAST_SAVING * POINTS * each;
}
