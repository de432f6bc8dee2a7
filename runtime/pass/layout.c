/* Laying images out for the machine: channels last where there are many.
 *
 * Requires: a verified graph in which gradients are taken and cuts are made.
 * Ensures:  an equal graph, pruned.  Convolutions, poolings and batch normalisations with MANY or more channels on
 *           one side work on [h, w, c]; leaves, roots, and all that is not named below have the order that they
 *           had, and a transpose stands where the two orders meet.
 *           Convolutions on [h, w, c] go by Winograd's algorithm where that is wanted and pays (winograd.c).
 * Breaks:   node numbers; the order of sums within a row, and so last digits; more of them where Winograd's algorithm
 *           rounds.
 *
 * Each value is had in the order in which it is made, and in the other one when somebody asks for it.  Operations
 * on corresponding elements follow their inputs, so between two convolutions there is no transpose.  Sums and
 * repetitions over the positions of an image only have their axes renamed; transposes of transposes, and of images
 * with one channel or one position, fold to nothing or to another name for the same elements.  A literal graph stays
 * as it is. */
#include "pass/pass.h"

enum { MANY = 8 };

/* Where each axis of [c, h, w] goes to, and where each axis of [h, w, c] comes from. */
static const int to_last[] = {2, 0, 1}, from_first[] = {1, 2, 0};

struct layout {
  const struct graph *from;
  struct graph *to;
  /* by old node */
  node_id *first, *last; /* the new one as it was, and with channels last; 0 where it was not asked for */
  bool *channels_last;   /* made with channels last */
  bool *seen;            /* read by something else than as indices of take and put */
  const bool *live;      /* reached by a root; no other is looked at */
  bool winograd;
};

static const struct value_type *type_of(const struct layout *l, node_id old) { return &graph_node(l->from, old)->type; }

static node_id moved(struct graph *to, node_id x, const int order[3]) {
  return graph_op1(to, OP_transpose, &(struct attr){.i = {order[0], order[1], order[2]}}, x);
}

static int64_t axes_to_last(int64_t axes) {
  int64_t moved = 0;
  for (int k = 0; k < 3; k++)
    if (axis_in(axes, k)) moved |= (int64_t)1 << to_last[k];
  return moved;
}

/* Whether [c, h, w] without these axes reads the same in [h, w, c]. */
static bool leaves_order(int64_t axes) { return axis_in(axes, 0) || (axes & 6) == 6; }

static node_id in_first(struct layout *l, node_id old) {
  if (!l->first[old]) l->first[old] = moved(l->to, l->last[old], to_last);
  return l->first[old];
}

static node_id in_last(struct layout *l, node_id old) {
  if (l->last[old]) return l->last[old];
  const struct node *n = graph_node(l->from, old);
  if (n->op == OP_spread && leaves_order(n->attr.i[0])) {
    const int64_t *dim = n->type.shape.dim;
    struct attr attr = {.i = {axes_to_last(n->attr.i[0])}, .shape = {3, {dim[1], dim[2], dim[0]}}};
    return l->last[old] = graph_op1(l->to, OP_spread, &attr, in_first(l, n->in[0]));
  }
  return l->last[old] = moved(l->to, l->first[old], from_first);
}

/* ---- which operations have their channels last */

static bool is_image(const struct value_type *type) { return type->shape.rank == 3; }

static bool any_last(const struct layout *l, const struct node *n) {
  for (int k = 0; k < n->inputs; k++)
    if (l->channels_last[n->in[k]]) return true;
  return false;
}

/* Bytes cannot be transposed: indices stay as they were made. */
static bool can_be_last(const struct layout *l, const struct node *n) {
  for (int k = 0; k < n->inputs; k++)
    if (type_of(l, n->in[k])->type != F32 && !l->channels_last[n->in[k]]) return false;
  return n->attr.i[4] == 0;
}

static bool is_deep(const struct value_type *type) { return is_image(type) && type->shape.dim[0] >= MANY; }

/* Whether groups of a convolution have few channels of an image, which planes suit. */
static bool is_divided(const struct attr *attr, const struct value_type *type) {
  return conv_groups(attr) > 1 && is_image(type) && type->shape.dim[0] < MANY * conv_groups(attr);
}

/* Whether it has the setting, works on images, and has enough channels on one side that it pays. */
static bool set_last(const struct layout *l, node_id id) {
  const struct node *n = graph_node(l->from, id);
  if (!op_has_setting(n->op, SETTING_LAST)) return false;
  if (n->type.type != F32 && l->seen[id]) return false; /* indices say where in one of the orders */
  bool deep = is_deep(&n->type), divided = is_divided(&n->attr, &n->type);
  for (int k = 0; k < n->inputs; k++) {
    deep |= is_deep(type_of(l, n->in[k]));
    divided |= is_divided(&n->attr, type_of(l, n->in[k]));
  }
  return deep && !divided;
}

/* Whether it follows its inputs: what it does to an element does not depend on where that is. */
static bool follows(const struct layout *l, const struct node *n) {
  bool local = op_info[n->op].class == ELEMENTWISE || op_info[n->op].properties & ALIGNED;
  return local && is_image(&n->type) && any_last(l, n);
}

/* ---- the walk */

static void add_node(struct layout *l, node_id id) {
  const struct node *n = graph_node(l->from, id);
  struct attr attr = n->attr;
  node_id in[MAX_INPUTS];
  bool set = set_last(l, id) && can_be_last(l, n), last = set || (follows(l, n) && can_be_last(l, n));
  bool sums = n->op == OP_sum && any_last(l, n) && leaves_order(attr.i[0]);
  for (int k = 0; k < n->inputs; k++) {
    bool image = is_image(type_of(l, n->in[k]));
    in[k] = (last || sums) && image ? in_last(l, n->in[k]) : in_first(l, n->in[k]);
  }
  if (set) attr.i[4] = 1;
  if (set && l->winograd) attr.i[10] = winograd_pays(l->from, id);
  if (sums) attr.i[0] = axes_to_last(attr.i[0]);
  l->to->where = n->where;
  l->to->location = n->location;
  l->channels_last[id] = last && is_image(&n->type);
  (l->channels_last[id] ? l->last : l->first)[id] = graph_add(l->to, n->op, &attr, in, NULL);
}

/* Indices that are a root, or that anything but take and put reads. */
static void find_seen(struct layout *l) {
  for (size_t k = 0; k < l->from->roots.n; k++) l->seen[l->from->roots.at[k].node] = true;
  for (node_id id = 1; id < l->from->nodes.n; id++) {
    const struct node *n = graph_node(l->from, id);
    for (int k = 0; k < n->inputs; k++)
      if (l->live[id] && !input_in(op_info[n->op].indices, k)) l->seen[n->in[k]] = true;
  }
}

struct graph *lay_out(struct arena *arena, const struct graph *graph, bool winograd) {
  if (graph->plain) return prune(arena, graph, NULL);
  struct arena *work = arena_new();
  size_t n = graph->nodes.n;
  struct layout l = {graph,
                     graph_new(work, graph->name, false),
                     ARENA_ARRAY(work, node_id, n),
                     ARENA_ARRAY(work, node_id, n),
                     ARENA_ARRAY(work, bool, n),
                     ARENA_ARRAY(work, bool, n),
                     graph_live(work, graph),
                     winograd};
  find_seen(&l);
  for (node_id id = 1; id < n; id++)
    if (l.live[id]) add_node(&l, id);
  for (size_t k = 0; k < graph->roots.n; k++) {
    const struct root *r = &graph->roots.at[k];
    graph_root(l.to, r->kind, r->name, r->target, in_first(&l, r->node));
  }
  struct graph *laid = prune(arena, l.to, NULL);
  arena_free(work);
  return laid;
}
