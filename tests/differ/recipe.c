/* What recipes have in common with graphs: building them, and making them smaller. */
#include "recipe.h"

#include <string.h>

#include "pass/pass.h"

/* ---- building ---- */

static node_id number(struct graph *g, double value) { return graph_number(g, value); }
static node_id times(struct graph *g, double factor, node_id a) {
  return graph_op2(g, OP_mul, NULL, number(g, factor), a);
}
static node_id plus(struct graph *g, node_id a, node_id b) { return graph_op2(g, OP_add, NULL, a, b); }

static const char *numbered(struct graph *g, const char *what, int k) {
  return arena_format(g->arena, "%s%d", what, k);
}

static node_id state(struct graph *g, int number, const struct value_type *type) {
  return graph_op0(g, OP_variable, &(struct attr){.i = {number}, .shape = type->shape});
}

static void write(struct graph *g, int target, node_id node) {
  graph_root(g, ROOT_WRITE, numbered(g, "write", target), (uint32_t)target, node);
}

/* The rules of optimisers: what they read and write is what a plan has to get right. */
static void update(struct graph *g, enum update rule, int variable, node_id w, node_id gradient) {
  struct value_type type = graph_node(g, w)->type;
  node_id step = gradient, m, v;
  if (rule == MOMENTUM || rule == ADAM) {
    m = plus(g, times(g, 0.75, state(g, state_of(variable, 0), &type)), times(g, 0.25, gradient));
    write(g, state_of(variable, 0), m);
    step = m;
  }
  if (rule == ADAM) {
    node_id s = graph_op1(g, OP_square, NULL, state(g, state_of(variable, 1), &type));
    v = plus(g, times(g, 0.9375, s), times(g, 0.0625, graph_op1(g, OP_square, NULL, gradient)));
    write(g, state_of(variable, 1), v);
    node_id age = graph_op0(g, OP_clock, &(struct attr){.i = {1}});
    node_id size = graph_op1(g, OP_sqrt, NULL, plus(g, v, number(g, 0.25)));
    step = graph_op2(g, OP_div, NULL, step, graph_op2(g, OP_mul, NULL, size, age));
  }
  write(g, variable, graph_op2(g, OP_sub, NULL, w, times(g, 0.125, step)));
}

static bool train(const struct recipe *r, struct graph *g, const node_id *node, node_id loss, struct error *error) {
  node_id wrt[2 * MOST_LEAVES], gradient[2 * MOST_LEAVES];
  size_t n = 0;
  for (int v = 0; v < r->variables; v++) wrt[n++] = node[r->variable[v]];
  for (int c = 0; c < r->columns; c++)
    if (r->column_gradients && r->step[r->column[c]].type.type == F32) wrt[n++] = node[r->column[c]];
  if (!differentiate(g, loss, wrt, n, gradient, error)) return false;
  for (size_t k = 0; k < n; k++) {
    enum update rule = k < (size_t)r->variables ? r->update[k] : SHOW_GRADIENT;
    if (rule == SHOW_GRADIENT) graph_root(g, ROOT_VALUE, numbered(g, "gradient", (int)k), 0, gradient[k]);
    if (rule > SHOW_GRADIENT) update(g, rule, (int)k, wrt[k], gradient[k]);
  }
  return true;
}

bool recipe_build(const struct recipe *r, struct graph *g, struct error *error) {
  static const char *const places[] = {"", "left", "right"};
  node_id node[MOST_STEPS];
  bool used[MOST_STEPS];
  recipe_used(r, used);
  for (int s = 0; s < r->n; s++) {
    node_id in[MAX_INPUTS];
    if (!used[s]) continue;
    g->where = places[s % 3];
    for (int k = 0; k < op_info[r->step[s].op].arity; k++) in[k] = node[r->step[s].in[k]];
    struct shape_problem problem = {.message = ""};
    node[s] = graph_add(g, r->step[s].op, &r->step[s].attr, in, &problem);
    if (!node[s]) return error_set(error, ERROR_MODEL, "step %d is refused: %s", s, problem.message);
  }
  node_id loss = 0;
  for (int k = 0; k < r->terms; k++) {
    node_id term = times(g, 0.5 + 0.25 * k, node[r->term[k]]);
    loss = loss ? plus(g, loss, term) : term;
  }
  if (loss) graph_root(g, ROOT_VALUE, "loss", 0, loss);
  if (loss && r->trained && !train(r, g, node, loss, error)) return false;
  for (int k = 0; k < r->values; k++) graph_root(g, ROOT_VALUE, numbered(g, "value", k), 0, node[r->value[k]]);
  for (int k = 0; k < r->writes; k++) write(g, r->target[k], node[r->write[k]]);
  return true;
}

void recipe_used(const struct recipe *r, bool used[MOST_STEPS]) {
  memset(used, 0, MOST_STEPS * sizeof *used);
  for (int k = 0; k < r->terms; k++) used[r->term[k]] = true;
  for (int k = 0; k < r->values; k++) used[r->value[k]] = true;
  for (int k = 0; k < r->writes; k++) used[r->write[k]] = true;
  for (int v = 0; v < r->variables; v++) used[r->variable[v]] = true; /* leaves of the loss */
  for (int c = 0; c < r->columns; c++) used[r->column[c]] = true;
  for (int s = r->n - 1; s >= 0; s--)
    for (int k = 0; used[s] && k < op_info[r->step[s].op].arity; k++) used[r->step[s].in[k]] = true;
}

/* ---- making smaller ---- */

static void drop(int *list, int *n, int k) {
  for (int i = k; i + 1 < *n; i++) list[i] = list[i + 1];
  --*n;
}

static bool same_type(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

/* All that reads step s reads step t before it instead. */
static void read_instead(struct recipe *r, int s, int t) {
  for (int i = s + 1; i < r->n; i++)
    for (int k = 0; k < op_info[r->step[i].op].arity; k++)
      if (r->step[i].in[k] == s) r->step[i].in[k] = t;
  int *lists[] = {r->term, r->value, r->write}, n[] = {r->terms, r->values, r->writes};
  for (int l = 0; l < 3; l++)
    for (int k = 0; k < n[l]; k++)
      if (lists[l][k] == s) lists[l][k] = t;
}

/* Step s becomes a stored value of its type. */
static bool store(struct recipe *r, int s) {
  struct step *step = &r->step[s];
  int *n = step->type.rows ? &r->columns : &r->variables;
  if (op_info[step->op].class == LEAF || step->type.type != F32 || *n == MOST_LEAVES) return false;
  step->attr = (struct attr){.i = {*n}, .shape = step->type.shape, .rows = step->type.rows};
  step->op = step->type.rows ? OP_column : OP_variable;
  if (!step->type.rows) r->update[*n] = NO_UPDATE;
  (step->type.rows ? r->column : r->variable)[(*n)++] = s;
  return true;
}

enum { WHOLES = 4, BY_STEP = 1 + MAX_INPUTS };

int recipe_changes(const struct recipe *r) {
  return WHOLES + r->terms + r->values + r->writes + r->variables + BY_STEP * r->n;
}

static bool change_step(struct recipe *r, int s, int how) {
  bool used[MOST_STEPS];
  recipe_used(r, used);
  if (!used[s] || op_info[r->step[s].op].class == LEAF) return false;
  if (!how) return store(r, s);
  if (how > op_info[r->step[s].op].arity) return false;
  int t = r->step[s].in[how - 1];
  if (!same_type(&r->step[s].type, &r->step[t].type)) return false;
  read_instead(r, s, t);
  return true;
}

bool recipe_change(struct recipe *r, int k) {
  switch (k) {
  case 0: return r->trained && !(r->trained = false);
  case 1: return r->column_gradients && !(r->column_gradients = false);
  case 2: return r->rows > 1 && (r->rows = 1);
  case 3: return r->rows > 2 && (r->rows = r->rows / 2);
  default: k -= WHOLES;
  }
  if (k < r->terms) return drop(r->term, &r->terms, k), true;
  k -= r->terms;
  if (k < r->values) return drop(r->value, &r->values, k), true;
  k -= r->values;
  if (k < r->writes) {
    int last = r->writes;
    drop(r->target, &last, k);
    return drop(r->write, &r->writes, k), true;
  }
  k -= r->writes;
  if (k < r->variables) return r->update[k] && (r->update[k] = NO_UPDATE, true);
  k -= r->variables;
  return change_step(r, r->n - 1 - k / BY_STEP, k % BY_STEP);
}
