/* Reverse-mode differentiation as a graph pass.
 *
 * Requires: a verified graph; a loss that is one number without rows.
 * Ensures:  for each node asked for, a node of its own type that holds the loss's gradient by it.
 * Breaks:   nothing; nodes are only added.
 *
 * Nodes are visited against their order.  Each hands its inputs what the rule in ops.def says, and the sums
 * gather by input (Griewank and Walther 2008, section 3.2).  A value without rows that enters one with rows is
 * used once a row, so what comes back is summed over rows; a gradient that is the same in every row is kept
 * without rows.
 *
 * A choice passes nothing to the side it did not take.  Nothing is not zero times whatever that side's derivative is,
 * which may be infinite or NaN (an absent row, the logarithm of a zero): so each adjoint has a support, the
 * condition under which it was chosen, which goes with it through what works row by row and is applied, by a choice
 * between it and zero, where adjoints of different supports meet and before anything is summed over rows. */
#include "pass/pass.h"

#include "pass/gradients.h"

static const struct value_type *type_at(struct gradient *c, node_id id) { return &graph_node(c->graph, id)->type; }

static node_id masked(struct gradient *c, node_id value, node_id condition) {
  if (!condition) return value;
  return NODE(select, condition, value, NUMBER(0));
}

node_id supported(struct gradient *c, node_id value) {
  node_id row = c->support[c->node].row;
  return row && type_at(c, row)->rows && type_at(c, value)->rows ? masked(c, value, row) : value;
}

static node_id masked_by(struct gradient *c, node_id value, struct support support) {
  return masked(c, masked(c, value, support.element), support.row);
}

static node_id either(struct gradient *c, node_id a, node_id b) { return a && b ? NODE(select, a, NUMBER(1), b) : 0; }

/* Adds to the adjoint of a node; where the supports differ, what is outside of each becomes zero. */
static void gather(struct gradient *c, node_id input, node_id value, struct support support) {
  node_id *sum = &c->adjoint[input];
  struct support *before = &c->support[input];
  if (!c->wanted[input] || !value) return;
  if (*sum && (before->row != support.row || before->element != support.element)) {
    *sum = masked_by(c, *sum, *before);
    value = masked_by(c, value, support);
    support = (struct support){before->row == support.row ? support.row : either(c, before->row, support.row), 0};
  }
  *sum = *sum ? NODE(add, *sum, value) : value;
  *before = support;
}

/* A condition of one number a row is no longer needed where a rule has summed over rows. */
void gradient_add(struct gradient *c, int k, node_id value) {
  node_id input = gradient_node(c)->in[k];
  struct support support = c->support[c->node];
  if (support.row && type_at(c, support.row)->rows && !type_at(c, input)->rows) support.row = 0;
  gather(c, input, value, support);
}

/* Down to the input's shape and rows. */
static node_id reduced(struct gradient *c, node_id value, const struct value_type *input) {
  const struct value_type *result = &gradient_node(c)->type;
  int rank = type_at(c, value)->shape.rank;
  bool repeats = op_info[gradient_node(c)->op].class == ELEMENTWISE; /* other rules give the input's shape */
  if (repeats && !input->shape.rank && result->shape.rank) {
    if (rank) {
      struct attr all = {.i = {((int64_t)1 << rank) - 1}};
      value = NODE_WITH(&all, sum, value);
    } else { /* one number for every element: as many times as there are elements */
      value = NODE(mul, value, NUMBER((double)shape_count(result->shape)));
      for (int k = shape_batch_axes(result->shape); k; k--) value = NODE(mul, value, NODE(rows, 0));
    }
  }
  if (!input->rows && result->rows) {
    if (type_at(c, value)->rows) return NODE(sum_rows, value);
    return NODE(mul, value, NODE(rows, 0));
  }
  return value;
}

static node_id to_shape(struct gradient *c, node_id value, struct shape shape) {
  if (type_at(c, value)->shape.rank || !shape.rank) return value;
  struct attr attr = {.i = {((int64_t)1 << shape.rank) - 1}, .shape = shape};
  return NODE_WITH(&attr, spread, value);
}

static void to_input(struct gradient *c, int k, node_id value, struct support support) {
  node_id input = gradient_node(c)->in[k];
  if (!c->wanted[input]) return;
  struct value_type type = *type_at(c, input), result = gradient_node(c)->type;
  bool sums_rows = result.rows && !type.rows, sums_elements = !shape_equal(type.shape, result.shape);
  if (support.element && (sums_rows || sums_elements)) { /* the condition differs along what is summed */
    value = masked(c, value, support.element);
    support.element = 0;
  }
  if (support.row && sums_rows && type_at(c, support.row)->rows) {
    value = masked(c, value, support.row);
    support.row = 0;
  }
  gather(c, input, reduced(c, value, &type), support);
}

void gradient_to(struct gradient *c, int k, node_id value) { to_input(c, k, value, c->support[c->node]); }

void gradient_within(struct gradient *c, int k, node_id value, node_id condition) {
  struct support support = c->support[c->node];
  node_id *part = type_at(c, condition)->shape.rank ? &support.element : &support.row;
  *part = *part ? masked(c, condition, *part) : condition;
  to_input(c, k, value, support);
}

/* ---- the rules of ops.def ---- */

#define TO(k, value) \
  if (c->wanted[gradient_node(c)->in[k]]) gradient_to(c, k, value);
#define NO_GRADIENT(reason) (void)reason;

#define OP(name, class, arity, rule, facts, domain, expression, derivative, doc)                         \
  static void rule_##name(struct gradient *c, node_id g, node_id x, node_id y, node_id z, node_id out) { \
    (void)c, (void)g, (void)x, (void)y, (void)z, (void)out;                                              \
    derivative                                                                                           \
  }
#include "op/ops.def"
#undef OP

typedef void rule(struct gradient *c, node_id g, node_id x, node_id y, node_id z, node_id out);
static rule *const rules[OP_COUNT] = {
#define OP(name, ...) [OP_##name] = rule_##name,
#include "op/ops.def"
#undef OP
};

/* ---- the walk ---- */

/* A step that compares with a draw: its outcome is itself a draw, whose probabilities depend on the other input. */
static bool is_outcome(const struct graph *g, const struct node *node) {
  if (!(op_info[node->op].properties & STEPS)) return false;
  for (int k = 0; k < node->inputs; k++)
    if (op_info[graph_node(g, node->in[k])->op].properties & DRAWS) return true;
  return false;
}

/* Nodes on a way from what is asked for to the loss, not through an operation that stops gradients.  Outcomes of draws
 * are among them: that a loss depends on weights through one is an error, not a gradient of zero. */
static bool *find_wanted(struct graph *g, node_id loss, const bool *asked) {
  bool *wanted = ARENA_ARRAY(g->arena, bool, loss + 1);
  memcpy(wanted, asked, loss + 1);
  for (node_id id = 1; id <= loss; id++) {
    const struct node *node = graph_node(g, id);
    if (node->op == OP_stop) continue;
    if (op_info[node->op].properties & STEPS && !is_outcome(g, node)) continue;
    for (int k = 0; k < node->inputs; k++) wanted[id] |= wanted[node->in[k]];
  }
  return wanted;
}

static node_id finish(struct gradient *c, node_id wrt, node_id adjoint) {
  struct value_type type = *type_at(c, wrt);
  if (adjoint) {
    adjoint = masked_by(c, adjoint, c->support[wrt]);
  } else {
    node_id zero = graph_constant(c->graph, type.shape, 0);
    return type.rows ? NODE(to_rows, zero) : zero;
  }
  adjoint = to_shape(c, adjoint, type.shape);
  return type.rows ? with_rows(c, adjoint) : adjoint;
}

static bool no_gradient(const struct node *n, struct error *error) {
  if (op_info[n->op].properties & STEPS) {
    error_set(error, ERROR_MODEL, "the loss depends on weights through a draw%s%s, which has no gradient",
              *n->where ? " of " : "", n->where);
    return error_hint(error, "write stop(d) for the draw d, or p + stop(d - p) to pass straight through to p");
  }
  if (op_info[n->op].class == KERNEL) {
    error_set(error, ERROR_MODEL, "'%s'%s%s, of a gradient, has no gradient itself", op_info[n->op].name,
              *n->where ? " of " : "", n->where);
    return error_hint(error,
                      "write stop(gradient(...)) where its value alone is meant; or leave out what it is made of, "
                      "such as batch normalisation");
  }
  error_set(error, ERROR_MODEL, "'%s'%s%s has no gradient%s", op_info[n->op].name, *n->where ? " of " : "", n->where,
            op_info[n->op].class == LEAF ? "" : ", but the loss depends on weights through it");
  return error_hint(error, "if none is wanted, mark it with stop(...)");
}

/* A condition of the node's own shape ends where elements no longer correspond. */
static void settle(struct gradient *c, node_id id) {
  c->adjoint[id] = masked(c, c->adjoint[id], c->support[id].element);
  c->support[id].element = 0;
}

bool differentiate(struct graph *graph, node_id loss, const node_id *wrt, size_t n, node_id *gradients,
                   struct error *error) {
  const struct value_type *type = &graph_node(graph, loss)->type;
  if (type->rows || type->shape.rank || type->type != F32)
    return error_set(error, ERROR_MODEL, "a loss is one number without rows");
  bool *asked = ARENA_ARRAY(graph->arena, bool, loss + 1);
  for (size_t k = 0; k < n; k++)
    if (wrt[k] <= loss) asked[wrt[k]] = true;
  bool *wanted = find_wanted(graph, loss, asked);
  struct gradient c = {.graph = graph, .wanted = wanted};
  c.adjoint = ARENA_ARRAY(graph->arena, node_id, loss + 1);
  c.support = ARENA_ARRAY(graph->arena, struct support, loss + 1);
  const char *where = graph->where;
  uint64_t location = graph->location;
  c.adjoint[loss] = graph_number(graph, 1);
  for (node_id id = loss; id > 0; id--) {
    struct node node = *graph_node(graph, id);
    if (!c.adjoint[id] || !wanted[id]) continue;
    if (!op_info[node.op].differentiable || op_info[node.op].properties & STEPS) {
      if (asked[id] || op_info[node.op].class == LEAF) continue;
      return no_gradient(&node, error);
    }
    graph->where = node.where;
    graph->location = node.location;
    c.node = id;
    /* a gradient that is one number stands for that number in every element */
    bool elementwise = op_info[node.op].class == ELEMENTWISE;
    if (!elementwise) settle(&c, id);
    c.g = elementwise ? c.adjoint[id] : to_shape(&c, c.adjoint[id], node.type.shape);
    rules[node.op](&c, c.g, node.in[0], node.in[1], node.in[2], id);
  }
  graph->where = where;
  graph->location = location;
  for (size_t k = 0; k < n; k++) gradients[k] = finish(&c, wrt[k], wrt[k] <= loss ? c.adjoint[wrt[k]] : 0);
  return true;
}
